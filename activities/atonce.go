package activities

import (
	"context"
	"errors"
	"runtime/debug"

	"go.temporal.io/sdk/activity"
	"golang.org/x/sync/errgroup"
)

// atOnce does something for each of n, so many at a time, and returns the first
// error. It ends the context of the others.
func atOnce(ctx context.Context, n, limit int, do func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(limit)
	for i := range n {
		group.Go(func() error {
			return caught(ctx, func() error { return do(ctx, i) })
		})
	}
	return group.Wait()
}

// caught makes an error of a panic, as Temporal's SDK does for an activity's own
// goroutine: what one request meets must not end a worker. The log says what it was about.
func caught(ctx context.Context, do func() error, about ...any) (err error) {
	defer func() {
		if recover() != nil {
			activity.GetLogger(ctx).Error("an activity panicked", append(about, "stack", string(debug.Stack()))...)
			err = errPanic
		}
	}()
	return do()
}

// errPanic says nothing of the cause, which may hold values of a record.
var errPanic = errors.New("an activity panicked: the worker's log has the stack")
