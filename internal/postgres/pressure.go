package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/offhours/offhours"
)

// paceHolds is for how long a recorded pace is believed: whoever deletes records
// it once a second while it is slowed.
const paceHolds = 10 * time.Second

// pressureSQL reads all signals in one round trip; each is a counter that the
// server keeps anyway. Who may not see a session of others sees its state as NULL.
const pressureSQL = `
SELECT (to_jsonb(d) || jsonb_strip_nulls(coalesce(to_jsonb(a), '{}'))) - 'account_id' AS limits,
       clock_timestamp(),
       coalesce(extract(epoch FROM r.window_close - clock_timestamp()) - $3, 0)::float8 AS open_for,
       (pg_current_wal_lsn() - '0/0')::bigint AS wal,
       standbys.bytes, standbys.seconds, others.busy, others.near, standbys.hidden OR others.hidden, dead.n,
       coalesce(p.share, 1)::float8, coalesce(p.slowed_by, '{}')
  FROM requests r
  JOIN limits d ON d.account_id IS NULL
  LEFT JOIN limits a ON a.account_id = r.account_id
  LEFT JOIN paces p ON p.request_id = r.id AND p.seen_on > clock_timestamp() - make_interval(secs => $4)
 CROSS JOIN LATERAL (
       SELECT coalesce(max(pg_current_wal_lsn() - s.replay_lsn), 0)::bigint AS bytes,
              coalesce(extract(epoch FROM max(s.replay_lag)), 0)::float8 AS seconds, coalesce(bool_or(s.state IS NULL), false) AS hidden
         FROM pg_stat_replication s) standbys
 CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE s.state = 'active' AND s.backend_type = 'client backend') AS busy,
              count(*) FILTER (WHERE (s.state = 'active' OR s.state_change > clock_timestamp() - interval '1 s') AND s.backend_type = 'client backend') AS near,
              coalesce(bool_or(s.state IS NULL), false) AS hidden
         FROM pg_stat_activity s
        WHERE s.datname = current_database() AND s.usename IS NOT NULL
          AND (s.usename, s.application_name) <> (current_user, current_setting('application_name'))) others
 CROSS JOIN LATERAL (
       SELECT coalesce(max(t.n_dead_tup - t.n_live_tup / 10), 0) AS n FROM pg_stat_all_tables t WHERE t.relid = 'records'::regclass) dead
 WHERE r.id = $1 AND r.account_id = $2`

// Pressure tells how the database is doing, and which limits hold for a request
// at this moment. It takes no lock that anybody waits for.
func (db *DB) Pressure(ctx context.Context, ref offhours.RequestRef) (p offhours.Pressure, err error) {
	var limits []byte
	var openFor, lag float64
	var reasons []string
	err = db.pool.QueryRow(ctx, pressureSQL, ref.RequestID, ref.AccountID, closeMargin.Seconds(), paceHolds.Seconds()).
		Scan(&limits, &p.SeenOn, &openFor, &p.WAL, &p.LagBytes, &lag, &p.Busy, &p.Near, &p.Hidden, &p.Dead, &p.Pace.Share, &reasons)
	if err != nil {
		return p, fmt.Errorf("look how the database is doing: %w", err)
	}
	p.OpenFor, p.Lag, p.Pace.SlowedBy = seconds(openFor), seconds(lag), slowReasons(reasons)
	return p, json.Unmarshal(limits, &p.Limits)
}

// RecordPace tells users and other workers how fast a request goes.
func (db *DB) RecordPace(ctx context.Context, ref offhours.RequestRef, pace offhours.Pace) error {
	_, err := db.pool.Exec(ctx, `
INSERT INTO paces AS p (request_id, share, slowed_by, seen_on)
SELECT id, $3, $4, clock_timestamp() FROM requests WHERE id = $1 AND account_id = $2
    ON CONFLICT (request_id) DO UPDATE SET share = excluded.share, slowed_by = excluded.slowed_by, seen_on = excluded.seen_on`,
		ref.RequestID, ref.AccountID, pace.Share, pace.SlowedBy)
	return err
}

// slowReasons is never nil, as in the REST contract.
func slowReasons(texts []string) []offhours.SlowReason {
	reasons := make([]offhours.SlowReason, len(texts))
	for i, text := range texts {
		reasons[i] = offhours.SlowReason(text)
	}
	return reasons
}
