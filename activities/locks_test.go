package activities_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

// locked is a part of nine records, of which another session locks one for a
// while; real locks would take the minutes that the test's own clock jumps over.
type locked struct {
	activities.DeletionStore
	activities.DeletionArchive
	free    time.Time
	deleted []string
	skipped []string // "id: reason"
}

const lockedRecord = "record 4"

func (l *locked) ClaimPart(context.Context, offhours.RequestRef, int) (offhours.Part, error) {
	return offhours.Part{State: offhours.PartVerified, Files: offhours.PartFiles{Rows: 9}}, nil
}

func (l *locked) Check(context.Context, offhours.Stored) error { return nil }

func (l *locked) ReadList(context.Context, offhours.Stored, []string) (rows []offhours.Listed, err error) {
	for i := range 9 {
		rows = append(rows, offhours.Listed{ID: fmt.Sprint("record ", i)})
	}
	return rows, nil
}

func (l *locked) DeleteBatch(_ context.Context, _ offhours.Part, rows []offhours.Listed) (offhours.Deleted, error) {
	if time.Now().Before(l.free) && slices.ContainsFunc(rows, func(r offhours.Listed) bool { return r.ID == lockedRecord }) {
		return offhours.Deleted{}, offhours.ErrBusy
	}
	for _, row := range rows {
		l.deleted = append(l.deleted, row.ID)
	}
	return offhours.Deleted{Records: len(rows)}, nil
}

func (l *locked) Pressure(context.Context, offhours.RequestRef) (offhours.Pressure, error) {
	return offhours.Pressure{SeenOn: time.Now(), OpenFor: time.Hour, Pace: offhours.Pace{Share: 1}}, nil
}

func (l *locked) SkipBatch(_ context.Context, _ offhours.Part, rows []offhours.Listed, reason string) error {
	for _, row := range rows {
		l.skipped = append(l.skipped, row.ID+": "+reason)
	}
	return nil
}

// A record is never passed over because somebody works on it for a moment, and
// never waited for without end.
func TestALockedRecordIsWaitedForTwoMinutesAndHasFailedThen(t *testing.T) {
	t.Parallel()
	for held, test := range map[time.Duration]struct {
		deleted int
		skipped []string
		within  time.Duration
	}{
		time.Second:       {9, nil, 2 * time.Second},
		119 * time.Second: {9, nil, 120 * time.Second},
		time.Hour:         {8, []string{lockedRecord + ": locked by another session"}, 121 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			part := &locked{free: began.Add(held)}
			deletion := &activities.Deletion{Store: part, Archive: part}
			env := new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment()
			env.SetTestTimeout(2 * time.Hour)
			env.RegisterActivity(deletion)

			value, err := env.ExecuteActivity(deletion.DeletePart, activities.PartInput{Part: 1})

			require.NoError(t, err)
			var result activities.PartResult
			require.NoError(t, value.Get(&result))
			require.Equal(t, activities.PartResult{Rows: 9, Deleted: test.deleted}, result)
			require.Len(t, part.deleted, test.deleted)
			require.Equal(t, test.skipped, part.skipped)
			require.LessOrEqual(t, time.Since(began), test.within, "held for %s", held)
			require.GreaterOrEqual(t, time.Since(began), min(held, 2*time.Minute), "held for %s", held)
		})
	}
}
