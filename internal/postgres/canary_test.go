package postgres_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// canaries are statements that look as if they deleted what was exported and
// nothing else. Each of them loses what nobody exported when another session moves
// at the wrong moment, and has to: if one stops losing, the races no longer happen
// as this package's rules believe, and its other tests prove nothing.
//
// exported holds what an export would know of each record.
var canaries = []struct {
	name    string
	arrange string   // the schema, if it is another one
	move    string   // of the other session, which commits while the statements wait
	sql     []string // of the delete, in one transaction
	lost    string   // counts what is lost
}{
	{
		name: "the id alone",
		move: edit,
		sql:  []string{`DELETE FROM records WHERE id IN (SELECT id FROM exported)`},
		lost: noEdit,
	}, {
		name: "the version in a subselect",
		move: edit,
		sql:  []string{`DELETE FROM records WHERE id IN (SELECT a.id FROM records a JOIN exported e ON a.id = e.id AND a.xmin = e.version)`},
		lost: noEdit,
	}, {
		name: "the version in a subselect with LIMIT",
		move: edit,
		sql:  []string{`DELETE FROM records WHERE id IN (SELECT a.id FROM records a JOIN exported e ON a.id = e.id AND a.xmin = e.version LIMIT 1000)`},
		lost: noEdit,
	}, {
		name: "the version in a materialized expression",
		move: edit,
		sql: []string{`WITH l AS MATERIALIZED (SELECT a.id FROM records a JOIN exported e ON a.id = e.id AND a.xmin = e.version)
			DELETE FROM records a USING l WHERE a.id = l.id`},
		lost: noEdit,
	}, {
		name: "the time in a subselect",
		move: edit,
		sql:  []string{`DELETE FROM records WHERE id IN (SELECT a.id FROM records a JOIN exported e ON a.id = e.id AND a.modified_on = e.modified_on)`},
		lost: noEdit,
	}, {
		name: "the version tested in a statement of its own",
		move: edit,
		sql: []string{`CREATE TEMP TABLE tested ON COMMIT DROP AS SELECT a.id FROM records a JOIN exported e ON a.id = e.id AND a.xmin = e.version`,
			`DELETE FROM records WHERE id IN (SELECT id FROM tested)`},
		lost: noEdit,
	}, {
		name:    "the time without the version",
		move:    `UPDATE records SET note = 'edited', modified_on = modified_on WHERE id = $1`,
		arrange: `DROP TRIGGER records_move_modified_on ON records`,
		sql:     []string{`DELETE FROM records a USING exported e WHERE a.id = e.id AND a.modified_on = e.modified_on`},
		lost:    noEdit,
	}, {
		name:    "a cascading key",
		arrange: cascade,
		move:    attach,
		sql:     []string{`DELETE FROM records a USING exported e WHERE a.id = e.id AND a.xmin = e.version`},
		lost:    noAttachment,
	}, {
		name:    "a cascading key and a test for attachments",
		arrange: cascade,
		move:    attach,
		sql: []string{`DELETE FROM records a USING exported e WHERE a.id = e.id AND a.xmin = e.version
			AND NOT EXISTS (SELECT 1 FROM attachments t WHERE t.record_id = a.id)`},
		lost: noAttachment,
	}, {
		name:    "a test for attachments without a key",
		arrange: `ALTER TABLE attachments DROP CONSTRAINT attachments_account_id_record_id_fkey`,
		move: `WITH k AS MATERIALIZED (SELECT account_id FROM records WHERE id = $1 FOR KEY SHARE),
			f AS (INSERT INTO files (account_id, key) SELECT account_id, 'files/' || account_id || '/late' FROM k RETURNING account_id, key)
			INSERT INTO attachments (account_id, record_id, name, file_key) SELECT account_id, $1, 'late', key FROM f`,
		sql: []string{`DELETE FROM records a USING exported e WHERE a.id = e.id AND a.xmin = e.version
			AND NOT EXISTS (SELECT 1 FROM attachments t WHERE t.record_id = a.id)`},
		lost: `SELECT count(*) FROM attachments t WHERE NOT EXISTS (SELECT 1 FROM records a WHERE a.id = t.record_id)`,
	}, {
		name:    "the attachments first",
		arrange: attachBefore,
		move:    edit,
		sql: []string{`DELETE FROM attachments t USING exported e WHERE t.record_id = e.id`,
			`DELETE FROM records a USING exported e WHERE a.id = e.id AND a.xmin = e.version`},
		lost: `SELECT count(*) FROM records WHERE note = 'edited' AND NOT EXISTS (SELECT 1 FROM attachments)`,
	}, {
		name: "the request's state without a lock",
		move: `WITH r AS (UPDATE requests SET status = 'revoked', revoked_by = 'x', completed_on = now(), not_processed = records)
			SELECT 1 FROM records WHERE id = $1 FOR UPDATE`,
		sql: []string{`DELETE FROM records a USING exported e WHERE a.id = e.id AND a.xmin = e.version
			AND (SELECT status FROM requests) = 'in_queue'`},
		lost: `SELECT count(*) FROM requests WHERE status = 'revoked' AND NOT EXISTS (SELECT 1 FROM records)`,
	}, {
		name: "the clock at which the transaction began",
		move: `SELECT 1 FROM records WHERE id = $1 FOR UPDATE`,
		sql: []string{`CREATE TABLE closes AS SELECT clock_timestamp() AS at`,
			`DELETE FROM records a USING exported e WHERE a.id = e.id AND a.xmin = e.version AND now() < (SELECT at FROM closes)`},
		lost: `SELECT count(*) FROM closes WHERE at < clock_timestamp() AND NOT EXISTS (SELECT 1 FROM records)`,
	},
}

