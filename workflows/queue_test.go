package workflows

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// scheduled answers ScheduleStart with one instant after the other, the last
// one for ever, as long as the request is in the queue.
func (l *life) scheduled(at ...time.Time) {
	l.scheduleStart = func() (offhours.Timing, error) {
		timing := l.timing(at[0])
		if len(at) > 1 {
			at = at[1:]
		}
		return timing, nil
	}
}

// begunAt returns when Begin let the request begin.
func (l *life) begunAt() *time.Time {
	var begun time.Time
	l.begin = func() (offhours.Timing, error) { begun = l.env.Now().UTC(); return l.begun(), nil }
	return &begun
}

func TestAnOpenWindowIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.scheduled(created)
	begun := l.begunAt()
	_, err := l.run()
	require.NoError(t, err)
	require.Equal(t, created, begun.Truncate(time.Second))
}

func TestChangedHoursBringTheStartForward(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.scheduled(opens, created.Add(2*time.Hour))
	begun := l.begunAt()
	l.at(created.Add(time.Hour), func() { l.env.SignalWorkflow(ScheduleChangedName, nil) })
	_, err := l.run()
	require.NoError(t, err)
	require.Equal(t, created.Add(2*time.Hour), *begun)
	require.Equal(t, []string{"Schedule", "Schedule", "Begin"}, l.steps[:3])
}

func TestChangedHoursPutTheStartOff(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.scheduled(opens, opens.Add(24*time.Hour))
	begun := l.begunAt()
	l.at(created.Add(time.Hour), func() { l.env.SignalWorkflow(ScheduleChangedName, nil) })
	l.at(opens.Add(time.Minute), func() {
		require.Equal(t, opens.Add(24*time.Hour), l.view().StartsAt.UTC())
		require.Equal(t, "Waiting until 2026-05-01 12:30:00 UTC, the earliest start in off-business hours.", l.view().StatusDetail)
	})
	_, err := l.run()
	require.NoError(t, err)
	require.Equal(t, opens.Add(24*time.Hour), *begun)
}

func TestHoursThatChangeTwiceAreAskedForTwice(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.scheduled(opens, opens.Add(24*time.Hour), opens.Add(-time.Hour))
	begun := l.begunAt()
	l.at(created.Add(time.Hour), func() { l.env.SignalWorkflow(ScheduleChangedName, nil) })
	l.at(created.Add(2*time.Hour), func() { l.env.SignalWorkflow(ScheduleChangedName, nil) })
	_, err := l.run()
	require.NoError(t, err)
	require.Equal(t, opens.Add(-time.Hour), *begun)
}

func TestHoursThatChangeWhileTheyAreAskedForAreAskedForAgain(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.takes["Schedule"] = time.Minute
	l.scheduled(opens, created.Add(2*time.Hour))
	begun := l.begunAt()
	l.at(created.Add(30*time.Second), func() { l.env.SignalWorkflow(ScheduleChangedName, nil) })
	_, err := l.run()
	require.NoError(t, err)
	require.Equal(t, created.Add(2*time.Hour), *begun)
}

func TestTheDatabaseMayMoveTheWindowWhenItIsAboutToBegin(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	next := opens.Add(24 * time.Hour)
	l.scheduled(opens, next)
	var asked []time.Time
	l.begin = func() (offhours.Timing, error) {
		if asked = append(asked, l.env.Now().UTC()); len(asked) == 1 {
			return l.timing(next), nil
		}
		return l.begun(), nil
	}
	_, err := l.run()
	require.NoError(t, err)
	require.Equal(t, []time.Time{opens, next}, asked)
}

// Nobody told the workflow: the database still refuses, and says when.
func TestHoursThatChangedUnheardArePutInWhenTheRequestIsAboutToBegin(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	next := opens.Add(24 * time.Hour)
	l.scheduled(opens, next)
	l.begin = func() (offhours.Timing, error) {
		if l.env.Now().Before(next) {
			return l.timing(next), nil
		}
		return l.begun(), nil
	}
	l.at(opens.Add(time.Hour), func() {
		require.Equal(t, next, l.view().StartsAt.UTC())
		require.Equal(t, "Waiting until 2026-05-01 12:30:00 UTC, the earliest start in off-business hours.", l.view().StatusDetail)
	})
	_, err := l.run()
	require.NoError(t, err)
	require.Equal(t, 2, l.count("Begin"))
}

func TestADatabaseClockThatIsBehindIsWaitedForWithoutHurry(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	var asked []time.Time
	l.begin = func() (offhours.Timing, error) {
		now := l.env.Now()
		asked = append(asked, now)
		if len(asked) > 1000 || !now.Before(opens.Add(30*time.Second)) {
			return l.begun(), nil
		}
		return l.timing(opens), nil // "not yet", though the worker's clock is past it
	}
	_, err := l.run()
	require.NoError(t, err)
	require.LessOrEqual(t, len(asked), 31, "it asks about once a second")
	require.WithinDuration(t, opens.Add(30*time.Second), asked[len(asked)-1], 5*time.Second)
}

func TestADatabaseClockThatIsHoursBehindFillsNoHistory(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	asked := 0
	l.begin = func() (offhours.Timing, error) {
		if asked++; asked > 1000 || !l.env.Now().Before(opens.Add(2*time.Hour)) {
			return l.begun(), nil
		}
		return l.timing(opens), nil
	}
	_, err := l.run()
	require.NoError(t, err)
	require.LessOrEqual(t, asked, 130)
}

func TestAnOutageInTheQueueIsWaitedOut(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	failures := 0
	l.scheduleStart = func() (offhours.Timing, error) {
		if failures++; failures <= 8 {
			return offhours.Timing{}, errors.New("connection refused")
		}
		return l.timing(opens), nil
	}
	begins := 0
	l.begin = func() (offhours.Timing, error) {
		if begins++; begins <= 3 {
			return offhours.Timing{}, errors.New("connection refused")
		}
		return l.begun(), nil
	}
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusSuccess, result.Status)
	require.Equal(t, 9, failures)
	require.Equal(t, 4, begins)
}
