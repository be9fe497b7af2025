package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
)

// heartbeat keeps an activity alive, whatever its main goroutine waits for, until
// stop is called. Temporal tells an activity of its cancellation only through
// heartbeats, so the interval also bounds how late it notices.
func heartbeat(ctx context.Context) (stop func()) {
	interval := activity.GetInfo(ctx).HeartbeatTimeout / 4
	if interval <= 0 {
		return func() {}
	}
	done := make(chan struct{})
	go func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				return
			case <-ticker.C:
				activity.RecordHeartbeat(ctx)
			}
		}
	}()
	return func() { close(done) }
}
