package main

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/offhours/offhours/deploy/rig"
)

// grace is the time to revoke that every request of the demo is given.
const grace = 5 * time.Second

// startStack starts a dev stack that belongs to this run alone.
func startStack(ctx context.Context, bin, scratch string) (*rig.Devstack, error) {
	return rig.StartDevstack(ctx, bin, filepath.Join(scratch, "stack"), filepath.Join(scratch, "devstack.log"), nil,
		"--grace", grace.String(), "--fast-unsafe-postgres")
}

// watch returns a context that ends when the stack does.
func watch(ctx context.Context, s *rig.Devstack) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-s.Ended():
			cancel(errors.New("the stack ended by itself"))
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}
