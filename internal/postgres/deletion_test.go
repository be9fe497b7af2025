package postgres_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
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
	{"given an attachment", `INSERT INTO attachments (account_id, record_id, name, file_key) SELECT account_id, id, 'late', 'late' FROM records WHERE id = $1`, "keptAttachment", 1},
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
			tx := s.hold(edit.sql, s.rows[1].ID)
			type answer struct {
				deleted int
				err     error
			}
			done := make(chan answer, 1)
			go func() {
				deleted, err := s.delete()
				done <- answer{deleted, err}
			}()
			s.waiting()
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
	s.hold(`UPDATE records SET note = 'new' WHERE id = $1`, s.rows[1].ID)

	_, err := s.delete()

	require.ErrorIs(t, err, offhours.ErrBusy)
	s.untouched(3)
}

func (s *sealed) hold(sql string, args ...any) pgx.Tx {
	s.T.Helper()
	tx, err := s.session().Begin(s.ctx())
	require.NoError(s.T, err)
	_, err = tx.Exec(s.ctx(), sql, args...)
	require.NoError(s.T, err)
	return tx
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

func TestVersionsReadInAnotherHistoryOfTheDatabaseDeleteNothing(t *testing.T) {
	t.Parallel()
	for _, column := range []string{"db_system = 'other'", "db_timeline = 'FFFFFFFF'", "read_xid = '9999999999999'"} {
		t.Run(column, func(t *testing.T) {
			t.Parallel()
			s := seal(t, 2)
			s.Exec(`ALTER TABLE parts DISABLE TRIGGER parts_guard`)
			s.Exec(`UPDATE parts SET ` + column)

			deleted, err := s.delete()

			require.NoError(t, err)
			require.Zero(t, deleted)
			require.Equal(t, 2, s.left())
			require.Equal(t, "rewritten", s.outcome(0), "they are exported anew, in the database as it is now")
		})
	}
}

func TestASupersededAttemptChangesNothing(t *testing.T) {
	t.Parallel()
	s := seal(t, 2)
	_, err := s.DB.ClaimPart(t.Context(), s.ref, 1)
	require.NoError(t, err)

	_, err = s.delete()

	require.ErrorIs(t, err, offhours.ErrFenced)
	s.untouched(2)
}

func TestAnAttemptThatMissedProgressChangesNothing(t *testing.T) {
	t.Parallel()
	s := seal(t, 2)
	zombie := s.part
	_, err := s.delete()
	require.NoError(t, err)

	_, err = s.DB.DeleteBatch(t.Context(), zombie, s.rows)

	require.ErrorIs(t, err, offhours.ErrFenced)
	require.Equal(t, 1, s.Count("batches"))
}

func TestOnlyTheVerifiedListDeletes(t *testing.T) {
	t.Parallel()
	s := seal(t, 2)
	s.part.Files.List.SHA256 = "another"

	_, err := s.delete()

	require.ErrorIs(t, err, offhours.ErrFenced)
	s.untouched(2)
}

func TestAPartThatIsNotSealedDeletesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 2, 40*day)
	s := &sealed{world: w}
	s.begin(offhours.DeleteOnly)
	s.export(1, 1)

	_, err := s.delete()

	require.ErrorIs(t, err, offhours.ErrFenced)
	s.untouched(2)
}

func TestAnEndedRequestDeletesNothing(t *testing.T) {
	t.Parallel()
	s := seal(t, 2)
	require.NoError(t, s.DB.Fence(t.Context(), s.ref, nil))

	_, err := s.delete()

	require.ErrorIs(t, err, offhours.ErrFenced)
	s.untouched(2)
	_, err = s.DB.ClaimPart(t.Context(), s.ref, 1)
	require.ErrorIs(t, err, offhours.ErrEnded)
}

func TestTheEndOfARequestWaitsForTheBatchUnderWay(t *testing.T) {
	t.Parallel()
	s := seal(t, 2)
	tx := s.hold(`SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))`, s.ref.RequestID)
	done := make(chan error, 1)
	go func() { done <- s.DB.Fence(s.ctx(), s.ref, nil) }()
	s.waiting()
	var phase string
	s.Scan(&phase, `SELECT phase FROM requests`)
	require.Equal(t, "deleting", phase)

	require.NoError(t, tx.Commit(t.Context()))

	require.NoError(t, <-done)
	s.Scan(&phase, `SELECT phase FROM requests`)
	require.Equal(t, "reporting", phase)
}

