package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// What keeps a batch from happening at all: another history of the database, a
// newer attempt, the end of the request, the window, the schema.

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
	tx := s.Hold(`SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))`, s.ref.RequestID)
	done := make(chan error, 1)
	go func() { done <- s.DB.Fence(s.ctx(), s.ref, nil) }()
	s.AwaitLock(1)
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
	ref := request.Ref()
	_, err := w.DB.Begin(t.Context(), ref, 0)
	require.NoError(t, err)

	_, err = w.DB.Plan(t.Context(), ref, 10)

	var failure *offhours.Failure
	require.ErrorAs(t, err, &failure)
	require.Equal(t, offhours.FailureSchemaUnsafe, failure.Code)
}

// It is what takes back a delete behind whose snapshot an attachment came.
func TestAttachmentsWithoutTheirForeignKeyAreRefusedAtThePlan(t *testing.T) {
	t.Parallel()
	for _, change := range []string{
		`ALTER TABLE attachments DROP CONSTRAINT attachments_account_id_record_id_fkey`,
		`ALTER TABLE records DISABLE TRIGGER ALL`,
	} {
		t.Run(change, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.AddType(201, 1, 40*day)
			w.Exec(change)
			ref := w.mustAdmit(draft(201)).Ref()
			_, err := w.DB.Begin(t.Context(), ref, 0)
			require.NoError(t, err)

			_, err = w.DB.Plan(t.Context(), ref, 10)

			var failure *offhours.Failure
			require.ErrorAs(t, err, &failure)
			require.Equal(t, offhours.FailureSchemaUnsafe, failure.Code)
		})
	}
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

// A claim made while a batch is under way must wait for it, or it would read a
// progress that is about to change.
func TestANewAttemptWaitsForTheBatchOfTheOldOne(t *testing.T) {
	t.Parallel()
	s := seal(t, 3)
	user := s.Hold(`SELECT 1 FROM records WHERE id = $1 FOR UPDATE`, s.rows[1].ID)
	deleted := make(chan error, 1)
	go func() {
		_, err := s.DB.DeleteBatch(s.ctx(), s.part, s.rows)
		deleted <- err
	}()
	s.AwaitLock(1)
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
