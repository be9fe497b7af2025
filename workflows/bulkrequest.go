package workflows

import (
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

// BulkRequest is the life of one request: it waits in the queue until the
// account's off-business hours, exports and verifies, deletes from the verified
// archive, reports, and announces the end. PostgreSQL holds the truth of what
// users see; this workflow is the only one that moves it.
//
// It ends as its request did: completed for Success and Revoked, failed for
// Failed, cancelled if an operator cancelled it.
func BulkRequest(ctx workflow.Context, in BulkRequestInput) (activities.FinishResult, error) {
	r := newRun(ctx, in)
	if err := r.listen(ctx); err != nil {
		return activities.FinishResult{}, err
	}
	announce(ctx, in.RequestRef, offhours.NoticeCreated)

	// Step 1. Wait in the queue, until the window opens or somebody revokes.
	err := r.queue(ctx)
	if r.view.Status.Ended() {
		return r.ended(ctx, err)
	}

	// Step 2. Export, verify and delete.
	if err == nil {
		err = r.work(ctx)
	}

	// Step 3. Whatever happened: nothing changes any more, report it, say so.
	return r.finish(ctx, err)
}

// run is the state of one BulkRequest.
type run struct {
	in   BulkRequestInput
	view offhours.Request // what the status query answers

	rescheduled bool // the account's hours have changed since they were last asked for
	revoking    int  // revokes under way
	tooEarly    int  // times in a row that the database's clock was behind

	archived tally // behind view.Progress
}

func newRun(ctx workflow.Context, in BulkRequestInput) *run {
	r := &run{in: in, archived: tally{}}
	r.view = offhours.Request{
		ID: in.RequestID, AccountID: in.AccountID, ActivityType: in.ActivityType,
		EntityName:  fmt.Sprintf("activity type %d", in.ActivityType), // names stay out of histories
		RequestType: in.RequestType, Range: in.Range, Selection: in.Selection,
		Status: offhours.StatusInQueue, Records: in.Records, CreatedBy: in.CreatedBy, CreatedOn: in.CreatedOn,
		Progress: offhours.Progress{SlowedBy: []offhours.SlowReason{}}, // what slows it down stands in the database
	}
	r.show(ctx, offhours.StatusInQueue, "In Queue.")
	return r
}

// ended ends the workflow of a request that needs no work (any more): it was
// revoked, or it had come to its end before this run began.
func (r *run) ended(ctx workflow.Context, cause error) (activities.FinishResult, error) {
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	if r.view.Status == offhours.StatusRevoked {
		result := activities.FinishResult{Status: offhours.StatusRevoked, Outcomes: offhours.Outcomes{NotProcessed: r.in.Records}}
		r.view.Outcomes = result.Outcomes
		r.show(ctx, result.Status, "Revoked. Nothing was deleted.")
		return r.conclude(ctx, result, cause)
	}
	return r.end(ctx, cause)
}

// finish brings a request that left the queue to Success or Failed.
func (r *run) finish(ctx workflow.Context, cause error) (activities.FinishResult, error) {
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()

	// Step 1. Fence off every attempt that is still under way somewhere.
	if err := fence(ctx, r.in.RequestRef, failureOf(cause)); err != nil {
		return activities.FinishResult{}, err
	}
	// Step 2. Remove the files of what was deleted, if the work did not come to it.
	if cause != nil {
		removeLeftFiles(ctx, r.in.RequestRef)
	}
	// Step 3. Write the report, which is kept for ever.
	r.phase(ctx, offhours.PhaseReporting, "Writing the report.")
	if err := report(ctx, r.in.RequestRef); err != nil {
		return activities.FinishResult{}, err
	}
	// Step 4. Move the request to its end, and tell people.
	return r.end(ctx, cause)
}

// end moves a reported request to its end. One that has ended stays as it is.
func (r *run) end(ctx workflow.Context, cause error) (activities.FinishResult, error) {
	result, err := finish(ctx, r.in.RequestRef)
	if err != nil {
		return result, err
	}
	r.view.Outcomes, r.view.Failure, r.view.Progress.Phase = result.Outcomes, result.Failure, ""
	r.show(ctx, result.Status, resultDetail(result, r.in.Records))
	return r.conclude(ctx, result, cause)
}

// conclude announces the end and hears everyone out who still asks.
func (r *run) conclude(ctx workflow.Context, result activities.FinishResult, cause error) (activities.FinishResult, error) {
	announce(ctx, r.in.RequestRef, offhours.NoticeKind(result.Status))
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
		return result, err
	}
	return result, verdict(result, cause)
}

// verdict makes the workflow's end the one of its request.
func verdict(result activities.FinishResult, cause error) error {
	switch {
	case temporal.IsCanceledError(cause):
		return cause
	case result.Failure != nil:
		return temporal.NewNonRetryableApplicationError(result.Failure.Detail, string(result.Failure.Code), nil)
	}
	return nil
}

// failureOf says why the work ended, nil if it came to its end.
func failureOf(cause error) *offhours.Failure {
	if cause == nil {
		return nil
	}
	if temporal.IsCanceledError(cause) {
		return &offhours.Failure{Code: offhours.FailureCancelled, Detail: "The request was cancelled by an operator while it ran."}
	}
	if failure := activities.FailureOf(cause); failure != nil {
		return failure
	}
	return &offhours.Failure{Code: offhours.FailureInternal, Detail: "The request stopped because of an internal error. Ask your operator to look at its workflow."}
}

func resultDetail(result activities.FinishResult, records int) string {
	if result.Failure != nil {
		return result.Failure.Detail
	}
	return fmt.Sprintf("%d of %d records were deleted.", result.Outcomes.Deleted, records)
}
