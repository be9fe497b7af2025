package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres"
)

// waitForAWaiter makes each batch wait, with all its locks, until somebody waits
// for one of them.
const waitForAWaiter = `
CREATE FUNCTION wait_for_a_waiter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WHILE NOT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))) LOOP
        PERFORM pg_sleep(0.001);
    END LOOP;
    RETURN NEW;
END $$;
CREATE TRIGGER wait_for_a_waiter BEFORE INSERT ON batches FOR EACH ROW EXECUTE FUNCTION wait_for_a_waiter()`

func TestABatchTellsHowManyWaitForItsLocks(t *testing.T) {
	t.Parallel()
	s := seal(t, 3)
	s.Exec(waitForAWaiter)
	session, done := s.Session(), make(chan error)
	go func() { // takes the record again and again until it is gone
		var err error
		for found := true; found && err == nil; {
			err = session.QueryRow(t.Context(), `SELECT true FROM records WHERE id = $1 FOR UPDATE`, s.rows[0].ID).Scan(&found)
		}
		done <- err
	}()

	deleted, err := s.DB.DeleteBatch(t.Context(), s.part, s.rows)

	require.NoError(t, err)
	require.Equal(t, offhours.Deleted{Records: 3, Waiters: 1}, deleted)
	require.ErrorIs(t, <-done, pgx.ErrNoRows)
}

// Who waits behind another one for the same record waits for that one's turn, as
// PostgreSQL sees it, and is kept waiting by the batch all the same.
func TestABatchCountsThoseWhoQueueForOneRecord(t *testing.T) {
	t.Parallel()
	s := seal(t, 1)
	s.Exec(`
CREATE FUNCTION wait_for_waiters() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WHILE (SELECT count(*) FROM pg_locks l JOIN pg_stat_get_activity(NULL) a USING (pid)
            WHERE NOT l.granted AND a.datid = (SELECT oid FROM pg_database WHERE datname = current_database())) < 3 LOOP
        PERFORM pg_sleep(0.001);
    END LOOP;
    RETURN NEW;
END $$;
CREATE TRIGGER wait_for_waiters BEFORE INSERT ON batches FOR EACH ROW EXECUTE FUNCTION wait_for_waiters()`)
	done := make(chan error)
	for range 3 {
		session := s.Session()
		go func() { // takes the record again and again until it is gone
			var err error
			for found := true; found && err == nil; {
				err = session.QueryRow(t.Context(), `SELECT true FROM records WHERE id = $1 FOR UPDATE`, s.rows[0].ID).Scan(&found)
			}
			done <- err
		}()
	}

	deleted, err := s.DB.DeleteBatch(t.Context(), s.part, s.rows)

	require.NoError(t, err)
	require.Equal(t, offhours.Deleted{Records: 1, Waiters: 3}, deleted)
	for range 3 {
		require.ErrorIs(t, <-done, pgx.ErrNoRows)
	}
}

func TestSessionsOfOthersAtWorkAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.mustAdmitOne().Ref()
	busy := func() int64 {
		p, err := w.DB.Pressure(t.Context(), ref)
		require.NoError(t, err)
		require.False(t, p.Hidden)
		return p.Busy
	}
	near := func() bool {
		p, err := w.DB.Pressure(t.Context(), ref)
		require.NoError(t, err)
		return p.Near > 0
	}
	require.Zero(t, busy(), "idle ones and the product's own do not count")
	require.Eventually(t, func() bool { return !near() }, time.Minute, 10*time.Millisecond, "nobody was at work for a second")
	w.Exec(`SELECT 1`)
	require.True(t, near(), "it was at work a moment ago")
	held := w.Hold(`LOCK TABLE accounts`)
	waiting := w.Session()
	done := make(chan error)
	go func() { _, err := waiting.Exec(t.Context(), `SELECT 1 FROM accounts`); done <- err }()
	w.AwaitLock(1)
	require.EqualValues(t, 1, busy())
	require.NoError(t, held.Rollback(t.Context()))
	require.NoError(t, <-done)
}

func TestARoleThatMayNotSeeOthersIsToldSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.mustAdmitOne().Ref()
	role := fmt.Sprintf("blind_%s", w.database())
	w.Exec(fmt.Sprintf(`CREATE ROLE %s LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO %[1]s`, role))
	t.Cleanup(func() {
		_, err := w.Conn.Exec(context.Background(), fmt.Sprintf(`DROP OWNED BY %s; DROP ROLE %[1]s`, role))
		require.NoError(t, err)
	})
	config := w.Conn.Config().Copy()
	db, err := postgres.Open(t.Context(), fmt.Sprintf("postgres://%s@%s:%d/%s?sslmode=disable", role, config.Host, config.Port, config.Database))
	require.NoError(t, err)
	defer db.Close()

	blind, err := db.Pressure(t.Context(), ref)

	require.NoError(t, err)
	require.True(t, blind.Hidden)
	require.Positive(t, blind.WAL, "what everybody may see is seen")
	w.Exec(`GRANT pg_read_all_stats TO ` + role)
	seeing, err := db.Pressure(t.Context(), ref)
	require.NoError(t, err)
	require.False(t, seeing.Hidden)
}

func (w world) database() (name string) {
	w.T.Helper()
	w.Scan(&name, `SELECT current_database()`)
	return name
}

func TestWhatSlowsARequestDownIsShownWhileItDeletes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 100)
	ref := offhours.RequestRef{AccountID: w.Account.ID, RequestID: id}
	shown := func() []offhours.SlowReason {
		request, err := w.DB.Request(t.Context(), ref.AccountID, id)
		require.NoError(t, err)
		return request.Progress.SlowedBy
	}
	w.Run(id, "deleting", 10, 3)
	require.Equal(t, []offhours.SlowReason{}, shown())
	reasons := []offhours.SlowReason{offhours.SlowWAL, offhours.SlowVacuum}
	require.NoError(t, w.DB.RecordPace(t.Context(), ref, offhours.Pace{Share: .25, SlowedBy: reasons}))
	require.Equal(t, reasons, shown())
	p, err := w.DB.Pressure(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, offhours.Pace{Share: .25, SlowedBy: reasons}, p.Pace)

	w.Exec(`UPDATE paces SET seen_on = seen_on - interval '11 s'`)
	require.Equal(t, []offhours.SlowReason{}, shown(), "a worker that is gone slows nothing down")
	p, err = w.DB.Pressure(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, offhours.Pace{Share: 1, SlowedBy: []offhours.SlowReason{}}, p.Pace)

	require.NoError(t, w.DB.RecordPace(t.Context(), ref, offhours.Pace{Share: .5, SlowedBy: reasons}))
	w.Exec(`UPDATE requests SET phase = 'reporting'`)
	require.Equal(t, []offhours.SlowReason{}, shown(), "nothing is deleted any more")
	other := ref
	other.AccountID++
	require.NoError(t, w.DB.RecordPace(t.Context(), other, offhours.Pace{Share: .75, SlowedBy: reasons}))
	require.Equal(t, 1, w.Count("paces WHERE share = 0.5"), "nothing crosses accounts")
}
