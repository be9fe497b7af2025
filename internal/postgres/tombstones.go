package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
)

// fileWindowSQL says for how many seconds the objects of a request may be removed:
// inside the window while it deletes, and at any time, NULL, once it ends, because
// nobody else would do it then.
const fileWindowSQL = `
SELECT CASE WHEN r.phase = 'deleting' THEN extract(epoch FROM r.window_close - clock_timestamp()) - $3 END::float8
  FROM requests r WHERE r.id = $1 AND r.account_id = $2`

const pickTombstonesSQL = `
SELECT part, number, file_key FROM tombstones
 WHERE request_id = $1 AND account_id = $2 AND state IN ('pending', 'released')
 ORDER BY file_key, part, number LIMIT $3 FOR UPDATE`

// lockFilesSQL waits for everyone who is about to refer to one of the files, and
// lets nobody begin. The account is no constant, as in deleteListed.
const lockFilesSQL = `
WITH k AS MATERIALIZED (SELECT $1::bigint AS account_id, l.key FROM unnest($2::text[]) l(key))
SELECT count(*)
  FROM k, LATERAL (SELECT 1 FROM files f WHERE f.account_id = k.account_id AND f.key = k.key FOR UPDATE) l`

// releaseSQL decides about locked files. What a record still refers to is kept,
// and the foreign key would keep it, too. Nobody can refer to the others again.
// Account and request are no constants, as in deleteListed: nothing is known yet of a
// request that deletes right now.
const releaseSQL = `
WITH k AS MATERIALIZED (
    SELECT $1::uuid AS request_id, $2::bigint AS account_id, l.part, l.number FROM unnest($3::int[], $4::int[]) l(part, number)
), t AS MATERIALIZED (
    SELECT t.request_id, k.account_id, t.part, t.number, t.file_key, EXISTS (SELECT 1 FROM attachments a WHERE a.file_key = t.file_key) AS shared
      FROM k JOIN tombstones t ON t.request_id = k.request_id AND t.part = k.part AND t.number = k.number
), f AS (
    DELETE FROM files f USING (SELECT DISTINCT account_id, file_key FROM t WHERE NOT shared) k WHERE f.account_id = k.account_id AND f.key = k.file_key
), u AS (
    UPDATE tombstones u SET state = CASE WHEN t.shared THEN 'shared' ELSE 'released' END
      FROM t WHERE u.request_id = t.request_id AND u.part = t.part AND u.number = t.number
)
SELECT t.part, t.number, t.file_key, coalesce(c.source_etag, ''), coalesce(c.key, ''), coalesce(c.bytes, 0), coalesce(c.sha256, '')
  FROM t JOIN copies c ON c.request_id = t.request_id AND c.part = t.part AND c.number = t.number
 WHERE NOT t.shared ORDER BY t.file_key, t.part, t.number`

// ReleaseFiles looks at some of the objects whose records a request has deleted.
// Those that another record, or another table, refers to are kept. For the others
// it deletes their row, so that nobody can refer to them any more, and returns
// them: they may be removed, now or by whoever asks next. Several may ask at once,
// and after the request has ended.
//
// Errors: ErrWindowClosed while the request deletes and its window is closed, or
// about to; ErrBusy if other sessions are in the way.
func (db *DB) ReleaseFiles(ctx context.Context, ref offhours.RequestRef, limit int) (offhours.Released, error) {
	released, err := db.releaseFiles(ctx, ref, limit, release)
	if errors.Is(err, offhours.ErrReferenced) && limit > 1 {
		released, err = db.releaseFiles(ctx, ref, 1, release) // it may be another one
	}
	if errors.Is(err, offhours.ErrReferenced) {
		released, err = db.releaseFiles(ctx, ref, 1, keepReferenced)
	}
	return released, err
}

// decision is what is done about the locked files of picked tombstones.
type decision func(ctx context.Context, tx pgx.Tx, ref offhours.RequestRef, parts, numbers []int) ([]offhours.Tombstone, error)

