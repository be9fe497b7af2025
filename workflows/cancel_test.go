package workflows

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

func requireCancelled(t *testing.T, err error) {
	t.Helper()
	var cancelled *temporal.CanceledError
	require.ErrorAs(t, err, &cancelled)
}

var cancelledByAnOperator = &offhours.Failure{
	Code: offhours.FailureCancelled, Detail: "The request was cancelled by an operator while it ran.",
}

func TestCancellingAQueuedRequestRevokesIt(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.at(created.Add(time.Hour), l.env.CancelWorkflow)
	_, err := l.run()
	requireCancelled(t, err)
	require.Equal(t, []string{"Schedule", "Revoke by an operator: the workflow was cancelled"}, l.steps)
	require.Equal(t, offhours.StatusRevoked, l.view().Status)
	require.Equal(t, []offhours.NoticeKind{offhours.NoticeCreated, offhours.NoticeRevoked}, l.mails)
}

func TestCancellingBeforeTheWindowIsKnownRevokes(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.takes["Schedule"] = time.Minute
	l.at(created.Add(time.Second), l.env.CancelWorkflow)
	_, err := l.run()
	requireCancelled(t, err)
	require.Equal(t, offhours.StatusRevoked, l.view().Status)
	requireNoStep(t, l, "Begin")
	require.Equal(t, []offhours.NoticeKind{offhours.NoticeCreated, offhours.NoticeRevoked}, l.mails)
}

func TestCancellingInAnOutageRevokesOnceTheDatabaseAnswers(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	tries := 0
	l.revoke = func() (offhours.Status, error) {
		if tries++; tries < 5 {
			return "", errors.New("connection refused")
		}
		return l.revoked(), nil
	}
	l.at(created.Add(time.Hour), l.env.CancelWorkflow)
	_, err := l.run()
	requireCancelled(t, err)
	require.Equal(t, offhours.StatusRevoked, l.status)
}

func TestCancellingAQueuedRequestThatJustBeganFailsIt(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.revoke = func() (offhours.Status, error) { l.begun(); return l.status, nil }
	l.at(created.Add(time.Hour), l.env.CancelWorkflow)
	_, err := l.run()
	requireCancelled(t, err)
	require.Equal(t, []string{"Schedule", "Revoke by an operator: the workflow was cancelled", "Fence", "RemoveFiles", "Report", "Finish"}, l.steps)
	require.Equal(t, cancelledByAnOperator, l.fenced)
	require.Equal(t, offhours.StatusFailed, l.view().Status)
	require.Equal(t, []offhours.NoticeKind{offhours.NoticeCreated, offhours.NoticeFailed}, l.mails)
}

func TestCancellingWhileBeginIsUnderWayFailsWhatHasBegun(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.takes["Begin"] = time.Minute
	l.revoke = func() (offhours.Status, error) { l.begun(); return l.status, nil }
	l.at(opens.Add(time.Second), l.env.CancelWorkflow)
	_, err := l.run()
	requireCancelled(t, err)
	require.Equal(t, cancelledByAnOperator, l.fenced)
	requireNoStep(t, l, "Plan")
}

func TestCancellingARevokedRequestChangesNothing(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.takes["Revoke"] = time.Minute
	l.at(created.Add(time.Hour), func() { l.env.SignalWorkflow(RevokeName, "support") })
	l.at(created.Add(time.Hour+time.Second), l.env.CancelWorkflow)
	_, err := l.run()
	requireCancelled(t, err)
	require.Equal(t, offhours.StatusRevoked, l.status)
	requireNoStep(t, l, "Fence")
}

// requireFailedAsCancelled tests what has to hold wherever the work was cut off.
func requireFailedAsCancelled(t *testing.T, l *life, err error) {
	t.Helper()
	requireCancelled(t, err)
	require.Equal(t, cancelledByAnOperator, l.fenced)
	require.Equal(t, []string{"Fence", "RemoveFiles", "Report", "Finish"}, l.steps[len(l.steps)-4:])
	require.Equal(t, offhours.StatusFailed, l.view().Status)
	require.Equal(t, []offhours.NoticeKind{offhours.NoticeCreated, offhours.NoticeFailed}, l.mails)
	require.Equal(t, "failed", l.statuses[len(l.statuses)-1])
	requireNoStep(t, l, "ProveGone")
}

func TestCancellingWhileExportingDeletesNothing(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.takes["Export"] = time.Second
	l.at(opens.Add(1500*time.Millisecond), l.env.CancelWorkflow)
	_, err := l.run()
	requireFailedAsCancelled(t, l, err)
	requireNoStep(t, l, "Seal")
	requireNoStep(t, l, "Delete")
}

func TestCancellingWhileDeletingBeginsNoFurtherPart(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.takes["Delete"] = time.Second
	l.at(opens.Add(500*time.Millisecond), l.env.CancelWorkflow)
	_, err := l.run()
	requireFailedAsCancelled(t, l, err)
	require.NotContains(t, l.steps, "Delete 3")
	require.NotContains(t, l.steps, "Plan 2")
}

func TestCancellingWhilePausedDoesNotWaitForTheWindow(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.export = func(int) (activities.PartResult, error) { return windowClosed, nil }
	l.resume = func() (offhours.Timing, error) {
		return offhours.Timing{Status: offhours.StatusInProgress, At: opens.Add(24 * time.Hour)}, nil
	}
	l.at(opens.Add(time.Hour), l.env.CancelWorkflow)
	_, err := l.run()
	requireFailedAsCancelled(t, l, err)
	require.WithinDuration(t, opens.Add(time.Hour), l.env.Now(), time.Minute)
}

func TestCancellingAfterTheWorkIsDoneChangesNothing(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.takes["Finish"] = time.Second
	l.at(opens.Add(500*time.Millisecond), l.env.CancelWorkflow)
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusSuccess, result.Status)
	require.Nil(t, l.fenced)
}

func TestMailsAreNotCancelledWithTheirRequest(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	tries := 0
	l.deliver = func(kind offhours.NoticeKind) error { // nobody accepts the mail for a while
		if tries++; kind == offhours.NoticeCreated && tries < 8 {
			return errors.New("no credits")
		}
		return nil
	}
	l.at(created.Add(10*time.Second), l.env.CancelWorkflow)
	_, err := l.run()
	requireCancelled(t, err)
	require.ElementsMatch(t, []offhours.NoticeKind{offhours.NoticeCreated, offhours.NoticeRevoked}, l.mails)
}

func TestCancellingWhileTheStartWaitsForARevokeRevokes(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.takes["Revoke"] = time.Minute
	l.at(opens.Add(-time.Second), func() { l.env.SignalWorkflow(RevokeName, "support") })
	l.at(opens.Add(time.Second), l.env.CancelWorkflow)
	_, err := l.run()
	requireCancelled(t, err)
	require.Equal(t, offhours.StatusRevoked, l.status)
	requireNoStep(t, l, "Begin")
}

func TestCancellingARequestThatIsNoMoreEndsItsWorkflow(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.revoke = func() (offhours.Status, error) { return "", ended() }
	l.report = ended
	l.at(created.Add(time.Hour), l.env.CancelWorkflow)
	_, err := l.run()
	require.ErrorContains(t, err, "the request has ended")
	requireNoStep(t, l, "Plan")
}