func TestNothingIsDeletedOutsideTheWindow(t *testing.T) {
	t.Parallel()
	for name, close := range map[string]string{
		"closed":         `clock_timestamp() - interval '1 s'`,
		"about to close": `clock_timestamp() + interval '3 s'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := seal(t, 2)
			s.Exec(`UPDATE requests SET window_close = ` + close)

			_, err := s.delete()

			require.ErrorIs(t, err, offhours.ErrWindowClosed)
			s.untouched(2)
		})
	}
}

func TestNothingIsDeletedWithTooLittleTimeLeftForDownloading(t *testing.T) {
	t.Parallel()
	s := seal(t, 2)
	s.Exec(`UPDATE requests SET delete_deadline = clock_timestamp() - interval '1 s'`)

	_, err := s.delete()

	var failure *offhours.Failure
	require.ErrorAs(t, err, &failure)
	require.Equal(t, offhours.FailureDeadline, failure.Code)
	s.untouched(2)
}

func TestAChangedSchemaStopsTheDelete(t *testing.T) {
	t.Parallel()
	s := seal(t, 2)
	s.Exec(`ALTER TABLE records ADD COLUMN secret text DEFAULT 'not exported'`) // leaves xmin as it is

	_, err := s.delete()

	var failure *offhours.Failure
	require.ErrorAs(t, err, &failure)
	require.Equal(t, offhours.FailureSchemaChanged, failure.Code)
	s.untouched(2)
}

func TestACascadingForeignKeyIsRefusedAtThePlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 1, 40*day)
	w.Exec(`CREATE TABLE calls (account_id bigint, record_id uuid, FOREIGN KEY (account_id, record_id) REFERENCES records ON DELETE CASCADE)`)
	request := w.mustAdmit(draft(201))
	ref := offhours.RequestRef{AccountID: w.Account.ID, RequestID: request.ID}
	_, err := w.DB.Begin(t.Context(), ref, 0)
	require.NoError(t, err)

	_, err = w.DB.Plan(t.Context(), ref, 10)

	var failure *offhours.Failure
	require.ErrorAs(t, err, &failure)
	require.Equal(t, offhours.FailureSchemaUnsafe, failure.Code)
}

func TestAnotherAccountCannotDelete(t *testing.T) {
	t.Parallel()
	s := seal(t, 2)
	other := s.NewAccount("Globex", "admin@globex.example")
	s.part.AccountID = other.Account.ID

	_, err := s.delete()

	require.ErrorIs(t, err, offhours.ErrFenced)
	s.untouched(2)
}

func TestTheDatabaseItselfRefusesABatchAfterTheWindow(t *testing.T) {
	t.Parallel()
	s := seal(t, 1)
	_, err := s.Conn.Exec(t.Context(), `INSERT INTO batches VALUES ($1, 1, 0, 1, 1, $2, $2)`, s.ref.RequestID, time.Now())
	require.ErrorContains(t, err, "inside_the_window")
}

func TestAVerifiedPartIsImmutable(t *testing.T) {
	t.Parallel()
	s := seal(t, 1)
	for _, change := range []string{`list_sha256 = 'x'`, `list_key = 'x'`, `rows = 0`, `db_timeline = 'x'`, `epoch = 0`} {
		_, err := s.Conn.Exec(t.Context(), `UPDATE parts SET `+change)
		require.Error(t, err, change)
	}
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

// A claim made while a batch is under way must wait for it, or it would read a
// progress that is about to change.
func TestANewAttemptWaitsForTheBatchOfTheOldOne(t *testing.T) {
	t.Parallel()
	s := seal(t, 3)
	user := s.hold(`SELECT 1 FROM records WHERE id = $1 FOR UPDATE`, s.rows[1].ID)
	deleted := make(chan error, 1)
	go func() {
		_, err := s.DB.DeleteBatch(s.ctx(), s.part, s.rows)
		deleted <- err
	}()
	s.waiting()
	claimed := make(chan offhours.Part, 1)
	go func() {
		part, _ := s.DB.ClaimPart(s.ctx(), s.ref, 1)
		claimed <- part
	}()
	require.Eventually(t, func() bool {
		var n int
		s.Scan(&n, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%ClaimPart%' AND wait_event_type = 'Lock'`)
		return n == 1 || len(claimed) == 1 || len(deleted) == 1
	}, 5*time.Second, time.Millisecond)
	require.NoError(t, user.Commit(t.Context()))

	part := <-claimed
	if err := <-deleted; err == nil {
		require.Equal(t, 3, part.Done)
	} else { // the batch met its lock timeout before: then nothing of it happened
		require.ErrorIs(t, err, offhours.ErrBusy)
		require.Zero(t, part.Done)
	}
}