func (db *DB) releaseFiles(ctx context.Context, ref offhours.RequestRef, limit int, decide decision) (released offhours.Released, err error) {
	err = db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, deleteSettings); err != nil {
			return err
		}
		var left *float64
		if err := tx.QueryRow(ctx, fileWindowSQL, ref.RequestID, ref.AccountID, closeMargin.Seconds()).Scan(&left); err != nil {
			return notFound(err, "request")
		}
		if left != nil {
			if released.For = time.Duration(*left * float64(time.Second)); released.For <= 0 {
				return offhours.ErrWindowClosed
			}
		}
		parts, numbers, keys, err := pickTombstones(ctx, tx, ref, limit)
		if err != nil || len(keys) == 0 {
			return err
		}
		if _, err := tx.Exec(ctx, lockFilesSQL, ref.AccountID, keys); err != nil {
			return err
		}
		released.Looked = len(keys)
		released.Tombstones, err = decide(ctx, tx, ref, parts, numbers)
		return err
	})
	if err != nil {
		return offhours.Released{}, busy(err)
	}
	return released, nil
}

func pickTombstones(ctx context.Context, tx pgx.Tx, ref offhours.RequestRef, limit int) (parts, numbers []int, keys []string, err error) {
	rows, err := tx.Query(ctx, pickTombstonesSQL, ref.RequestID, ref.AccountID, limit)
	if err != nil {
		return nil, nil, nil, err
	}
	var part, number int
	var key string
	_, err = pgx.ForEachRow(rows, []any{&part, &number, &key}, func() error {
		parts, numbers, keys = append(parts, part), append(numbers, number), append(keys, key)
		return nil
	})
	return parts, numbers, keys, err
}

func release(ctx context.Context, tx pgx.Tx, ref offhours.RequestRef, parts, numbers []int) ([]offhours.Tombstone, error) {
	rows, err := tx.Query(ctx, releaseSQL, ref.RequestID, ref.AccountID, parts, numbers)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (offhours.Tombstone, error) {
		t := offhours.Tombstone{State: offhours.FileReleased}
		err := row.Scan(&t.Part, &t.Number, &t.Key, &t.ETag, &t.Copy.Key, &t.Copy.Bytes, &t.Copy.SHA256)
		return t, err
	})
}

const keepReferencedSQL = `
WITH k AS MATERIALIZED (
    SELECT $1::uuid AS request_id, $2::bigint AS account_id, l.part, l.number FROM unnest($3::int[], $4::int[]) l(part, number)
)
UPDATE tombstones t SET state = 'shared' FROM k
 WHERE t.request_id = k.request_id AND t.account_id = k.account_id AND t.part = k.part AND t.number = k.number AND t.state = 'pending'`

// keepReferenced keeps files that a foreign key keeps. With the file locked nobody
// has just begun to refer to it: asking again would get the same answer for ever.
func keepReferenced(ctx context.Context, tx pgx.Tx, ref offhours.RequestRef, parts, numbers []int) ([]offhours.Tombstone, error) {
	_, err := tx.Exec(ctx, keepReferencedSQL, ref.RequestID, ref.AccountID, parts, numbers)
	return nil, err
}

const recordFilesSQL = `
WITH k AS MATERIALIZED (
    SELECT $1::uuid AS request_id, $2::bigint AS account_id, l.* FROM unnest($3::int[], $4::int[], $5::text[]) l(part, number, state)
)
UPDATE tombstones t SET state = k.state FROM k
 WHERE t.request_id = k.request_id AND t.account_id = k.account_id AND t.part = k.part AND t.number = k.number AND t.state = 'released'`

// RecordFiles records what became of released objects. The first answer stays.
func (db *DB) RecordFiles(ctx context.Context, ref offhours.RequestRef, done []offhours.Tombstone) error {
	parts, numbers, states := make([]int, len(done)), make([]int, len(done)), make([]string, len(done))
	for i, t := range done {
		parts[i], numbers[i], states[i] = t.Part, t.Number, string(t.State)
	}
	_, err := db.pool.Exec(ctx, recordFilesSQL, ref.RequestID, ref.AccountID, parts, numbers, states)
	return err
}
