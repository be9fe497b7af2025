package workflows

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

// closes runs CloseRequest on the life's outside.
func (l *life) closes() (result activities.FinishResult) {
	l.Helper()
	l.env.ExecuteWorkflow(CloseRequestName, ref)
	require.NoError(l, l.env.GetWorkflowError())
	require.NoError(l, l.env.GetWorkflowResult(&result))
	return result
}

func TestARequestWhoseWorkflowIsGoneIsFencedReportedAndFailed(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.status = offhours.StatusInProgress

	result := l.closes()

	require.Equal(t, []string{"Fence", "RemoveFiles", "Report", "Finish"}, l.steps, "nothing that has begun is begun again")
	require.Equal(t, offhours.Terminated(), l.fenced)
	require.Equal(t, offhours.StatusFailed, result.Status)
	require.Equal(t, []offhours.NoticeKind{offhours.NoticeFailed}, l.mails)
}

func TestClosingOutlastsAnOutage(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.status = offhours.StatusInProgress
	tries := 0
	l.report = func() error {
		if tries++; tries < 5 {
			return errors.New("the bucket is away")
		}
		return nil
	}

	require.Equal(t, offhours.StatusFailed, l.closes().Status)
	require.Equal(t, 5, tries)
}

// Its work may have come to its end in the moment when it was terminated.
func TestClosingARequestThatWasDoneAnnouncesItsSuccess(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.finish = func() (activities.FinishResult, error) {
		return activities.FinishResult{Status: offhours.StatusSuccess, Outcomes: offhours.Outcomes{Deleted: 30}}, nil
	}

	require.Equal(t, offhours.StatusSuccess, l.closes().Status)
	require.Equal(t, []offhours.NoticeKind{offhours.NoticeSuccess}, l.mails)
}

func TestThePurgeGoesOnWhereTheCallBeforeEnded(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	var purge *activities.Purge
	var after []string
	l.env.OnActivity(purge.Exports, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.PurgeInput) (activities.PurgeResult, error) {
		after = append(after, in.After.RequestID)
		last := offhours.Purgeable{RequestRef: offhours.RequestRef{RequestID: "r" + string(rune('0'+len(after)))}}
		return activities.PurgeResult{Requests: 100, Files: 300, Failed: 1, Last: last, More: len(after) < 3}, nil
	})

	l.env.ExecuteWorkflow(PurgeExportsName)

	require.NoError(t, l.env.GetWorkflowError())
	var result activities.PurgeResult
	require.NoError(t, l.env.GetWorkflowResult(&result))
	require.Equal(t, []string{"", "r1", "r2"}, after)
	require.Equal(t, 300, result.Requests)
	require.Equal(t, 900, result.Files)
	require.Equal(t, 3, result.Failed)
}

func TestAPurgeThatNeverEndsLeavesTheRestToTheNextOne(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	var purge *activities.Purge
	calls := 0
	l.env.OnActivity(purge.Exports, mock.Anything, mock.Anything).Return(func(context.Context, activities.PurgeInput) (activities.PurgeResult, error) {
		calls++
		return activities.PurgeResult{More: true}, nil
	})

	l.env.ExecuteWorkflow(PurgeExportsName)

	require.NoError(t, l.env.GetWorkflowError())
	require.Equal(t, maxPurges, calls)
}

func TestIDsOfRequestsAreReadBack(t *testing.T) {
	t.Parallel()
	got, ok := ParseBulkRequestID(BulkRequestID(ref))
	require.True(t, ok)
	require.Equal(t, ref, got)
	for _, id := range []string{"", "bulk/", "bulk/7", "bulk/x/" + ref.RequestID, "bulk/07/" + ref.RequestID, "mail/7/" + ref.RequestID, "my/own"} {
		_, ok := ParseBulkRequestID(id)
		require.False(t, ok, id)
	}
}
