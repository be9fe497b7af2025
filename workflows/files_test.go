package workflows

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

func TestFilesAreRemovedInAsManyWindowsAsItTakes(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	calls, next := 0, time.Time{}
	l.removeFiles = func() (activities.RemoveResult, error) {
		calls++
		return activities.RemoveResult{WindowClosed: calls == 1}, nil
	}
	l.resume = func() (offhours.Timing, error) {
		if next.IsZero() {
			next = l.env.Now().Add(10 * time.Hour)
			return offhours.Timing{Status: l.status, At: next}, nil
		}
		return l.timing(time.Time{}), nil
	}

	result, err := l.run()

	require.NoError(t, err)
	require.Equal(t, offhours.StatusSuccess, result.Status)
	require.Equal(t, []string{"Plan 2", "RemoveFiles", "Resume", "Resume", "RemoveFiles", "ProveGone", "Fence", "Report", "Finish"}, l.steps[len(l.steps)-9:])
	require.False(t, l.env.Now().Before(next))
}

func TestFilesThatCannotBeRemovedDoNotKeepAFailedRequestFromItsEnd(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	lost := offhours.Failure{Code: offhours.FailureArchiveChanged, Detail: "A file is missing."}
	fail := temporal.NewNonRetryableApplicationError(lost.Detail, activities.TypeFailure, nil, lost)
	l.delete = func(int) (activities.PartResult, error) { return activities.PartResult{}, fail }
	l.removeFiles = func() (activities.RemoveResult, error) { return activities.RemoveResult{}, fail }

	_, err := l.run()

	requireFailedWith(t, err, lost)
	require.Equal(t, []string{"Fence", "RemoveFiles", "Report", "Finish"}, l.steps[len(l.steps)-4:])
}

// Such as those in a bucket that lets nobody remove anything.
func TestFilesThatCanNeverBeRemovedDoNotKeepATerminatedRequestFromItsEnd(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.status = offhours.StatusInProgress
	limits := map[string]time.Duration{}
	l.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		limits[info.ActivityType.Name] = info.ScheduleToCloseTimeout
	})
	l.removeFiles = func() (activities.RemoveResult, error) { return activities.RemoveResult{}, errors.New("access denied") }

	result := l.closes()

	require.Equal(t, offhours.StatusFailed, result.Status)
	require.Equal(t, []string{"Report", "Finish"}, l.steps[len(l.steps)-2:])
	require.Equal(t, leftFilesTimeout, limits["RemoveFiles"], "an outage of the bucket is waited for, but not for ever")
	require.Greater(t, limits["Report"], leftFilesTimeout, "what was deleted has to be told")
}
