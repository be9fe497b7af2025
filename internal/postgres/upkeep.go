package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// TakeTurn reports whether the caller is the one to do a job now, because nobody
// has taken it upon himself for so long. Any number of workers may ask.
func (db *DB) TakeTurn(ctx context.Context, job string, every time.Duration) (bool, error) {
	taken, err := db.q.TakeTurn(ctx, db.pool, dbsqlc.TakeTurnParams{Job: job, EverySeconds: every.Seconds()})
	return taken == 1, err
}

// Live returns the requests that have not ended and of which Temporal is known
// to have a workflow, the oldest first.
func (db *DB) Live(ctx context.Context) ([]offhours.Standing, error) {
	rows, err := db.q.LiveRequests(ctx, db.pool)
	if err != nil {
		return nil, err
	}
	live := make([]offhours.Standing, len(rows))
	for i, row := range rows {
		live[i] = standing(dbsqlc.StandingsRow(row))
	}
	return live, nil
}

// Standings returns how requests stand, by id. Those that do not exist are left
// out, as are ids that are none.
func (db *DB) Standings(ctx context.Context, ids ...string) (map[string]offhours.Standing, error) {
	valid := make([]string, 0, len(ids))
	for _, id := range ids {
		if isUUID(id) {
			valid = append(valid, id)
		}
	}
	rows, err := db.q.Standings(ctx, db.pool, valid)
	if err != nil {
		return nil, err
	}
	standings := make(map[string]offhours.Standing, len(rows))
	for _, row := range rows {
		standings[row.ID] = standing(row)
	}
	return standings, nil
}

func standing(row dbsqlc.StandingsRow) offhours.Standing {
	return offhours.Standing{
		RequestRef: offhours.RequestRef{AccountID: row.AccountID, RequestID: row.ID},
		Status:     offhours.Status(row.Status),
		For:        time.Duration(row.Seconds * float64(time.Second)),
	}
}

// Purgeable returns up to most requests whose exports may go, after the last one
// of the call before (the zero value at first): they ended at least rest ago,
// with their report, and nobody may download their files (any more).
func (db *DB) Purgeable(ctx context.Context, rest time.Duration, after offhours.Purgeable, most int) ([]offhours.Purgeable, error) {
	params := dbsqlc.PurgeableRequestsParams{
		RestSeconds: rest.Seconds(), PeriodSeconds: offhours.DownloadPeriod.Seconds(),
		AfterCompleted: after.CompletedOn, AfterID: after.RequestID, Most: most,
	}
	if after.RequestID == "" {
		params.AfterID = nobody
	}
	rows, err := db.q.PurgeableRequests(ctx, db.pool, params)
	if err != nil {
		return nil, err
	}
	found := make([]offhours.Purgeable, len(rows))
	for i, row := range rows {
		found[i] = offhours.Purgeable{RequestRef: offhours.RequestRef{AccountID: row.AccountID, RequestID: row.ID}, CompletedOn: row.CompletedOn}
	}
	return found, nil
}

// nobody is the least id there is.
const nobody = "00000000-0000-0000-0000-000000000000"

// MarkPurged records that a request's export is gone from the bucket, of how
// many files, and forgets its pace and the names of its attachments. Where objects are that stay
// in the bucket without a row is not forgotten. It may be called again.
func (db *DB) MarkPurged(ctx context.Context, ref offhours.RequestRef, files int) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		marked, err := db.q.MarkPurged(ctx, tx, dbsqlc.MarkPurgedParams{ID: ref.RequestID, AccountID: ref.AccountID})
		if err != nil || marked == 0 {
			return err
		}
		if err := db.q.ForgetTombstones(ctx, tx, ref.RequestID); err != nil {
			return err
		}
		if err := db.q.ForgetCopies(ctx, tx, ref.RequestID); err != nil {
			return err
		}
		if err := db.q.ForgetNames(ctx, tx, ref.RequestID); err != nil {
			return err
		}
		if err := db.q.ForgetPace(ctx, tx, ref.RequestID); err != nil {
			return err
		}
		return db.audit(ctx, tx, ref, bySystem, offhours.EventPurged, map[string]any{"files": files})
	})
}

// Namespace returns the id of the Temporal namespace in which the workflows of
// all requests are, "" if none is known yet.
func (db *DB) Namespace(ctx context.Context) (string, error) { return db.q.Namespace(ctx, db.pool) }

// AdoptNamespace records the id of that namespace, whatever it was before.
func (db *DB) AdoptNamespace(ctx context.Context, id string) error {
	return db.q.AdoptNamespace(ctx, db.pool, id)
}
