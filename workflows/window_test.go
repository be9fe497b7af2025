package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

// nights gives the database a window of an hour a day from opens on: Resume
// answers by it, and open tells whether work may go on.
func (l *life) nights() (open func() bool) {
	const day, long = 24 * time.Hour, time.Hour
	since := func() time.Duration { return l.env.Now().Sub(opens) }
	open = func() bool { return since() >= 0 && since()%day < long }
	l.resume = func() (offhours.Timing, error) {
		if open() {
			return l.timing(time.Time{}), nil
		}
		return offhours.Timing{Status: l.status, At: opens.Add((since()/day + 1) * day)}, nil
	}
	return open
}

func TestAnExportPausesForBusinessHoursAndGoesOn(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	open := l.nights()
	l.takes["Export"] = 25 * time.Minute
	l.export = func(int) (activities.PartResult, error) {
		if !open() {
			return windowClosed, nil
		}
		return tenRows(), nil
	}
	l.at(opens.Add(3*time.Hour), func() {
		require.Equal(t, "Paused until 2026-05-01 12:30:00 UTC for business hours.", l.view().StatusDetail)
		require.Equal(t, opens.Add(24*time.Hour), *l.view().Progress.PausedUntil)
		require.Equal(t, offhours.StatusInProgress, l.view().Status, "a pause is no status")
		require.Equal(t, 20, l.view().Progress.Verified)
	})
	l.at(opens.Add(24*time.Hour+time.Minute), func() {
		require.Equal(t, "Exporting and verifying.", l.view().StatusDetail)
		require.Nil(t, l.view().Progress.PausedUntil)
	})
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusSuccess, result.Status)
	require.Equal(t, []string{
		"Schedule", "Begin", "Plan 1", "Export 1", "Verify 1", "Export 2", "Verify 2",
		"Export 3", "Resume", "Resume", "Export 3", "Verify 3", "Seal 1",
	}, l.steps[:13], "only the part that was not finished is done again")
	require.Equal(t, []string{"in_queue", "in_progress", "success"}, l.statuses)
}

func TestADeletionTakesAsManyNightsAsItNeeds(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	open := l.nights()
	done := map[int]int{}
	l.takes["Delete"] = 40 * time.Minute
	l.delete = func(part int) (activities.PartResult, error) {
		if done[part] < 10 { // an attempt deletes half a part before the window closes
			done[part] += 5
		}
		if done[part] < 10 || !open() {
			return activities.PartResult{Rows: 10, Deleted: done[part], WindowClosed: true}, nil
		}
		return deleted(10), nil
	}
	var progress []int
	for night := range 6 {
		l.at(opens.Add(time.Duration(night)*24*time.Hour+2*time.Hour), func() { progress = append(progress, l.view().Progress.Deleted) })
	}
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusSuccess, result.Status)
	require.Equal(t, 30, l.view().Progress.Deleted)
	require.IsNonDecreasing(t, progress)
	require.Greater(t, l.env.Now().Sub(opens), 24*time.Hour, "in more than one night")
	for part, n := range done {
		require.Equal(t, 10, n, "part %d", part)
	}
}

func TestHoursThatChangeInAPauseAreHeard(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	tries, asked := 0, []time.Time{}
	l.export = func(int) (activities.PartResult, error) {
		if tries++; tries == 1 {
			return windowClosed, nil
		}
		return tenRows(), nil
	}
	l.resume = func() (offhours.Timing, error) {
		if asked = append(asked, l.env.Now().UTC()); len(asked) == 1 {
			return offhours.Timing{Status: l.status, At: opens.Add(24 * time.Hour)}, nil
		}
		return l.timing(time.Time{}), nil
	}
	l.at(opens.Add(2*time.Hour), func() { l.env.SignalWorkflow(ScheduleChangedName, nil) })
	_, err := l.run()
	require.NoError(t, err)
	require.Len(t, asked, 2)
	require.Equal(t, opens.Add(2*time.Hour), asked[1])
}

