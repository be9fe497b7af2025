package workflows

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

// typed is how an activity reports a failure of the domain.
func typed(failure *offhours.Failure) error {
	return temporal.NewNonRetryableApplicationError(failure.Detail, activities.TypeFailure, nil, *failure)
}

func ended() error {
	return temporal.NewNonRetryableApplicationError("the request has ended", activities.TypeEnded, nil)
}

// requireFailedWith tests that the workflow failed as its request did.
func requireFailedWith(t *testing.T, err error, want offhours.Failure) {
	t.Helper()
	var application *temporal.ApplicationError
	require.ErrorAs(t, err, &application)
	require.Equal(t, string(want.Code), application.Type())
	require.Equal(t, want.Detail, application.Message())
	require.True(t, application.NonRetryable())
}

func TestAFailureOfAnyStepBecomesTheRequests(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		failure *offhours.Failure
		at      func(l *life, err error)
		last    string // step before the end
	}{
		"the plan": {offhours.MoreThanConfirmed(31, 30), func(l *life, err error) {
			l.plan = func(int) ([]int, error) { return nil, err }
		}, "Plan 1"},
		"an export": {&offhours.Failure{Code: offhours.FailureSchemaChanged, Detail: "The tables changed."}, func(l *life, err error) {
			l.export = func(int) (activities.PartResult, error) { return activities.PartResult{}, err }
		}, "Export 1"},
		"a verification": {&offhours.Failure{Code: offhours.FailureSchemaChanged, Detail: "The tables changed."}, func(l *life, err error) {
			l.verify = func(int) (activities.PartResult, error) { return activities.PartResult{}, err }
		}, "Verify 1"},
		"the seal": {offhours.TooLateToDelete(), func(l *life, err error) {
			l.seal = func(int) (activities.SealResult, error) { return activities.SealResult{}, err }
		}, "Seal 1"},
		"a deletion": {&offhours.Failure{Code: offhours.FailureArchiveChanged, Detail: "A file is missing."}, func(l *life, err error) {
			l.delete = func(int) (activities.PartResult, error) { return activities.PartResult{}, err }
		}, "Delete 1"},
		"a further round": {&offhours.Failure{Code: offhours.FailureSchemaChanged, Detail: "The tables changed."}, func(l *life, err error) {
			l.plan = func(round int) ([]int, error) {
				if round == 2 {
					return nil, err
				}
				return []int{1}, nil
			}
		}, "Plan 2"},
		"the proof": {&offhours.Failure{Code: offhours.FailureNotGone, Detail: "Still there."}, func(l *life, err error) {
			l.proveGone = func() error { return err }
		}, "ProveGone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLife(t)
			l.plan = func(round int) ([]int, error) { return inRound1(round, 1), nil }
			c.at(l, typed(c.failure))
			_, err := l.run()
			requireFailedWith(t, err, *c.failure)
			require.Equal(t, c.failure, l.fenced)
			require.Equal(t, []string{c.last, "Fence", "RemoveFiles", "Report", "Finish"}, l.steps[len(l.steps)-5:])
			require.Equal(t, c.failure, l.view().Failure)
			require.Equal(t, c.failure.Detail, l.view().StatusDetail)
			require.Equal(t, []offhours.NoticeKind{offhours.NoticeCreated, offhours.NoticeFailed}, l.mails)
		})
	}
}

func TestWhatAPartHadDeletedStaysCountedWhenItFails(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.plan = func(round int) ([]int, error) { return inRound1(round, 1), nil }
	l.delete = func(part int) (activities.PartResult, error) {
		if l.count("Delete 1") == 1 {
			return activities.PartResult{Rows: 10, Deleted: 4, WindowClosed: true}, nil
		}
		return activities.PartResult{}, typed(offhours.TooLateToDelete())
	}
	_, err := l.run()
	requireFailedWith(t, err, *offhours.TooLateToDelete())
	require.Equal(t, 4, l.view().Progress.Deleted)
}

