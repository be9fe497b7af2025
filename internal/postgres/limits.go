package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
)

// limitsSQL are the deployment's limits, or an account's own.
const limitsSQL = `SELECT jsonb_strip_nulls(to_jsonb(l)) - 'account_id' FROM limits l WHERE l.account_id IS NOT DISTINCT FROM $1`

// Limits returns the deployment's limits and those that an account has of its
// own; accountID is nil for the deployment's alone. It returns CodeNotFound for an
// account that does not exist.
func (db *DB) Limits(ctx context.Context, accountID *int64) (deployment, own offhours.Limits, err error) {
	err = db.inReadTx(ctx, func(tx pgx.Tx) error {
		if deployment, err = limitsOf(ctx, tx, nil); err != nil || accountID == nil {
			return err
		}
		if _, err = db.q.AccountByID(ctx, tx, *accountID); err != nil {
			return notFound(err, "account")
		}
		own, err = limitsOf(ctx, tx, accountID)
		return err
	})
	return deployment, own, err
}

func limitsOf(ctx context.Context, tx pgx.Tx, accountID *int64) (limits offhours.Limits, err error) {
	_, limits, err = readLimits(ctx, tx, accountID)
	return limits, err
}

// readLimits returns them as they stand, too. An account without a row has none.
func readLimits(ctx context.Context, tx pgx.Tx, accountID *int64) (text []byte, limits offhours.Limits, err error) {
	rows, err := tx.Query(ctx, limitsSQL, accountID)
	if err != nil {
		return nil, nil, err
	}
	text, err = pgx.CollectOneRow(rows, pgx.RowTo[[]byte])
	if err == pgx.ErrNoRows {
		text, err = []byte("{}"), nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the limits: %w", err)
	}
	return text, limits, json.Unmarshal(text, &limits)
}

// ChangeLimits sets limits of an account, or of the deployment if accountID is
// nil, takes back others that an account has of its own, and keeps in the trail of
// limits who did that. They hold from the next look of every request, a quarter of
// a second later at most. The same again is no change.
//
// It returns CodeInvalidRequest for an unknown limit, for a value out of range,
// and for taking back one of the deployment's, and CodeNotFound for an account
// that does not exist.
func (db *DB) ChangeLimits(ctx context.Context, accountID *int64, set offhours.Limits, unset []offhours.Limit, by string) error {
	if err := set.Validate(); err != nil {
		return err
	}
	for _, limit := range unset {
		if !limit.Known() {
			return offhours.Errorf(offhours.CodeInvalidRequest, "There is no limit %q.", string(limit))
		}
	}
	if accountID == nil && len(unset) > 0 {
		return offhours.Errorf(offhours.CodeInvalidRequest, "The deployment has a value for every limit: set another one, or name an account.")
	}
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE limits IN SHARE ROW EXCLUSIVE MODE`); err != nil { // changes take turns, readers go on
			return err
		}
		if accountID != nil {
			if _, err := db.q.AccountByID(ctx, tx, *accountID); err != nil {
				return notFound(err, "account")
			}
		}
		return changeLimits(ctx, tx, accountID, set, unset, by)
	})
}

func changeLimits(ctx context.Context, tx pgx.Tx, accountID *int64, set offhours.Limits, unset []offhours.Limit, by string) error {
	before, limits, err := readLimits(ctx, tx, accountID)
	if err != nil {
		return err
	}
	for limit, value := range set {
		limits[limit] = value
	}
	for _, limit := range unset {
		delete(limits, limit)
	}
	text, err := json.Marshal(limits)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM limits WHERE account_id IS NOT DISTINCT FROM $1`, accountID); err != nil {
		return err
	}
	if accountID == nil || len(limits) > 0 {
		if _, err := tx.Exec(ctx, `INSERT INTO limits SELECT (jsonb_populate_record(NULL::limits, $2 || jsonb_build_object('account_id', $1::bigint))).*`, accountID, text); err != nil {
			return err
		}
	}
	after, _, err := readLimits(ctx, tx, accountID)
	if err != nil || bytes.Equal(before, after) {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO limit_events (account_id, actor, before, after) VALUES ($1, $2, $3, $4)`, accountID, by, before, after)
	return err
}

// LimitChanges returns the last changes of an account's own limits, or of the
// deployment's if accountID is nil: ten at most, the newest first, each with the
// limits that it changed.
func (db *DB) LimitChanges(ctx context.Context, accountID *int64) ([]offhours.LimitChange, error) {
	rows, err := db.pool.Query(ctx, `
SELECT at,
       actor,
       coalesce((SELECT jsonb_object_agg(key, value) FROM jsonb_each(before) WHERE value IS DISTINCT FROM after->key), '{}'),
       coalesce((SELECT jsonb_object_agg(key, value) FROM jsonb_each(after) WHERE value IS DISTINCT FROM before->key), '{}')
  FROM limit_events WHERE account_id IS NOT DISTINCT FROM $1 ORDER BY id DESC LIMIT 10`, accountID)
	if err != nil {
		return nil, err
	}
	changes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[offhours.LimitChange])
	if err != nil {
		return nil, fmt.Errorf("read the trail of limits: %w", err)
	}
	return changes, nil
}

// SeesOthers reports whether the role sees standbys and sessions of others, see
// [offhours.Pressure].
func (db *DB) SeesOthers(ctx context.Context) (sees bool, err error) {
	err = db.pool.QueryRow(ctx, `SELECT pg_has_role('pg_read_all_stats', 'USAGE')`).Scan(&sees)
	return sees, err
}
