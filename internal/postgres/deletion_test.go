package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
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

func TestAListedTimeThatIsNotTheRecordsDeletesNothing(t *testing.T) {
	t.Parallel()
	s := seal(t, 1)
	s.rows[0].ModifiedOn = s.rows[0].ModifiedOn.Add(time.Microsecond)

	deleted, err := s.delete()

	require.NoError(t, err)
	require.Zero(t, deleted)
	require.Equal(t, "keptChanged", s.outcome(0))
}

// Ids are unique to an account, and so may be anything else: one statement that
// loaded both accounts gave their rows the same version and time.
func TestWhatAnotherAccountHasUnderTheSameIdsStays(t *testing.T) {
	t.Parallel()
	var other postgrestest.World
	s := sealWith(t, 3, func(s *sealed) {
		other = s.NewAccount("Globex", "admin@globex.example")
		other.AddType(201, 0, day)
		s.Exec(`INSERT INTO files SELECT id, 'files/' || id || '/a' FROM accounts`)
		s.Exec(`CREATE TEMP TABLE loaded AS SELECT * FROM records`)
		s.Exec(`DELETE FROM records`)
		s.Exec(`INSERT INTO records SELECT (jsonb_populate_record(r, jsonb_build_object('account_id', a))).*
			FROM loaded r, (VALUES ($1::bigint), ($2)) accounts(a)`, s.Account.ID, other.Account.ID)
		s.Exec(`INSERT INTO attachments SELECT account_id, id, id, 'a', 'files/' || account_id || '/a' FROM records`)
	})

	deleted, err := s.delete()

	require.NoError(t, err)
	require.Equal(t, 3, deleted)
	require.Zero(t, s.left())
	var left string
	s.Scan(&left, `SELECT format('%s %s', (SELECT count(*) FROM records WHERE account_id = $1), (SELECT count(*) FROM attachments WHERE account_id = $1))`, other.Account.ID)
	require.Equal(t, "3 3", left)
}

// The proof asks for nothing more where this says that nothing is left: each record
// of the part has to be seen, the first and the last one too, and no other one.
func TestWhateverIsLeftOfAPartIsSeen(t *testing.T) {
	t.Parallel()
	s := seal(t, 3)
	s.part.Keys = offhours.PartKeys{Rows: 3, First: listKey(s.rows[0]), Last: listKey(s.rows[2])}
	s.AddRecords(201, 1, 39*day) // behind the part, and not in it
	anyThere := func() bool {
		there, err := s.DB.AnyThere(t.Context(), s.part)
		require.NoError(t, err)
		return there
	}
	s.Exec(`CREATE TABLE kept AS SELECT * FROM records`)
	for i, row := range s.rows {
		s.Exec(`DELETE FROM records WHERE id = ANY ($1)`, []string{s.rows[0].ID, s.rows[1].ID, s.rows[2].ID})
		require.False(t, anyThere(), "%d", i)
		s.Exec(`INSERT INTO records SELECT * FROM kept WHERE id = $1`, row.ID)
		require.True(t, anyThere(), "%d", i)
	}
}

// listKey is a row's place in the order of its list, as verification records it.
func listKey(row offhours.Listed) string {
	return row.ModifiedOn.Format(time.RFC3339Nano) + " " + row.ID
}
