package activities_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

// deleting is a step that a test writes, with who began it and who ended it.
type deleting struct {
	step func(part int) (activities.PartResult, error)

	mu              sync.Mutex
	began           []int
	underWay        int
	twoAreUnderWay  chan struct{}
	closeTwoAreOnce sync.Once
}

func (d *deleting) DeletePart(_ context.Context, in activities.PartInput) (activities.PartResult, error) {
	d.mu.Lock()
	d.began = append(d.began, in.Part)
	d.underWay++
	if d.underWay == 2 {
		d.closeTwoAreOnce.Do(func() { close(d.twoAreUnderWay) })
	}
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.underWay--
	}()
	return d.step(in.Part)
}

// deleteParts has parts deleted by a step.
func deleteParts(t *testing.T, parts *activities.Parts, d *deleting, numbers ...int) (result activities.PartsResult, err error) {
	t.Helper()
	d.twoAreUnderWay = make(chan struct{})
	parts.Deleting = d
	env := new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment()
	env.RegisterActivity(parts)
	value, err := env.ExecuteActivity(parts.DeleteParts, activities.PartsInput{Parts: numbers})
	if err == nil {
		require.NoError(t, value.Get(&result))
	}
	return result, err
}

func done(part int) (activities.PartResult, error) {
	return activities.PartResult{Part: part, Rows: 10, Deleted: 10}, nil
}

func TestTwoPartsAreUnderWayAtATimeAndNeverThree(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, mayEnd := &deleting{}, make(chan struct{})
		d.step = func(part int) (activities.PartResult, error) {
			<-mayEnd
			return done(part)
		}
		var result activities.PartsResult
		ended := make(chan error)
		go func() {
			var err error
			result, err = deleteParts(t, &activities.Parts{Turn: time.Hour}, d, 1, 2, 3, 4, 5, 6)
			ended <- err
		}()

		for range 3 {
			synctest.Wait() // nobody begins another one
			require.Equal(t, 2, d.underWay)
			mayEnd <- struct{}{}
			mayEnd <- struct{}{}
		}

		require.NoError(t, <-ended)
		require.Len(t, result.Parts, 6)
		require.Empty(t, result.Left)
		for _, part := range result.Parts {
			require.Equal(t, activities.PartResult{Part: part.Part, Rows: 10, Deleted: 10}, part)
		}
	})
}

func TestAStepThatPanicsFailsItsActivityAlone(t *testing.T) {
	t.Parallel()
	d := &deleting{step: func(int) (activities.PartResult, error) { panic("secret of a record") }}

	_, err := deleteParts(t, &activities.Parts{}, d, 1, 2, 3)

	require.ErrorContains(t, err, "an activity panicked")
	require.NotContains(t, err.Error(), "secret")
	require.NotContains(t, d.began, 3)
}

func TestATurnThatIsOverBeginsNoOtherPart(t *testing.T) {
	t.Parallel()
	d := &deleting{step: done}

	result, err := deleteParts(t, &activities.Parts{Lanes: 1, Turn: time.Nanosecond}, d, 4, 2, 3)

	require.NoError(t, err)
	require.Equal(t, []int{4}, d.began, "but one: a turn must not come to nothing")
	require.Equal(t, activities.PartsResult{Parts: []activities.PartResult{{Part: 4, Rows: 10, Deleted: 10}}, Left: []int{2, 3}}, result)
}

func TestAFailedPartLetsItsNeighbourEndAndBeginsNoOther(t *testing.T) {
	t.Parallel()
	failed := make(chan struct{})
	d := &deleting{}
	ended := false
	d.step = func(part int) (activities.PartResult, error) {
		<-d.twoAreUnderWay
		if part == 1 {
			defer close(failed)
			return activities.PartResult{}, &offhours.Failure{Code: offhours.FailureArchiveChanged, Detail: "A file is missing."}
		}
		<-failed
		ended = true
		return done(part)
	}

	_, err := deleteParts(t, &activities.Parts{}, d, 1, 2, 3, 4, 5)

	require.ErrorContains(t, err, "A file is missing.")
	require.True(t, ended)
	require.NotContains(t, d.began, 4)
	require.NotContains(t, d.began, 5)
}

func TestAPartOnWhichTheWindowClosesIsTheFirstOfTheNextOne(t *testing.T) {
	t.Parallel()
	d := &deleting{step: func(part int) (activities.PartResult, error) {
		if part == 2 {
			return activities.PartResult{Rows: 10, Deleted: 4, WindowClosed: true}, nil
		}
		return done(part)
	}}

	result, err := deleteParts(t, &activities.Parts{Lanes: 1, Turn: time.Hour}, d, 1, 2, 3, 4)

	require.NoError(t, err)
	require.Equal(t, []int{1, 2}, d.began)
	require.Equal(t, activities.PartsResult{
		Parts: []activities.PartResult{{Part: 1, Rows: 10, Deleted: 10}, {Part: 2, Rows: 10, Deleted: 4, WindowClosed: true}},
		Left:  []int{2, 3, 4}, WindowClosed: true,
	}, result)
}

// The real steps, several parts in one activity. The attempt that comes behind it
// finds everything done.
func TestPartsAreArchivedAndDeletedTogether(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 35)
	parts := &activities.Parts{Exporting: p.export, Verifying: p.verification, Deleting: p.deletion, Turn: time.Hour}
	p.env.RegisterActivity(parts)
	p.begin(offhours.ExportAndDelete)
	input := activities.PartsInput{RequestRef: p.ref, Parts: p.plan(1)}
	require.Len(t, input.Parts, 4)
	for range 2 {
		var result activities.PartsResult
		require.NoError(t, p.do(&result, parts.ArchiveParts, input))
		require.Empty(t, result.Left)
		require.Equal(t, 35, sum(result, func(r activities.PartResult) int { return r.Rows }))
	}
	p.seal(1)
	for range 2 {
		var result activities.PartsResult
		require.NoError(t, p.do(&result, parts.DeleteParts, input))
		require.Empty(t, result.Left)
		require.Equal(t, 35, sum(result, func(r activities.PartResult) int { return r.Deleted }))
	}
	require.Zero(t, p.left())
	result, report := p.finish(nil)
	require.Equal(t, offhours.Outcomes{Deleted: 35}, result.Outcomes)
	require.Equal(t, map[string]int{"deleted": 35}, outcomes(report))
}

func sum(result activities.PartsResult, of func(activities.PartResult) int) (n int) {
	for _, part := range result.Parts {
		n += of(part)
	}
	return n
}
