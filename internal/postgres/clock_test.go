package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// turnedClock is a world whose database has another clock than the workers, whose
// clock is that of this machine: its functions stand before PostgreSQL's own in the
// search path of the product.
func turnedClock(t *testing.T) world {
	t.Helper()
	w := newWorld(t)
	w.Exec(`CREATE SCHEMA clocks`)
	w.Exec(`CREATE TABLE clocks.ahead AS SELECT interval '0' AS by`)
	for _, name := range []string{"clock_timestamp", "now", "transaction_timestamp", "statement_timestamp"} {
		w.Exec(`CREATE FUNCTION clocks.` + name + `() RETURNS timestamptz LANGUAGE sql AS 'SELECT pg_catalog.` + name + `() + by FROM clocks.ahead'`)
	}
	w.World = w.At(w.Conn.Config().ConnString() + "&search_path=clocks,pg_catalog,public")
	return w
}

// turn makes the database's clock go so far ahead of the workers', or behind.
func (w world) turn(ahead time.Duration) {
	w.T.Helper()
	w.Exec(`UPDATE clocks.ahead SET by = $1::interval`, ahead)
	now, err := w.DB.Now(w.T.Context())
	require.NoError(w.T, err)
	require.InDelta(w.T, ahead.Seconds(), time.Until(now).Seconds(), 20)
}

// businessAround is business on every day, between two instants by the workers'
// clocks, cut to minutes.
func businessAround(from, to time.Duration) offhours.Schedule {
	clock := func(after time.Duration) offhours.ClockTime {
		t := time.Now().UTC().Add(after)
		return offhours.ClockTime(t.Hour()*60 + t.Minute())
	}
	day := []offhours.Block{{From: clock(from), To: clock(to)}}
	return offhours.Schedule{TimeZone: "UTC", BusinessHours: offhours.BusinessHours{
		Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day, Saturday: day, Sunday: day,
	}}
}

const minutes = time.Minute

func TestARequestBeginsByTheClockOfTheDatabase(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		from, to     time.Duration // business, by the clock of the workers
		early, right time.Duration // how far ahead the database is
	}{
		"the window is open by the workers' clock, and not yet by the database's": {-8 * 60 * minutes, -5 * minutes, -10 * minutes, -2 * minutes},
		"the window is open by the workers' clock, and no more by the database's": {5 * minutes, 8 * 60 * minutes, 10 * minutes, (8*60 + 2) * minutes},
		"the window is closed by the workers' clock alone":                        {-8 * 60 * minutes, 5 * minutes, 2 * minutes, 10 * minutes},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := turnedClock(t)
			w.AddType(201, 3, 40*day)
			w.turn(tc.early)
			w.setHours(businessAround(tc.from, tc.to))
			request, _, err := w.DB.Admit(t.Context(), w.Admin, draft(201), uuid.NewString(), 0)
			require.NoError(t, err)

			timing, err := w.DB.Begin(t.Context(), request.Ref(), 0)
			require.NoError(t, err)
			require.Equal(t, offhours.StatusInQueue, timing.Status)
			now, err := w.DB.Now(t.Context())
			require.NoError(t, err)
			require.True(t, timing.At.After(now), "it is told to come back at %s, and it is %s", timing.At, now)

			w.turn(tc.right)
			timing, err = w.DB.Begin(t.Context(), request.Ref(), 0)
			require.NoError(t, err)
			require.Equal(t, offhours.StatusInProgress, timing.Status)
		})
	}
}

// The window closes ten minutes from now by the clock of the workers, who would go
// on. A clock that is set back opens it once more: it is the database's to say.
func TestABatchIsDeletedByTheClockOfTheDatabase(t *testing.T) {
	t.Parallel()
	s := &sealed{world: turnedClock(t)}
	s.AddType(201, 4, 40*day)
	s.setHours(businessAround(10*minutes, 8*60*minutes))
	s.begin(offhours.DeleteOnly)
	s.export(1, 1)
	s.open(1, 4)

	for _, ahead := range []time.Duration{11 * minutes, 15 * minutes, 7 * 60 * minutes} {
		s.turn(ahead)
		_, err := s.delete()
		require.ErrorIs(t, err, offhours.ErrWindowClosed)
		timing, err := s.DB.Resume(t.Context(), s.ref)
		require.NoError(t, err)
		require.False(t, timing.At.IsZero(), "it waits for the next window")
		_, err = s.delete()
		require.ErrorIs(t, err, offhours.ErrWindowClosed)
		s.untouched(4)
	}

	s.turn(-7 * minutes)
	timing, err := s.DB.Resume(t.Context(), s.ref)
	require.NoError(t, err)
	require.True(t, timing.At.IsZero())
	deleted, err := s.delete()
	require.NoError(t, err)
	require.Equal(t, 4, deleted)
	var inside bool
	s.Scan(&inside, `SELECT deleted_at < window_close AND deleted_at < pg_catalog.clock_timestamp() FROM batches`)
	require.True(t, inside)
}