func TestARequestEndedByAnotherHandIsOnlyReportedAndClosed(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	terminated := &offhours.Failure{Code: offhours.FailureInternal, Detail: "Its workflow was terminated."}
	l.delete = func(int) (activities.PartResult, error) { return activities.PartResult{}, ended() }
	l.finish = func() (activities.FinishResult, error) {
		return activities.FinishResult{Status: offhours.StatusFailed, Failure: terminated}, nil
	}
	_, err := l.run()
	requireFailedWith(t, err, *terminated)
	require.Equal(t, offhours.FailureInternal, l.fenced.Code, "which the database ignores, because the first fence decides")
	require.Equal(t, []string{"Fence", "RemoveFiles", "Report", "Finish"}, l.steps[len(l.steps)-4:])
}

func TestARequestThatIsNoMoreEndsItsWorkflow(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.scheduleStart = func() (offhours.Timing, error) { return offhours.Timing{}, ended() }
	l.report = ended
	_, err := l.run()
	require.ErrorContains(t, err, "the request has ended")
	require.Equal(t, []string{"Schedule", "Fence", "RemoveFiles", "Report"}, l.steps)
}

func TestAnUnknownFatalErrorIsAnInternalFailureWithoutItsText(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.export = func(int) (activities.PartResult, error) {
		return activities.PartResult{}, temporal.NewNonRetryableApplicationError("secret of john@example.com", "Other", nil)
	}
	_, err := l.run()
	requireFailedWith(t, err, *l.fenced)
	require.Equal(t, offhours.FailureInternal, l.fenced.Code)
	require.NotContains(t, l.fenced.Detail, "secret")
}

func TestOutagesAreWaitedOutInEveryStep(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.plan = func(round int) ([]int, error) { return inRound1(round, 1), l.outage("Plan 1") }
	l.export = func(int) (activities.PartResult, error) { return tenRows(), l.outage("Export 1") }
	l.verify = func(int) (activities.PartResult, error) { return tenRows(), l.outage("Verify 1") }
	l.seal = func(int) (activities.SealResult, error) { return activities.SealResult{}, l.outage("Seal 1") }
	l.delete = func(int) (activities.PartResult, error) { return deleted(10), l.outage("Delete 1") }
	l.removeFiles = func() (activities.RemoveResult, error) { return activities.RemoveResult{}, l.outage("RemoveFiles") }
	l.proveGone = func() error { return l.outage("ProveGone") }
	l.fence = func() error { return l.outage("Fence") }
	l.report = func() error { return l.outage("Report") }
	l.finish = func() (activities.FinishResult, error) { return l.finished(), l.outage("Finish") }
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusSuccess, result.Status)
	for _, step := range []string{"Plan 1", "Export 1", "Verify 1", "Seal 1", "Delete 1", "RemoveFiles", "ProveGone", "Fence", "Report", "Finish"} {
		tries := 4
		if step == "Export 1" {
			tries += 3 // it is asked again with each try of "Verify 1"
		}
		require.Equal(t, tries, l.count(step), step)
	}
}

// outage fails the first three tries of a step.
func (l *life) outage(step string) error {
	if l.count(step) <= 3 {
		return errors.New("connection refused")
	}
	return nil
}

func TestAnIncompleteRequestFailsItsWorkflow(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	incomplete := &offhours.Failure{Code: offhours.FailureIncomplete, Detail: "2 of 30 records could not be deleted. The report lists them."}
	l.finish = func() (activities.FinishResult, error) {
		return activities.FinishResult{Status: offhours.StatusFailed, Outcomes: offhours.Outcomes{Deleted: 28, Failed: 2}, Failure: incomplete}, nil
	}
	_, err := l.run()
	requireFailedWith(t, err, *incomplete)
	require.Equal(t, 28, l.view().Outcomes.Deleted)
	require.Empty(t, l.view().Progress.Phase)
}

func TestAStepOfTheEndThatCannotBeDoneFailsTheWorkflowWithoutAnotherEnd(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(l *life){
		"Fence":  func(l *life) { l.fence = ended },
		"Report": func(l *life) { l.report = ended },
		"Finish": func(l *life) {
			l.finish = func() (activities.FinishResult, error) { return activities.FinishResult{}, ended() }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLife(t)
			spoil(l)
			_, err := l.run()
			require.ErrorContains(t, err, "the request has ended")
			require.Equal(t, name, l.steps[len(l.steps)-1])
			require.Equal(t, []offhours.NoticeKind{offhours.NoticeCreated}, l.mails, "nothing is announced that did not happen")
		})
	}
}
