package rig

import (
	"context"
	"fmt"
	"time"
)

// pollInterval is short enough to see a part between its export and its delete.
const pollInterval = 20 * time.Millisecond

// Poll tries until try is done or fails. It gives up after patience, when ctx
// ends or when gone is closed (nil: never). What names the thing waited for.
func Poll(ctx context.Context, what string, patience time.Duration, gone <-chan struct{}, try func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("nothing within %s", patience))
	defer cancel()
	for {
		done, err := try(ctx)
		if ctx.Err() != nil {
			return fmt.Errorf("wait for %s: %w", what, context.Cause(ctx))
		}
		if done || err != nil {
			return err
		}
		select {
		case <-gone:
			return fmt.Errorf("wait for %s: it ended", what)
		case <-ctx.Done():
		case <-time.After(pollInterval):
		}
	}
}
