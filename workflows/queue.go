package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

// queue waits until the request has begun or ended. A cancelled workflow is a
// revoked request, as long as it is in the queue.
func (r *run) queue(ctx workflow.Context) error {
	for r.view.Status == offhours.StatusInQueue {
		at, err := r.scheduleStart(ctx)
		if err == nil && r.view.Status == offhours.StatusInQueue {
			err = r.waitUntil(ctx, at, "Wait for off-business hours", func() bool { return r.view.Status != offhours.StatusInQueue })
		}
		if err == nil && r.view.Status == offhours.StatusInQueue {
			err = r.begin(ctx, at)
		}
		if err != nil {
			return r.leaveQueue(ctx, err)
		}
	}
	return nil
}

func (r *run) scheduleStart(ctx workflow.Context) (time.Time, error) {
	var timing *activities.Timing
	var result offhours.Timing
	r.rescheduled = false // what changes from here on may come too late for this answer
	err := workflow.ExecuteActivity(onControl(ctx, "Find the next window"), timing.ScheduleStart, r.in.RequestRef).Get(ctx, &result)
	if err != nil {
		return time.Time{}, err
	}
	r.see(ctx, result.Status)
	r.startsAt(ctx, result.At)
	return result.At, nil
}

func (r *run) startsAt(ctx workflow.Context, at time.Time) {
	if r.view.Status == offhours.StatusInQueue {
		r.view.StartsAt = &at
		r.show(ctx, offhours.StatusInQueue, "Waiting until "+clock(at)+", the earliest start in off-business hours.")
	}
}

// begin starts the request, unless a revoke that arrived before is still to be
// heard: the queue is left with no signal unread.
func (r *run) begin(ctx workflow.Context, at time.Time) error {
	revokes := workflow.GetSignalChannel(ctx, RevokeName)
	if err := workflow.Await(ctx, func() bool { return r.revoking == 0 && revokes.Len() == 0 }); err != nil {
		return err
	}
	if r.view.Status != offhours.StatusInQueue || workflow.Now(ctx).Before(at) {
		return nil
	}
	var timing *activities.Timing
	var result offhours.Timing
	if err := workflow.ExecuteActivity(onControl(ctx, "Begin"), timing.Begin, r.in.RequestRef).Get(ctx, &result); err != nil {
		return err
	}
	if r.see(ctx, result.Status); result.Status == offhours.StatusInProgress {
		now := workflow.Now(ctx)
		r.view.StartedOn = &now
		return nil
	}
	// The database's clock is behind this worker's, or the hours have changed: wait
	// until it agrees.
	r.startsAt(ctx, result.At)
	return r.waitUntil(ctx, r.notBefore(ctx, result.At), "Wait for the database to agree", func() bool { return r.view.Status != offhours.StatusInQueue })
}

// leaveQueue turns a cancellation into a revoke. If it comes too late, the
// request fails like any other that was cancelled.
func (r *run) leaveQueue(ctx workflow.Context, cause error) error {
	if ctx.Err() == nil {
		return cause
	}
	disconnected, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	if err := r.revoke(disconnected, Revoke{By: "an operator", Reason: "the workflow was cancelled"}); err != nil {
		return err
	}
	return cause
}

// notBefore is at, or a while from now. The database has just said "not yet": if
// at has passed by this worker's clock, the clocks differ, and asking again at
// once would spin. Each time in a row it waits twice as long.
func (r *run) notBefore(ctx workflow.Context, at time.Time) time.Time {
	soonest := workflow.Now(ctx).Add(clockPatience << min(r.tooEarly, maxTooEarly))
	r.tooEarly++
	if at.Before(soonest) {
		return soonest
	}
	r.tooEarly = 0
	return at
}

// waitUntil waits for an absolute instant, or until something happens: the
// account's hours have changed since they were asked for, or early says so.
func (r *run) waitUntil(ctx workflow.Context, at time.Time, summary string, early func() bool) error {
	left := at.Sub(workflow.Now(ctx))
	if left <= 0 {
		return ctx.Err()
	}
	timerCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	timer := workflow.NewTimerWithOptions(timerCtx, left, workflow.TimerOptions{Summary: summary})
	return workflow.Await(ctx, func() bool { return timer.IsReady() || r.rescheduled || early() })
}
