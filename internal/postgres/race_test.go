package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// move is what another session may do, in one transaction, to a listed record ($1)
// or beside it, and what has to become of the record then.
type move struct {
	name     string
	sql      []string
	outcome  string // of the record; "" if it is deleted
	refers   bool   // a row of another table keeps the record: the batch fails whole
	passes   bool   // it waits for no batch, and no batch for it
	newcomer bool   // it adds a record that no list names
	returns  bool   // it brings the record back, if it finds it gone
}

const (
	// A copy of the record is held by the session itself, so that it can go and come back.
	remember  = `CREATE TEMP TABLE remembered ON COMMIT DROP AS SELECT * FROM records WHERE id = $1`
	remove    = `DELETE FROM records WHERE id = $1`
	comeBack  = `INSERT INTO records SELECT * FROM remembered`
	edit      = `UPDATE records SET note = 'edited' WHERE id = $1`
	editBack  = `UPDATE records SET note = NULL WHERE id = $1`
	retype    = `UPDATE records SET type_code = 999 WHERE id = $1`
	noTrigger = `SET LOCAL session_replication_role = replica` // as importers may have it
	attach    = `WITH f AS (INSERT INTO files (account_id, key) SELECT account_id, 'files/' || account_id || '/late' FROM records WHERE id = $1 RETURNING account_id, key)
		INSERT INTO attachments (account_id, record_id, name, file_key) SELECT account_id, $1, 'late', key FROM f`
	refer  = `INSERT INTO visits SELECT account_id, id FROM records WHERE id = $1`
	insert = `INSERT INTO records (account_id, id, type_code, created_on, modified_on, note) SELECT account_id, gen_random_uuid(), type_code, created_on, modified_on%s, 'newcomer' FROM records WHERE id = $1`
)

var moves = []move{
	{name: "edit", sql: []string{edit}, outcome: "keptChanged"},
	{name: "edit and edit back", sql: []string{edit, editBack}, outcome: "keptChanged"},
	{name: "write it as it is", sql: []string{`UPDATE records SET note = note WHERE id = $1`}, outcome: "keptChanged"},
	{name: "change its type", sql: []string{retype}, outcome: "keptChanged"},
	{name: "change its type and back", sql: []string{retype, `UPDATE records SET type_code = 201 WHERE id = $1`}, outcome: "keptChanged"},
	{name: "delete", sql: []string{remove}, outcome: "alreadyGone"},
	{name: "delete and insert again", sql: []string{remember, remove, comeBack}, outcome: "rewritten", returns: true},
	{name: "delete, insert again and edit", sql: []string{remember, remove, comeBack, edit}, outcome: "keptChanged", returns: true},
	{name: "rewrite with the same time", sql: []string{noTrigger, edit}, outcome: "rewritten"},
	{name: "date it back", sql: []string{noTrigger, `UPDATE records SET modified_on = modified_on - interval '1 day' WHERE id = $1`}, outcome: "keptChanged"},
	{name: "change its type with the same time", sql: []string{noTrigger, retype}, outcome: "keptChanged"},
	{name: "attach", sql: []string{attach}, outcome: "keptAttachment"},
	{name: "attach and edit", sql: []string{attach, edit}, outcome: "keptChanged"},
	{name: "refer to it", sql: []string{refer}, refers: true},
	{name: "insert another of the same time", sql: []string{strings.ReplaceAll(insert, "%s", "")}, passes: true, newcomer: true},
	{name: "insert another, dated back", sql: []string{strings.ReplaceAll(insert, "%s", " - interval '1 year'")}, passes: true, newcomer: true},
}

// race is a sealed request of three records, of which somebody else moves the
// second one.
type race struct {
	*sealed
	move move
	user pgx.Tx
}

// gateLock is an advisory lock that a batch waits for just before its COMMIT, as
// long as a test holds it.
const gateLock = 815

// eachRace runs every move in a world of its own. The other session's transaction is open.
func eachRace(t *testing.T, run func(t *testing.T, r *race)) {
	t.Helper()
	t.Parallel()
	for _, move := range moves {
		for way, each := range ways {
			t.Run(move.name+"/"+way, func(t *testing.T) {
				t.Parallel()
				s := sealWith(t, 3, func(s *sealed) {
					s.AddType(999, 0, day)
					s.Exec(`CREATE TABLE visits (account_id bigint, record_id uuid, FOREIGN KEY (account_id, record_id) REFERENCES records)`)
					s.Exec(`CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS $$
						BEGIN PERFORM pg_advisory_xact_lock_shared(815); RETURN NEW; END $$`)
					s.Exec(`CREATE TRIGGER gate BEFORE INSERT ON batches FOR EACH ROW EXECUTE FUNCTION gate()`)
				})
				s.each = each
				run(t, &race{sealed: s, move: move, user: s.Hold(`SELECT 1`)})
			})
		}
	}
}

// play makes the move and leaves its transaction open.
func (r *race) play() error {
	for _, sql := range r.move.sql {
		var args []any
		if strings.Contains(sql, "$1") {
			args = append(args, r.rows[1].ID)
		}
		if strings.HasPrefix(sql, "CREATE") { // which takes no parameters
			sql, args = strings.ReplaceAll(sql, "$1", "'"+r.rows[1].ID+"'"), nil
		}
		if _, err := r.user.Exec(r.ctx(), sql, args...); err != nil {
			return err
		}
	}
	return nil
}

