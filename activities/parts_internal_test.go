package activities

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func newQueue(parts ...int) (q *partQueue, start time.Time) {
	start = time.Unix(1000, 0)
	return &partQueue{left: parts, end: start.Add(turn), began: map[int]time.Time{}, change: make(chan struct{})}, start
}

// takes wants a part at an instant.
func (q *partQueue) takes(t *testing.T, now time.Time, want int) {
	t.Helper()
	part, ok, _, _ := q.try(now)
	require.True(t, ok)
	require.Equal(t, want, part)
}

func TestASlowPartDoesNotKeepTheOthersWaiting(t *testing.T) {
	t.Parallel()
	q, start := newQueue(1, 2, 3, 4)
	q.takes(t, start, 1)
	q.takes(t, start, 2)
	over := start.Add(turn + time.Millisecond)
	q.did(PartResult{Part: 2}, nil)

	_, ok, wait, change := q.try(over)
	require.False(t, ok, "the turn is over")
	require.Equal(t, stalled-over.Sub(start), wait, "but part 1 may take long")

	q.takes(t, start.Add(stalled), 3)
	q.did(PartResult{Part: 3}, nil)
	require.NotPanics(t, func() { <-change }, "whoever waits looks again")
	q.did(PartResult{Part: 1}, nil)
	_, ok, wait, _ = q.try(start.Add(stalled))
	require.False(t, ok)
	require.Zero(t, wait, "nothing is under way: this is the end")
	require.Equal(t, []int{4}, q.left)
}

func TestAFinalErrorIsNotHiddenByAnOutageBesideIt(t *testing.T) {
	t.Parallel()
	outage, changed := errors.New("connection refused"), translate(&offhours.Failure{Code: offhours.FailureArchiveChanged})
	for _, order := range [][2]error{{outage, changed}, {changed, outage}} {
		q, start := newQueue(1, 2, 3)
		q.takes(t, start, 1)
		q.takes(t, start, 2)
		q.did(PartResult{Part: 1}, order[0])
		q.did(PartResult{Part: 2}, order[1])
		require.Equal(t, changed, q.failed)
		_, ok, _, _ := q.try(start)
		require.False(t, ok)
	}
}

func TestAWorkerHasSoManyLanesBeyondTheFirstOfEachActivity(t *testing.T) {
	t.Parallel()
	var p Parts
	for range extraLanes {
		require.True(t, p.takeLane())
	}
	require.False(t, p.takeLane())
	p.giveLane()
	require.True(t, p.takeLane())
}