const (
	noEdit       = `SELECT count(*) FROM exported e WHERE e.moved AND NOT EXISTS (SELECT 1 FROM records WHERE note = 'edited')`
	noAttachment = `SELECT count(*) FROM files WHERE NOT EXISTS (SELECT 1 FROM attachments)`
	cascade      = `ALTER TABLE attachments DROP CONSTRAINT attachments_account_id_record_id_fkey,
		ADD FOREIGN KEY (account_id, record_id) REFERENCES records ON DELETE CASCADE`
	attachBefore = `WITH f AS (INSERT INTO files (account_id, key) SELECT account_id, 'files/' || account_id || '/early' FROM records LIMIT 1 RETURNING account_id, key)
		INSERT INTO attachments (account_id, record_id, name, file_key) SELECT account_id, (SELECT id FROM records ORDER BY id LIMIT 1), 'early', key FROM f`
)

func TestDeletesThatLookSafeLose(t *testing.T) {
	t.Parallel()
	for _, canary := range canaries {
		t.Run(canary.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.AddType(201, 3, 40*day)
			w.mustAdmit(draft(201))
			if canary.arrange != "" {
				w.Exec(canary.arrange)
			}
			w.Exec(`CREATE TABLE exported AS SELECT id, xmin AS version, modified_on, row_number() OVER (ORDER BY id) = 1 AS moved FROM records`)
			var id string
			w.Scan(&id, `SELECT id::text FROM exported WHERE moved`)
			user := w.Hold(canary.move, id)
			worker := w.Session()
			done := make(chan error, 1)
			go func() {
				done <- pgx.BeginFunc(t.Context(), worker, func(tx pgx.Tx) error {
					for _, sql := range canary.sql {
						if _, err := tx.Exec(t.Context(), sql); err != nil {
							return err
						}
					}
					return nil
				})
			}()
			w.AwaitLock(1)
			require.NoError(t, user.Commit(t.Context()))
			require.NoError(t, <-done)

			require.Equal(t, 1, w.count(canary.lost))
		})
	}
}

// count is what a query counts.
func (w world) count(sql string) (n int) {
	w.T.Helper()
	w.Scan(&n, sql)
	return n
}
