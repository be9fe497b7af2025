package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

// A workflow that is reset, or started once more, runs from the top against a
// database that knows better. These tests are such runs.

func TestARunThatFindsItsRequestInProgressGoesOnWithTheWork(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.status = offhours.StatusInProgress
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusSuccess, result.Status)
	require.Equal(t, []string{"Schedule", "Plan 1"}, l.steps[:2], "without beginning it again, and at once")
	require.Equal(t, []string{"in_queue", "in_progress", "success"}, l.statuses)
	require.Nil(t, l.view().StartsAt)
}

func TestARunThatFindsItsRequestEndedTouchesNothing(t *testing.T) {
	t.Parallel()
	for _, status := range []offhours.Status{offhours.StatusSuccess, offhours.StatusFailed, offhours.StatusRevoked} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			l := newLife(t)
			l.status = status
			l.finish = func() (activities.FinishResult, error) {
				end := activities.FinishResult{Status: status}
				if status == offhours.StatusFailed {
					end.Failure = offhours.TooLateToDelete()
				}
				return end, nil
			}
			_, err := l.run()
			if status == offhours.StatusFailed {
				require.ErrorContains(t, err, offhours.TooLateToDelete().Detail)
			} else {
				require.NoError(t, err)
			}
			if status == offhours.StatusRevoked {
				require.Equal(t, []string{"Schedule"}, l.steps)
			} else {
				require.Equal(t, []string{"Schedule", "Finish"}, l.steps, "which reads how it ended")
			}
			require.WithinDuration(t, created, l.env.Now(), time.Minute)
			require.Equal(t, status, l.view().Status)
			require.Equal(t, []string{"in_queue", string(status)}, l.statuses)
		})
	}
}

func TestARunThatFindsItsRequestRevokedWhenItBeginsEndsAsRevoked(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.begin = func() (offhours.Timing, error) { // by another run, in the meantime
		l.status = offhours.StatusRevoked
		return l.timing(time.Time{}), nil
	}
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusRevoked, result.Status)
	require.Equal(t, []string{"Schedule", "Begin"}, l.steps)
}

func TestMailsThatAnEarlierRunStartedAreLeftAlone(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.env.OnWorkflow(DeliverNoticesName, anything, NoticesInput{RequestRef: ref, Kind: offhours.NoticeCreated}).Return(errAlreadyStarted)
	l.env.OnWorkflow(DeliverNoticesName, anything, NoticesInput{RequestRef: ref, Kind: offhours.NoticeSuccess}).
		Return(func(workflow.Context, NoticesInput) error { return nil })
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusSuccess, result.Status)
	l.env.AssertWorkflowNumberOfCalls(t, DeliverNoticesName, 2)
}