// others is all that no batch may touch, as the other session sees it: everything
// but the two records that nobody moves.
func (r *race) others(session interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}) (text string) {
	r.T.Helper()
	err := session.QueryRow(r.ctx(), `SELECT concat((SELECT json_agg(format('%s %s', xmin, a) ORDER BY id) FROM records a WHERE id <> ALL ($1)),
		(SELECT json_agg(a) FROM attachments a), (SELECT json_agg(v) FROM visits v))`, []string{r.rows[0].ID, r.rows[2].ID}).Scan(&text)
	require.NoError(r.T, err)
	return text
}

// start begins the batch, and returns its answer.
func (r *race) start() chan error {
	done := make(chan error, 1)
	go func() {
		_, err := r.delete()
		done <- err
	}()
	return done
}

// settled checks what became of the record that was moved before the batch could
// delete it. A batch that waited longer than the lock timeout is tried again.
func (r *race) settled(err error, moved string) {
	r.T.Helper()
	if errors.Is(err, offhours.ErrBusy) {
		_, err = r.delete()
	}
	if r.move.refers {
		require.ErrorIs(r.T, err, offhours.ErrReferenced)
		r.untouched(3)
		return
	}
	require.NoError(r.T, err)
	require.Equal(r.T, r.move.outcome, r.outcome(1))
	if r.move.newcomer {
		require.Equal(r.T, 1, r.left())
		r.deleted(3)
		return
	}
	require.Equal(r.T, moved, r.others(r.Conn), "it is left exactly as it was made")
	r.deleted(2)
}

// deleted checks the count and that the records that nobody moved are gone.
func (r *race) deleted(n int) {
	r.T.Helper()
	var counted, there int
	r.Scan(&counted, `SELECT sum(deleted) FROM batches`)
	require.Equal(r.T, n, counted)
	r.Scan(&there, `SELECT count(*) FROM records WHERE id = ANY ($1)`, []string{r.rows[0].ID, r.rows[2].ID})
	require.Zero(r.T, there)
}

func TestARecordThatWasChangedBeforeTheBatchIsKept(t *testing.T) {
	eachRace(t, func(t *testing.T, r *race) {
		require.NoError(t, r.play())
		moved := r.others(r.user)
		require.NoError(t, r.user.Commit(t.Context()))

		_, err := r.delete()

		r.settled(err, moved)
	})
}

// The other session holds the row when the batch comes to it and commits while
// the batch waits: READ COMMITTED shows the batch the new version then.
func TestARecordThatIsChangedWhileTheBatchWaitsForItIsKept(t *testing.T) {
	eachRace(t, func(t *testing.T, r *race) {
		require.NoError(t, r.play())
		done := r.start()
		if !r.move.passes {
			r.AwaitLock(1)
		}
		moved := r.others(r.user)
		require.NoError(t, r.user.Commit(t.Context()))

		r.settled(<-done, moved)
	})
}

func TestARecordWhoseChangeIsTakenBackWhileTheBatchWaitsIsDeleted(t *testing.T) {
	eachRace(t, func(t *testing.T, r *race) {
		require.NoError(t, r.play())
		done := r.start()
		if !r.move.passes {
			r.AwaitLock(1)
		}
		require.NoError(t, r.user.Rollback(t.Context()))

		err := <-done
		if errors.Is(err, offhours.ErrBusy) {
			_, err = r.delete()
		}
		require.NoError(t, err)
		require.Zero(t, r.left())
		r.deleted(3)
	})
}

// Whoever comes when the batch has deleted the record waits for its COMMIT and
// finds nothing: neither an edit, nor an attachment, nor a reference is lost with it.
func TestWhoComesBehindTheBatchFindsNoRecord(t *testing.T) {
	eachRace(t, func(t *testing.T, r *race) {
		gate := r.Hold(`SELECT pg_advisory_xact_lock($1)`, gateLock)
		done := r.start()
		r.AwaitLock(1)
		played := make(chan error, 1)
		go func() { played <- r.play() }()
		if r.move.passes {
			require.NoError(t, <-played)
			require.NoError(t, r.user.Commit(t.Context()))
			require.NoError(t, gate.Commit(t.Context()))
			r.settled(<-done, "")
			return
		}
		r.AwaitLock(2)
		require.NoError(t, gate.Commit(t.Context()))
		require.NoError(t, <-done)
		if err := <-played; err == nil {
			require.NoError(t, r.user.Commit(t.Context()))
		} else { // the record is gone to which it refers
			require.ErrorContains(t, err, "violates foreign key constraint")
		}

		require.Empty(t, r.outcome(1))
		require.Zero(t, r.Count("attachments")+r.Count("visits"))
		require.Equal(t, r.move.returns, r.Count("records") == 1, "somebody had kept a copy: that is another record than the exported one")
		r.deleted(3)
	})
}

// A batch that is killed just before its COMMIT has deleted nothing. Who waited for
// it goes on, and the next attempt finds what was made of the record.
func TestABatchThatIsKilledBeforeItsCommitLeavesTheRecordToOthers(t *testing.T) {
	eachRace(t, func(t *testing.T, r *race) {
		gate := r.Hold(`SELECT pg_advisory_xact_lock($1)`, gateLock)
		done := r.start()
		r.AwaitLock(1)
		played := make(chan error, 1)
		go func() { played <- r.play() }()
		if !r.move.passes {
			r.AwaitLock(2)
		}
		r.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = 'offhours' AND wait_event = 'advisory'`)
		require.ErrorContains(t, <-done, "57P01") // admin_shutdown
		require.NoError(t, <-played)
		moved := r.others(r.user)
		require.NoError(t, r.user.Commit(t.Context()))
		require.NoError(t, gate.Commit(t.Context()))
		require.Zero(t, r.Count("batches")+r.Count("exceptions"))

		_, err := r.delete()

		r.settled(err, moved)
	})
}
