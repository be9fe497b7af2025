package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// The offset of the account is shown, survives every way in which the start is
// computed, and holds against a workflow that wakes too early.
func TestARequestThatWaitsForAnOpeningBeginsAtTheOffsetOfItsAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.DB.SpreadOpenings(time.Minute)
	w.AddType(201, 1, 40*day)
	w.setHours(closed)
	window, err := closed.NextWindow(time.Now())
	require.NoError(t, err)
	begins := window.SpreadOpen(w.Account.ID, time.Minute)
	require.NotEqual(t, window.Open, begins, "the account of the test has an offset")

	account, err := w.DB.Account(t.Context(), w.Account.ID)
	require.NoError(t, err)
	preview, err := w.DB.Preview(t.Context(), account, draft(201), grace)
	require.NoError(t, err)
	require.Equal(t, begins, preview.EarliestStart)
	queued := w.mustAdmit(draft(201))
	require.Equal(t, begins, *queued.StartsAt)
	timing, err := w.DB.ScheduleStart(t.Context(), queued.Ref(), grace)
	require.NoError(t, err)
	require.Equal(t, begins, timing.At)
	timing, err = w.DB.Begin(t.Context(), queued.Ref(), grace)
	require.NoError(t, err)
	require.Equal(t, offhours.Timing{Status: offhours.StatusInQueue, At: begins}, timing)

	require.Empty(t, w.setHours(closed), "the same hours move nothing")
	require.Equal(t, begins, *w.request(queued.ID).StartsAt)
}

func TestAPausedRequestResumesAtTheOffsetOfItsAccount(t *testing.T) {
	t.Parallel()
	s := seal(t, 2)
	s.DB.SpreadOpenings(time.Minute)
	untold := s.setHours(closed)
	require.Len(t, untold, 1)
	window, err := closed.NextWindow(time.Now())
	require.NoError(t, err)
	begins := window.SpreadOpen(s.Account.ID, time.Minute)

	require.Equal(t, begins, *s.request(s.ref.RequestID).Progress.PausedUntil)
	timing, err := s.DB.Resume(t.Context(), s.ref)
	require.NoError(t, err)
	require.Equal(t, begins, timing.At.UTC())
	require.Empty(t, s.setHours(closed), "the same hours move nothing")
}
