package workflows

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

func TestAnUndisturbedRequestGoesThroughEveryStepInOrder(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.plan = func(round int) ([]int, error) { return inRound1(round, 1), nil }
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, activities.FinishResult{Status: offhours.StatusSuccess, Outcomes: offhours.Outcomes{Deleted: 30}}, result)
	require.Equal(t, []string{"Schedule", "Begin", "Plan 1", "Export 1", "Verify 1", "Seal 1", "Delete 1", "Plan 2", "RemoveFiles", "ProveGone", "Fence", "Report", "Finish"}, l.steps)
	require.Nil(t, l.fenced, "the work came to its end")
	require.Equal(t, []offhours.NoticeKind{offhours.NoticeCreated, offhours.NoticeSuccess}, l.mails)
}

func TestDeleteOnlyGoesThroughTheSameSteps(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.in.RequestType = offhours.DeleteOnly
	l.plan = func(round int) ([]int, error) { return inRound1(round, 1), nil }
	_, err := l.run()
	require.NoError(t, err)
	require.Equal(t, []string{"Schedule", "Begin", "Plan 1", "Export 1", "Verify 1", "Seal 1", "Delete 1", "Plan 2", "RemoveFiles", "ProveGone", "Fence", "Report", "Finish"}, l.steps)
}

func TestWithoutPartsARequestSucceedsAndDeletesNothing(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.plan = func(int) ([]int, error) { return nil, nil }
	l.finish = func() (activities.FinishResult, error) {
		return activities.FinishResult{Status: offhours.StatusSuccess, Outcomes: offhours.Outcomes{KeptChanged: 30}}, nil
	}
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, 30, result.Outcomes.KeptChanged)
	require.Equal(t, []string{"Schedule", "Begin", "Plan 1", "Seal 1", "Plan 2", "RemoveFiles", "ProveGone", "Fence", "Report", "Finish"}, l.steps)
}

func TestNothingIsDeletedBeforeEveryPartIsVerifiedAndSealed(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.plan = func(round int) ([]int, error) { return inRound1(round, 1, 2, 3, 4, 5), nil }
	_, err := l.run()
	require.NoError(t, err)
	for _, part := range []string{"1", "2", "3", "4", "5"} {
		require.Less(t, l.place("Plan 1"), l.place("Export "+part))
		require.Less(t, l.place("Export "+part), l.place("Verify "+part))
		require.Less(t, l.place("Verify "+part), l.place("Seal 1"))
		require.Less(t, l.place("Seal 1"), l.place("Delete "+part))
		require.Less(t, l.place("Delete "+part), l.place("Plan 2"))
	}
	require.Len(t, l.steps, 2+1+5*2+1+5+1+1+1+3, "and each step is done once")
}

// place is the position of a step that was done exactly once.
func (l *life) place(step string) int {
	l.Helper()
	at := slices.Index(l.steps, step)
	require.GreaterOrEqual(l, at, 0, "%s in %v", step, l.steps)
	require.NotContains(l, l.steps[at+1:], step)
	return at
}

func TestItWaitsForTheInstantThatTheDatabaseNames(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	var begun time.Time
	l.begin = func() (offhours.Timing, error) { begun = l.env.Now(); return l.begun(), nil }
	l.at(opens.Add(-time.Second), func() {
		require.Equal(t, []string{"Schedule"}, l.steps, "asked once, then quiet")
		require.Equal(t, offhours.StatusInQueue, l.view().Status)
	})
	_, err := l.run()
	require.NoError(t, err)
	require.Equal(t, opens, begun.UTC())
}
