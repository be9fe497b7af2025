package workflows

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

const anything = mock.Anything

var errAlreadyStarted = testsuite.ErrMockStartChildWorkflowFailed

func TestDeliverNoticesDeliversItsKindOnce(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.env.ExecuteWorkflow(DeliverNoticesName, NoticesInput{RequestRef: ref, Kind: offhours.NoticeFailed})
	require.NoError(t, l.env.GetWorkflowError())
	require.Equal(t, []offhours.NoticeKind{offhours.NoticeFailed}, l.mails)
}

func TestDeliverNoticesWaitsOutAMailServer(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	var tries []time.Time
	l.deliver = func(offhours.NoticeKind) error {
		if tries = append(tries, l.env.Now()); len(tries) < 10 {
			return errors.New("no credits")
		}
		return nil
	}
	l.env.ExecuteWorkflow(DeliverNoticesName, NoticesInput{RequestRef: ref, Kind: offhours.NoticeSuccess})
	require.NoError(t, l.env.GetWorkflowError())
	require.Len(t, l.mails, 1)
	require.Equal(t, 5*time.Second, tries[1].Sub(tries[0]).Round(time.Second))
	require.Equal(t, 15*time.Minute, tries[9].Sub(tries[8]).Round(time.Second), "no longer than that between two tries")
}

func TestMailsNeverDelayARequest(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.scheduled(created)
	var finished time.Time
	l.finish = func() (activities.FinishResult, error) { finished = l.env.Now(); return l.finished(), nil }
	l.deliver = func(offhours.NoticeKind) error {
		if l.env.Now().Before(created.Add(time.Minute)) {
			return errors.New("no credits")
		}
		return nil
	}
	_, err := l.run()
	require.NoError(t, err)
	require.WithinDuration(t, created, finished, time.Second)
	require.ElementsMatch(t, []offhours.NoticeKind{offhours.NoticeCreated, offhours.NoticeSuccess}, l.mails, "and arrive all the same")
}

func TestMailsThatCannotBeStartedDoNotStopARequest(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.env.OnWorkflow(DeliverNoticesName, mock.Anything, mock.Anything).Return(errors.New("no such workflow type"))
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusSuccess, result.Status)
}

func TestMailsAreChildrenThatOutliveTheirRequest(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	var ids, queues []string
	l.env.SetOnChildWorkflowStartedListener(func(info *workflow.Info, _ workflow.Context, _ converter.EncodedValues) {
		ids = append(ids, info.WorkflowExecution.ID)
		queues = append(queues, info.TaskQueueName)
	})
	l.env.SetOnChildWorkflowCanceledListener(func(info *workflow.Info) { require.Fail(t, "a mail was cancelled", info.WorkflowExecution.ID) })
	_, err := l.run()
	require.NoError(t, err)
	require.Equal(t, []string{NoticesID(ref, offhours.NoticeCreated), NoticesID(ref, offhours.NoticeSuccess)}, ids)
	require.Equal(t, []string{ControlQueue, ControlQueue}, queues)
}

func TestStepsRunOnTheQueueOfTheirKind(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	queues := map[string]string{}
	l.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		queues[info.ActivityType.Name] = info.TaskQueue
		if info.TaskQueue == BulkQueue {
			require.Equal(t, heartbeatTimeout, info.HeartbeatTimeout)
		}
	})
	_, err := l.run()
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"ScheduleStart": ControlQueue, "Begin": ControlQueue, "Fence": ControlQueue, "Finish": ControlQueue,
		"Plan": BulkQueue, "ArchiveParts": BulkQueue, "Seal": BulkQueue,
		"DeleteParts": BulkQueue, "RemoveFiles": BulkQueue, "ProveGone": BulkQueue, "Report": BulkQueue, "Deliver": MailQueue,
	}, queues)
}

func TestBulkStepsOfDifferentAccountsTakeTurnsAndStopAtTheEdgeOfABatch(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.env.ExecuteWorkflow(func(ctx workflow.Context) (string, error) {
		options := workflow.GetActivityOptions(onBulk(ctx, ref, "Delete part 1"))
		if !options.WaitForCancellation || options.Summary != "Delete part 1" {
			return "", errors.New("not the options of a bulk step")
		}
		return options.Priority.FairnessKey, nil
	})
	var key string
	require.NoError(t, l.env.GetWorkflowResult(&key))
	require.Equal(t, "7", key)
}
