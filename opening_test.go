package offhours_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// office is business from 9 to 17 in UTC, on every day.
var office = func() offhours.Schedule {
	day := []offhours.Block{{From: 9 * 60, To: 17 * 60}}
	return offhours.Schedule{TimeZone: "UTC", BusinessHours: offhours.BusinessHours{
		Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day, Saturday: day, Sunday: day,
	}}
}()

func at(hour, minute, second int) time.Time {
	return time.Date(2026, 3, 4, hour, minute, second, 0, time.UTC)
}

func start(t *testing.T, account int64, earliest, now time.Time, spread time.Duration) time.Time {
	t.Helper()
	w, err := office.StartWindow(account, earliest, now, spread)
	require.NoError(t, err)
	return w.Open
}

func TestAccountsThatWaitForOneOpeningBeginSpread(t *testing.T) {
	t.Parallel()
	open := at(17, 0, 0)
	slots := map[int]int{} // accounts in each tenth of the spread
	for account := int64(1); account <= 2000; account++ {
		begins := start(t, account, at(12, 0, 0), at(12, 0, 0), time.Minute)
		require.Equal(t, begins, start(t, account, at(12, 0, 0), at(16, 59, 59), time.Minute), "always the same")
		offset := begins.Sub(open)
		require.True(t, 0 <= offset && offset < time.Minute, offset)
		slots[int(offset/(6*time.Second))]++
	}
	for slot := range 10 {
		require.InDelta(t, 200, slots[slot], 60, "accounts are spread evenly")
	}
}

func TestWhoComesIntoAnOpenWindowWaitsForNothing(t *testing.T) {
	t.Parallel()
	for account := int64(1); account <= 20; account++ {
		require.Equal(t, at(17, 0, 0), start(t, account, at(17, 0, 0), at(16, 45, 0), time.Minute), "may begin just as it opens")
		require.Equal(t, at(17, 0, 5), start(t, account, at(17, 0, 5), at(16, 59, 0), time.Minute))
		require.Equal(t, at(20, 0, 0), start(t, account, at(12, 0, 0), at(20, 0, 0), time.Minute), "late")
	}
}

func TestAnAccountBeginsAtItsOffsetHoweverOftenItAsks(t *testing.T) {
	t.Parallel()
	for account := int64(1); account <= 20; account++ {
		begins := start(t, account, at(12, 0, 0), at(12, 0, 0), time.Minute)
		for second := range 60 {
			now := at(17, 0, second)
			want := begins
			if now.After(begins) {
				want = now
			}
			require.Equal(t, want, start(t, account, at(12, 0, 0), now, time.Minute), "at %s", now)
		}
	}
}

func TestASpreadIsAtMostATenthOfTheWindow(t *testing.T) {
	t.Parallel()
	w := offhours.Window{Open: at(17, 0, 0), Close: at(17, 1, 0)}
	for account := int64(1); account <= 100; account++ {
		require.Less(t, w.SpreadOpen(account, time.Hour).Sub(w.Open), 6*time.Second)
		require.Equal(t, w.Open, w.SpreadOpen(account, 0))
		require.Equal(t, w.Open, w.SpreadOpen(account, -time.Second))
	}
	require.Equal(t, at(9, 0, 0).AddDate(0, 0, 1), func() time.Time {
		w, err := office.StartWindow(1, at(12, 0, 0), at(12, 0, 0), time.Minute)
		require.NoError(t, err)
		return w.Close
	}(), "the window closes when it closes")
}
