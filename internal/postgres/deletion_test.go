package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func TestABatchDeletesTheListedVersionsAndAccountsForThem(t *testing.T) {
	t.Parallel()
	s := seal(t, 5)

	deleted, err := s.delete()

	require.NoError(t, err)
	require.Equal(t, 5, deleted)
	require.Zero(t, s.left())
	var batch string
	s.Scan(&batch, `SELECT format('%s-%s %s %s', from_row, to_row, deleted, deleted_at < window_close) FROM batches`)
	require.Equal(t, "0-5 5 t", batch)
	var progress string
	s.Scan(&progress, `SELECT format('%s %s', done, deleted) FROM parts`)
	require.Equal(t, "5 5", progress)
	require.Zero(t, s.Count("exceptions"))
}

// edits are what another session may do to a listed record, and the outcome it
// must have then. The record must be left exactly as that session left it.
var edits = []struct {
	name, sql, outcome string
	left               int
}{
	{"edited", `UPDATE records SET note = 'new' WHERE id = $1`, "keptChanged", 1},
	{"edited and edited back", `UPDATE records SET note = note WHERE id = $1`, "keptChanged", 1},
	{"given another type", `UPDATE records SET type_code = 999 WHERE id = $1`, "keptChanged", 0},
	{"deleted", `DELETE FROM records WHERE id = $1`, "alreadyGone", 0},
	{"given an attachment", `WITH f AS (INSERT INTO files (account_id, key) SELECT account_id, 'files/' || account_id || '/late' FROM records WHERE id = $1 RETURNING account_id, key)
		INSERT INTO attachments (account_id, record_id, name, file_key) SELECT account_id, $1, 'late', key FROM f`, "keptAttachment", 1},
}

func TestARecordThatWasChangedBeforeTheBatchIsKept(t *testing.T) {
	t.Parallel()
	for _, edit := range edits {
		t.Run(edit.name, func(t *testing.T) {
			t.Parallel()
			s := seal(t, 3)
			s.AddType(999, 0, day)
			s.Exec(edit.sql, s.rows[1].ID)

			deleted, err := s.delete()

			require.NoError(t, err)
			require.Equal(t, 2, deleted)
			require.Equal(t, edit.outcome, s.outcome(1))
			require.Equal(t, edit.left, s.left())
		})
	}
}

// The other session holds the row when the batch comes to it and commits while
// the batch waits: READ COMMITTED shows the batch the new version then.
func TestARecordThatIsChangedWhileTheBatchWaitsForItIsKept(t *testing.T) {
	t.Parallel()
	for _, edit := range edits {
		t.Run(edit.name, func(t *testing.T) {
			t.Parallel()
			s := seal(t, 3)
			s.AddType(999, 0, day)
			tx := s.Hold(edit.sql, s.rows[1].ID)
			type answer struct {
				deleted int
				err     error
			}
			done := make(chan answer, 1)
			go func() {
				deleted, err := s.delete()
				done <- answer{deleted, err}
			}()
			s.AwaitLock(1)
			require.NoError(t, tx.Commit(t.Context()))

			got := <-done
			if got.err != nil { // the wait was longer than the lock timeout
				require.ErrorIs(t, got.err, offhours.ErrBusy)
				got.deleted, got.err = s.delete()
			}
			require.NoError(t, got.err)
			require.Equal(t, 2, got.deleted)
			require.Equal(t, edit.outcome, s.outcome(1))
			require.Equal(t, edit.left, s.left())
		})
	}
}

func TestARecordThatStaysLockedMakesTheBatchBusyAndChangesNothing(t *testing.T) {
	t.Parallel()
	s := seal(t, 3)
	s.Hold(`UPDATE records SET note = 'new' WHERE id = $1`, s.rows[1].ID)

	_, err := s.delete()

	require.ErrorIs(t, err, offhours.ErrBusy)
	s.untouched(3)
}

func TestARecordThatStaysLockedCanBeAccountedAsFailed(t *testing.T) {
	t.Parallel()
	s := seal(t, 1)

	require.NoError(t, s.DB.SkipBatch(t.Context(), s.part, s.rows, "locked by another session"))

	require.Equal(t, "failed", s.outcome(0))
	require.Equal(t, 1, s.left())
}

func TestARewrittenRecordIsExportedAnewAndThenDeleted(t *testing.T) {
	t.Parallel()
	s := seal(t, 3)
	// Triggers are off, as an importer may have them: another version, the same modified_on.
	s.Exec(`SET session_replication_role = replica`)
	s.Exec(`UPDATE records SET note = 'rewritten' WHERE id = $1`, s.rows[0].ID)
	s.Exec(`UPDATE records SET note = 'rewritten' WHERE id = $1`, s.rows[2].ID)
	s.Exec(`SET session_replication_role = DEFAULT`)

	deleted, err := s.delete()
	require.NoError(t, err)
	require.Equal(t, 1, deleted)
	require.Equal(t, "rewritten", s.outcome(0))

	parts, err := s.DB.PlanRewritten(t.Context(), s.ref, 2)
	require.NoError(t, err)
	require.Equal(t, []int{2}, parts)
	s.Exec(`UPDATE records SET note = 'edited' WHERE id = $1`, s.rows[2].ID) // meanwhile
	s.export(2, 2)
	require.Len(t, s.rows, 1)
	_, err = s.delete()
	require.ErrorIs(t, err, offhours.ErrFenced, "the second round is not sealed")
	require.NoError(t, s.DB.Seal(t.Context(), s.ref, offhours.Seal{Round: 2, Lists: map[int]string{1: "sum", 2: "sum"}, Rewritten: map[int][]string{1: {s.rows[0].ID}}}))
	deleted, err = s.delete()
	require.NoError(t, err)
	require.Equal(t, 1, deleted)
	require.Equal(t, 1, s.left())

	account, err := s.DB.Accounting(t.Context(), s.ref)
	require.NoError(t, err)
	require.Equal(t, offhours.Outcomes{Deleted: 2, KeptChanged: 1}, account.Outcomes)
	parts, err = s.DB.PlanRewritten(t.Context(), s.ref, 3)
	require.NoError(t, err)
	require.Empty(t, parts)
}

func TestARecordThatWasDeletedAndInsertedAgainIsNotTheListedOne(t *testing.T) {
	t.Parallel()
	s := seal(t, 1)
	s.Exec(`CREATE TEMP TABLE copy AS SELECT * FROM records`)
	s.Exec(`DELETE FROM records`)
	s.Exec(`INSERT INTO records SELECT * FROM copy`)

	deleted, err := s.delete()

	require.NoError(t, err)
	require.Zero(t, deleted)
	require.Equal(t, "rewritten", s.outcome(0))
}

func TestAListedTimeThatIsNotTheRecordsDeletesNothing(t *testing.T) {
	t.Parallel()
	s := seal(t, 1)
	s.rows[0].ModifiedOn = s.rows[0].ModifiedOn.Add(time.Microsecond)

	deleted, err := s.delete()

	require.NoError(t, err)
	require.Zero(t, deleted)
	require.Equal(t, "keptChanged", s.outcome(0))
}
