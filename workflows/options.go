package workflows

import (
	"strconv"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/offhours/offhours"
)

// Every timeout and retry of the product, with its reason.

// outage retries for as long as it takes: whatever is not typed as final in
// activities/errors.go is an outage or a bug that somebody mends, and a request
// that was admitted is never lost. A minute is as long as anyone should wait
// after the repair.
var outage = &temporal.RetryPolicy{
	InitialInterval:    500 * time.Millisecond,
	BackoffCoefficient: 2,
	MaximumInterval:    time.Minute,
}

// mailRetry waits longer: a mail server that refuses wants to be left alone.
// The activity gives up by age.
var mailRetry = &temporal.RetryPolicy{
	InitialInterval:    5 * time.Second,
	BackoffCoefficient: 2,
	MaximumInterval:    15 * time.Minute,
}

const (
	// A step on the control queue is one short transaction.
	controlTimeout = 30 * time.Second
	// A step takes seconds; with locks and retries inside it minutes. An hour
	// means that the attempt hangs in a way that heartbeats do not show.
	bulkTimeout = time.Hour
	// Verifying a part, and looking at it once more before it is deleted, reads all
	// of its attachments: hundreds of gigabytes, if they are large. What is copied or
	// removed, or deleted, is not done again by the next attempt; reading is.
	readingTimeout = 6 * time.Hour
	// A worker that was killed is noticed after this time. Heartbeats come four
	// times as often, from a goroutine of their own.
	heartbeatTimeout = 10 * time.Second
	// A database whose clock is behind the worker's is asked again so soon, and
	// each time in a row after twice as long, up to 64 s: hours of a wrong clock
	// must not fill the history.
	clockPatience = time.Second
	maxTooEarly   = 6
	// The purge is due again every hour: what it waits for by then can wait.
	purgeTimeout = 50 * time.Minute
	// Each step of a purge is a hundred requests; the rest is for the next hour.
	maxPurges = 100
	// A full archive is tried so often, after so long each. An operator takes
	// longer to make space, and a request that has not deleted anything loses
	// nothing by failing.
	maxFull      = 3
	fullPatience = 10 * time.Second
	// A request that ends early waits so long, longer than most outages, for a bucket
	// that refuses to remove files, or for a session that holds on to one: then its
	// type has to be free again.
	leftFilesTimeout = 3 * 24 * time.Hour
	// A list that records keep moving through is exported again so often.
	maxSeals = 5
)

// onControl is for steps that decide: short, never behind bulk work.
func onControl(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           ControlQueue,
		StartToCloseTimeout: controlTimeout,
		RetryPolicy:         outage,
		Summary:             summary,
	})
}

// onBulk is for steps that move data. Tasks of different accounts are dispatched
// in turn, so that a heavy account does not starve the others. A cancelled step
// is waited for: it stops at the edge of its batch.
func onBulk(ctx workflow.Context, ref offhours.RequestRef, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           BulkQueue,
		StartToCloseTimeout: bulkTimeout,
		HeartbeatTimeout:    heartbeatTimeout,
		WaitForCancellation: true,
		RetryPolicy:         outage,
		Summary:             summary,
		Priority:            temporal.Priority{FairnessKey: strconv.FormatInt(ref.AccountID, 10)},
	})
}

// onReading is onBulk for steps that read whole parts back.
func onReading(ctx workflow.Context, ref offhours.RequestRef, summary string) workflow.Context {
	return workflow.WithStartToCloseTimeout(onBulk(ctx, ref, summary), readingTimeout)
}

func onFiles(ctx workflow.Context, ref offhours.RequestRef) workflow.Context {
	return onBulk(ctx, ref, "Remove the files of deleted attachments")
}

// onLeftFiles is onFiles when a request ends early.
func onLeftFiles(ctx workflow.Context, ref offhours.RequestRef) workflow.Context {
	return workflow.WithScheduleToCloseTimeout(onFiles(ctx, ref), leftFilesTimeout)
}

func onMail(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           MailQueue,
		StartToCloseTimeout: 5 * time.Minute, // a few dozen admins, one by one
		HeartbeatTimeout:    heartbeatTimeout,
		RetryPolicy:         mailRetry,
	})
}
