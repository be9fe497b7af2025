package workflows

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

// count counts the steps with a name.
func (l *life) count(name string) (n int) {
	for _, step := range l.steps {
		if step == name {
			n++
		}
	}
	return n
}

// corruptTimes lets part 2 read back differently so many times.
func (l *life) corruptTimes(times int) {
	l.verify = func(part int) (activities.PartResult, error) {
		if part == 2 && l.count("Verify 2") <= times {
			return activities.PartResult{Corrupt: true}, nil
		}
		return tenRows(), nil
	}
}

func TestAPartThatDoesNotReadBackIsExportedAgain(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.corruptTimes(activities.MaxExports - 1)
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusSuccess, result.Status)
	require.Equal(t, activities.MaxExports, l.count("Export 2"))
	require.Equal(t, activities.MaxExports, l.count("Verify 2"))
	require.Equal(t, 1, l.count("Export 1"), "the other parts stay")
	require.Equal(t, 30, l.view().Progress.Exported)
	require.Equal(t, 30, l.view().Progress.Verified)
}

func TestAPartThatNeverReadsBackFailsTheRequestBeforeItDeletes(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.corruptTimes(1000)
	_, err := l.run()
	requireFailedWith(t, err, *l.fenced)
	require.Equal(t, offhours.FailureExportCorrupt, l.fenced.Code)
	require.Equal(t, activities.MaxExports, l.count("Export 2"))
	requireNoStep(t, l, "Seal")
	requireNoStep(t, l, "Delete")
	require.Equal(t, []offhours.NoticeKind{offhours.NoticeCreated, offhours.NoticeFailed}, l.mails)
}

func TestPartsThatSharedARecordAreExportedAgainBeforeTheSeal(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.seal = func(round int) (activities.SealResult, error) {
		if l.count("Seal 1") < maxSeals && round == 1 {
			return activities.SealResult{Replan: []int{1, 3}}, nil
		}
		return activities.SealResult{Listed: 30}, nil
	}
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusSuccess, result.Status)
	require.Equal(t, maxSeals, l.count("Seal 1"))
	require.Equal(t, maxSeals, l.count("Export 1"))
	require.Equal(t, maxSeals, l.count("Verify 3"))
	require.Equal(t, 1, l.count("Export 2"), "the other parts stay")
	for _, part := range []string{"Delete 1", "Delete 2", "Delete 3"} {
		require.Equal(t, 1, l.count(part), "all parts are deleted, not only those exported again")
	}
	require.Equal(t, 30, l.view().Progress.Exported, "a part that is exported again is not counted twice")
	require.Equal(t, 30, l.view().Progress.Verified)
}

func TestARecordThatKeepsMovingFailsTheRequestBeforeItDeletes(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.seal = func(int) (activities.SealResult, error) { return activities.SealResult{Replan: []int{1}}, nil }
	_, err := l.run()
	requireFailedWith(t, err, *l.fenced)
	require.Equal(t, offhours.FailureUnstable, l.fenced.Code)
	require.Equal(t, maxSeals, l.count("Seal 1"))
	requireNoStep(t, l, "Delete")
}

func TestRewrittenRecordsAreExportedAnewInFurtherRounds(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.plan = func(round int) ([]int, error) {
		return map[int][]int{1: {1}, 2: {2}, 3: {3}}[round], nil
	}
	_, err := l.run()
	require.NoError(t, err)
	require.Equal(t, []string{
		"Schedule", "Begin",
		"Plan 1", "Export 1", "Verify 1", "Seal 1", "Delete 1",
		"Plan 2", "Export 2", "Verify 2", "Seal 2", "Delete 2",
		"Plan 3", "Export 3", "Verify 3", "Seal 3", "Delete 3",
		"Plan 4", "RemoveFiles", "ProveGone", "Fence", "Report", "Finish",
	}, l.steps)
}

func TestRoundsEndWhenThePlanSaysSo(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.plan = func(round int) ([]int, error) {
		if round > activities.MaxRounds { // as activities.Selection answers
			return nil, nil
		}
		return []int{round}, nil
	}
	l.finish = func() (activities.FinishResult, error) {
		return activities.FinishResult{
			Status: offhours.StatusFailed, Outcomes: offhours.Outcomes{Deleted: 29, Failed: 1},
			Failure: &offhours.Failure{Code: offhours.FailureIncomplete, Detail: "1 of 30 records could not be deleted. The report lists them."},
		}, nil
	}
	_, err := l.run()
	requireFailedWith(t, err, offhours.Failure{Code: offhours.FailureIncomplete, Detail: "1 of 30 records could not be deleted. The report lists them."})
	require.Equal(t, 1, l.count("Seal 5"))
	require.Equal(t, 0, l.count("Seal 6"))
	require.Nil(t, l.fenced, "the work came to its end; the numbers decide")
	require.Equal(t, 29, l.view().Outcomes.Deleted)
}

func TestARoundCanBeWithoutRowsAndStillBeSealed(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.plan = func(round int) ([]int, error) { return map[int][]int{1: {1}, 2: {2}}[round], nil }
	l.export = func(part int) (activities.PartResult, error) {
		return activities.PartResult{Rows: 10 * (2 - part)}, nil
	}
	l.verify = l.export
	l.delete = func(part int) (activities.PartResult, error) { return activities.PartResult{}, nil }
	_, err := l.run()
	require.NoError(t, err)
	require.Equal(t, 1, l.count("Seal 2"))
}

// fullTimes lets part 2 find the archive full so many times.
func (l *life) fullTimes(times int) {
	l.export = func(part int) (activities.PartResult, error) {
		if part == 2 && l.count("Export 2") <= times {
			return activities.PartResult{}, failed(offhours.FailureArchiveFull, offhours.ArchiveFull().Detail)
		}
		return tenRows(), nil
	}
}

func TestAFullArchiveIsGivenALittleTime(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.fullTimes(maxFull - 1)
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusSuccess, result.Status)
	require.Equal(t, maxFull, l.count("Export 2"))
	require.Equal(t, 1, l.count("Export 1"), "the other parts stay")
	require.Equal(t, 30, l.view().Progress.Exported)
}

func TestAnArchiveThatStaysFullFailsTheRequestBeforeItDeletes(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.fullTimes(1000)
	_, err := l.run()
	requireFailedWith(t, err, *offhours.ArchiveFull())
	require.Equal(t, offhours.ArchiveFull(), l.fenced)
	require.Equal(t, maxFull, l.count("Export 2"))
	requireNoStep(t, l, "Seal")
	requireNoStep(t, l, "Delete")
	require.Equal(t, 1, l.count("Report"))
	require.Equal(t, []offhours.NoticeKind{offhours.NoticeCreated, offhours.NoticeFailed}, l.mails)
}

func TestAManifestThatFindsTheArchiveFullIsTriedAgain(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.seal = func(int) (activities.SealResult, error) {
		if l.count("Seal 1") < maxFull {
			return activities.SealResult{}, failed(offhours.FailureArchiveFull, offhours.ArchiveFull().Detail)
		}
		return activities.SealResult{Listed: 30}, nil
	}
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusSuccess, result.Status)
	require.Equal(t, maxFull, l.count("Seal 1"))
}
