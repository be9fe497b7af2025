package workflows

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

// update is what became of a revoke by update.
type update struct {
	accepted, ended bool
	rejected, err   error
	status          any
}

func (u *update) Accept()          { u.accepted = true }
func (u *update) Reject(err error) { u.rejected = err }
func (u *update) Complete(status any, err error) {
	u.status, u.err, u.ended = status, err, true
}

func (l *life) updateAt(when time.Time, id string, payload Revoke) *update {
	u := &update{}
	l.at(when, func() { l.env.UpdateWorkflow(RevokeName, id, u, payload) })
	return u
}

func requireTooLate(t *testing.T, err error) {
	t.Helper()
	var application *temporal.ApplicationError
	require.ErrorAs(t, err, &application)
	require.Equal(t, TypeTooLate, application.Type())
	require.True(t, application.NonRetryable())
}

func TestAQueuedRequestIsRevokedByUpdate(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	u := l.updateAt(created.Add(time.Hour), "1", Revoke{By: "u-1", Reason: "wrong range"})
	result, err := l.run()
	require.NoError(t, err, "the workflow of a revoked request completes")
	require.Equal(t, activities.FinishResult{Status: offhours.StatusRevoked, Outcomes: offhours.Outcomes{NotProcessed: 30}}, result)
	require.True(t, u.accepted)
	require.NoError(t, u.err)
	require.Equal(t, offhours.StatusRevoked, u.status)
	require.Equal(t, []string{"Schedule", "Revoke by u-1: wrong range"}, l.steps, "nothing else is touched")
	require.Equal(t, []offhours.NoticeKind{offhours.NoticeCreated, offhours.NoticeRevoked}, l.mails)
	require.Equal(t, "u-1", *l.view().RevokedBy)
}

func TestRevokingTwiceAnswersRevokedTwice(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.takes["Revoke"] = time.Minute
	first := l.updateAt(created.Add(time.Hour), "1", Revoke{By: "u-1"})
	second := l.updateAt(created.Add(time.Hour+time.Second), "2", Revoke{By: "u-2"})
	_, err := l.run()
	require.NoError(t, err)
	for _, u := range []*update{first, second} {
		require.True(t, u.ended, "the workflow ends after its answers")
		require.NoError(t, u.err)
		require.Equal(t, offhours.StatusRevoked, u.status)
	}
	require.Equal(t, "u-1", *l.view().RevokedBy, "the first one did it")
	require.Equal(t, []offhours.NoticeKind{offhours.NoticeCreated, offhours.NoticeRevoked}, l.mails)
}

func TestARunningRequestRefusesRevokesWithoutAskingTheDatabase(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.takes["Export"] = time.Minute
	u := l.updateAt(opens.Add(time.Second), "1", Revoke{By: "u-1"})
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusSuccess, result.Status)
	require.False(t, u.accepted)
	requireTooLate(t, u.rejected)
	requireNoStep(t, l, "Revoke")
}

func requireNoStep(t *testing.T, l *life, prefix string) {
	t.Helper()
	for _, step := range l.steps {
		require.False(t, strings.HasPrefix(step, prefix), "%v", l.steps)
	}
}

func TestARevokeThatLosesTheRaceInTheDatabaseIsTooLate(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.takes["Begin"] = time.Minute // the answer is under way when the revoke comes
	l.takes["Revoke"] = time.Second
	l.revoke = func() (offhours.Status, error) { l.begun(); return l.status, nil }
	u := l.updateAt(opens.Add(time.Second), "1", Revoke{By: "u-1"})
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusSuccess, result.Status)
	require.True(t, u.accepted)
	requireTooLate(t, u.err)
}

func TestARevokeThatWinsTheRaceInTheDatabaseStopsTheStart(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.takes["Begin"] = time.Minute
	l.takes["Revoke"] = time.Second
	u := l.updateAt(opens.Add(time.Second), "1", Revoke{By: "u-1"})
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusRevoked, result.Status)
	require.NoError(t, u.err)
	require.Equal(t, []string{"Schedule", "Revoke by u-1: ", "Begin"}, l.steps)
}

func TestARevokeWhileTheWindowIsLookedForIsNotForgotten(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.takes["Schedule"] = time.Minute
	answers := 0
	l.scheduleStart = func() (offhours.Timing, error) { // read before the revoke, delivered after it
		answers++
		return offhours.Timing{Status: offhours.StatusInQueue, At: opens}, nil
	}
	l.updateAt(created.Add(time.Second), "1", Revoke{By: "u-1"})
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusRevoked, result.Status)
	require.Equal(t, []string{"Revoke by u-1: ", "Schedule"}, l.steps)
	require.WithinDuration(t, created, l.env.Now(), time.Hour, "the workflow does not wait for the window of a revoked request")
	require.Equal(t, []string{"in_queue", "revoked"}, l.statuses)
}

func TestALateAnswerToARevokeDoesNotReopenAnEndedRequest(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.takes["Revoke"] = time.Minute
	l.takes["Begin"] = time.Second
	l.revoke = func() (offhours.Status, error) { return offhours.StatusInProgress, nil }
	l.plan = func(int) ([]int, error) { return nil, nil }
	l.updateAt(opens.Add(500*time.Millisecond), "1", Revoke{By: "u-1"})
	_, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusSuccess, l.view().Status)
	require.Equal(t, []string{"in_queue", "in_progress", "success"}, l.statuses)
}

func TestARevokeIsTriedAgainUntilTheDatabaseAnswers(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	tries := 0
	l.revoke = func() (offhours.Status, error) {
		if tries++; tries < 5 {
			return "", errors.New("connection refused")
		}
		return l.revoked(), nil
	}
	u := l.updateAt(opens.Add(-time.Second), "1", Revoke{By: "u-1"})
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusRevoked, result.Status, "the start waited for the answer though the window opened")
	require.NoError(t, u.err)
	requireNoStep(t, l, "Begin")
}

func TestARevokeOfARequestThatIsNoMoreReturnsItsError(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.revoke = func() (offhours.Status, error) {
		return "", temporal.NewNonRetryableApplicationError("gone", activities.TypeEnded, nil)
	}
	u := l.updateAt(created.Add(time.Hour), "1", Revoke{By: "u-1"})
	result, err := l.run()
	require.NoError(t, err)
	require.ErrorContains(t, u.err, "gone")
	require.Equal(t, offhours.StatusSuccess, result.Status, "which ends nothing")
}

func TestAStartThatARevokeLearntOfIsNotForgotten(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.takes["Schedule"] = time.Minute
	l.scheduleStart = func() (offhours.Timing, error) { // read before the start by an earlier run, delivered after it
		return offhours.Timing{Status: offhours.StatusInQueue, At: opens}, nil
	}
	l.revoke = func() (offhours.Status, error) { return offhours.StatusInProgress, nil }
	u := l.updateAt(created.Add(time.Second), "1", Revoke{By: "u-1"})
	_, err := l.run()
	require.NoError(t, err)
	requireTooLate(t, u.err)
	require.Equal(t, []string{"Revoke by u-1: ", "Schedule", "Plan 1"}, l.steps[:3])
	require.Equal(t, []string{"in_queue", "in_progress", "success"}, l.statuses)
}