func TestEachNightOfPausesIsShown(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	open := l.nights()
	attempts := 0
	l.takes["Delete"] = 40 * time.Minute
	l.plan = func(round int) ([]int, error) { return inRound1(round, 1), nil }
	l.delete = func(int) (activities.PartResult, error) {
		attempts++
		if attempts < 4 || !open() { // two attempts a night: it is done in the third
			return activities.PartResult{Rows: 10, Deleted: min(attempts, 9), WindowClosed: true}, nil
		}
		return deleted(10), nil
	}
	shown := map[string]offhours.Status{}
	for hours := range 72 {
		l.at(opens.Add(time.Duration(hours)*time.Hour+30*time.Minute), func() {
			if l.view().Status == offhours.StatusInProgress {
				shown[l.view().StatusDetail] = l.view().Status
			}
		})
	}
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusSuccess, result.Status)
	require.Contains(t, shown, "Deleting.")
	require.Contains(t, shown, "Paused until 2026-05-01 12:30:00 UTC for business hours.")
	require.Contains(t, shown, "Paused until 2026-05-02 12:30:00 UTC for business hours.")
	require.Len(t, shown, 3)
	require.Equal(t, []string{"in_queue", "in_progress", "success"}, l.statuses)
}

func TestHoursThatChangeWhileItDeletesAreNotAskedForTwice(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.plan = func(round int) ([]int, error) { return inRound1(round, 1), nil }
	l.takes["Delete"] = 30 * time.Minute
	paused := false
	l.delete = func(int) (activities.PartResult, error) {
		if !paused {
			paused = true
			return windowClosed, nil
		}
		return deleted(10), nil
	}
	l.resume = func() (offhours.Timing, error) {
		if l.env.Now().Before(opens.Add(24 * time.Hour)) {
			return offhours.Timing{Status: l.status, At: opens.Add(24 * time.Hour)}, nil
		}
		return l.timing(time.Time{}), nil
	}
	for minutes := range 5 {
		l.at(opens.Add(time.Duration(minutes)*time.Minute), func() { l.env.SignalWorkflow(ScheduleChangedName, nil) })
	}
	_, err := l.run()
	require.NoError(t, err)
	require.Equal(t, 2, l.count("Resume"), "when it pauses, and in the next window")
}

func TestADatabaseClockThatIsBehindDoesNotMakeAPauseSpin(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	next := opens.Add(24 * time.Hour)
	paused, asked := false, 0
	l.delete = func(int) (activities.PartResult, error) {
		if !paused {
			paused = true
			return activities.PartResult{Rows: 10, WindowClosed: true}, nil
		}
		return deleted(10), nil
	}
	l.resume = func() (offhours.Timing, error) {
		if asked++; asked > 1000 || !l.env.Now().Before(next.Add(20*time.Second)) {
			return l.timing(time.Time{}), nil
		}
		return offhours.Timing{Status: l.status, At: next}, nil
	}
	_, err := l.run()
	require.NoError(t, err)
	require.LessOrEqual(t, asked, 23)
}

func TestARequestThatEndedInAPauseIsNotResumed(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.delete = func(int) (activities.PartResult, error) {
		return activities.PartResult{Rows: 10, WindowClosed: true}, nil
	}
	l.resume = func() (offhours.Timing, error) { return offhours.Timing{Status: offhours.StatusFailed}, nil }
	l.finish = func() (activities.FinishResult, error) { // as another hand ended it
		return activities.FinishResult{Status: offhours.StatusFailed, Failure: &offhours.Failure{Code: "internal", Detail: "Terminated."}}, nil
	}
	_, err := l.run()
	requireFailedWith(t, err, offhours.Failure{Code: "internal", Detail: "Terminated."})
	require.Equal(t, "Resume", l.steps[len(l.steps)-5])
}

func TestARequestThatIsNoMoreInAPauseEndsItsWorkflow(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.export = func(int) (activities.PartResult, error) { return windowClosed, nil }
	l.resume = func() (offhours.Timing, error) { return offhours.Timing{}, ended() }
	_, err := l.run()
	requireFailedWith(t, err, *l.fenced)
	require.Equal(t, offhours.FailureInternal, l.fenced.Code)
}

func TestOnceTheWindowIsClosedForOnePartNoOtherBegins(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.plan = func(round int) ([]int, error) { return inRound1(round, 1, 2, 3, 4), nil }
	l.delete = func(part int) (activities.PartResult, error) {
		if part == 2 && l.count("Delete 2") == 1 {
			return activities.PartResult{Rows: 10, WindowClosed: true}, nil
		}
		return deleted(10), nil
	}
	_, err := l.run()
	require.NoError(t, err)
	require.Less(t, l.place("Delete 1"), l.place("Resume"))
	require.Less(t, l.place("Resume"), l.place("Delete 3"))
	require.Less(t, l.place("Resume"), l.place("Delete 4"))
	require.Equal(t, 2, l.count("Delete 2"))
}
