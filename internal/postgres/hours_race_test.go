package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// A change of hours against everything that may happen to a request meanwhile.

// changing begins to close the window, and stops in the middle: what the change
// does to earlier requests is done, and not committed yet. finish lets it commit.
func (s *sealed) changing() (finish func()) {
	s.T.Helper()
	tx := s.Hold(`SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))`, s.lastRequest())
	changed := blocked(s, 0, s.closeWindow)
	return func() {
		s.T.Helper()
		require.NoError(s.T, tx.Commit(s.ctx()))
		require.NoError(s.T, <-changed)
	}
}

func (s *sealed) closeWindow() error {
	_, _, err := s.DB.SetSchedule(s.ctx(), s.Admin, closed, grace)
	return err
}

// lastRequest adds a request that a change of hours comes to after all others.
func (s *sealed) lastRequest() string {
	s.T.Helper()
	const last = "ffffffff-ffff-7fff-bfff-ffffffffffff"
	id := s.Queue(999, 1)
	s.Exec(`UPDATE requests SET id = $2 WHERE id = $1`, id, last)
	return last
}

// blocked runs f and waits until it waits for a lock, beside so many others.
func blocked[T any](s *sealed, others int, f func() T) <-chan T {
	s.T.Helper()
	result := make(chan T, 1)
	go func() { result <- f() }()
	s.AwaitLock(others + 1)
	return result
}

func TestAChangeOfHoursWaitsForTheBatchUnderWay(t *testing.T) {
	t.Parallel()
	s := seal(t, 2)
	batch := s.Hold(`SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))`, s.ref.RequestID)
	changed := blocked(s, 0, s.closeWindow)
	require.NotContains(t, s.request(s.ref.RequestID).StatusDetail, "Paused")

	require.NoError(t, batch.Commit(t.Context()))

	require.NoError(t, <-changed)
	require.Contains(t, s.request(s.ref.RequestID).StatusDetail, "Paused")
}

func TestABatchThatWaitsForAChangeOfHoursBlamesNoRecord(t *testing.T) {
	t.Parallel()
	s := seal(t, 2)
	finish := s.changing()

	_, err := s.delete()
	require.ErrorIs(t, err, offhours.ErrTableBusy)

	finish()
	_, err = s.delete()
	require.ErrorIs(t, err, offhours.ErrWindowClosed)
	s.untouched(2)
}

func TestARequestThatBeginsWhileHoursChangeGoesByTheNewOnes(t *testing.T) {
	t.Parallel()
	s := queued(t)
	finish := s.changing()
	begun := blocked(s, 1, func() offhours.Timing {
		timing, _ := s.DB.Begin(s.ctx(), s.ref, 0)
		return timing
	})

	finish()

	timing := <-begun
	require.Equal(t, offhours.StatusInQueue, timing.Status)
	require.Equal(t, *s.request(s.ref.RequestID).StartsAt, timing.At.UTC())
}

func TestARequestThatIsResumedWhileHoursChangeGoesByTheNewOnes(t *testing.T) {
	t.Parallel()
	s := seal(t, 2)
	finish := s.changing()
	resumed := blocked(s, 1, func() offhours.Timing {
		timing, _ := s.DB.Resume(s.ctx(), s.ref)
		return timing
	})

	finish()

	require.False(t, (<-resumed).At.IsZero())
	_, err := s.delete()
	require.ErrorIs(t, err, offhours.ErrWindowClosed)
}

func TestARevokeWhileHoursChangeIsARevoke(t *testing.T) {
	t.Parallel()
	s := queued(t)
	finish := s.changing()
	revoked := blocked(s, 1, func() offhours.Status {
		status, _ := s.DB.Revoke(s.ctx(), s.ref, "somebody", "")
		return status
	})

	finish()

	require.Equal(t, offhours.StatusRevoked, <-revoked)
	require.Equal(t, offhours.StatusRevoked, s.request(s.ref.RequestID).Status)
}

func TestHoursThatChangeWhileARequestBeginsReachIt(t *testing.T) {
	t.Parallel()
	s := queued(t)
	begin := s.Hold(`UPDATE requests SET status = 'in_progress', phase = 'planning', started_on = now(), window_close = now() + interval '9 hours' WHERE id = $1`, s.ref.RequestID)
	changed := blocked(s, 0, s.closeWindow)

	require.NoError(t, begin.Commit(t.Context()))

	require.NoError(t, <-changed)
	var closed bool
	s.Scan(&closed, `SELECT window_close <= clock_timestamp() FROM requests`)
	require.True(t, closed)
	require.Contains(t, s.request(s.ref.RequestID).StatusDetail, "Paused")
}

func TestARequestThatIsRevokedBeforeAChangeOfHoursComesToItStaysRevoked(t *testing.T) {
	t.Parallel()
	s := queued(t)
	revoke := s.Hold(`UPDATE requests SET status = 'revoked', revoked_by = 'x', completed_on = now(), not_processed = records WHERE id = $1`, s.ref.RequestID)
	untold := blocked(s, 0, func() int {
		_, untold, _ := s.DB.SetSchedule(s.ctx(), s.Admin, closed, grace)
		return len(untold)
	})

	require.NoError(t, revoke.Commit(t.Context()))

	require.Zero(t, <-untold)
	require.Equal(t, offhours.StatusRevoked, s.request(s.ref.RequestID).Status)
}

// queued is a request In Queue whose window is open.
func queued(t *testing.T) *sealed {
	t.Helper()
	w := newWorld(t)
	w.AddType(201, 2, 40*day)
	s := &sealed{world: w}
	s.ref = w.mustAdmit(draft(201)).Ref()
	return s
}
