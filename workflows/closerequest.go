package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

// CloseRequest ends a request whose own workflow was terminated or deleted by an
// operator, or was lost. Nothing that has begun is ever begun again: what was
// done until then is reported exactly, and the activity type is free again. It
// takes the steps of BulkRequest's end, each of which may be repeated.
func CloseRequest(ctx workflow.Context, ref offhours.RequestRef) (activities.FinishResult, error) {
	// Step 1. Fence off every attempt that is still under way: Temporal tells an
	// activity late, or never, that its workflow is gone.
	if err := fence(ctx, ref, offhours.Terminated()); err != nil {
		return activities.FinishResult{}, err
	}
	// Step 2. Remove the files of what was deleted.
	removeLeftFiles(ctx, ref)
	// Step 3. Write the report.
	if err := report(ctx, ref); err != nil {
		return activities.FinishResult{}, err
	}
	// Step 4. Move the request to its end, and tell people.
	result, err := finish(ctx, ref)
	if err == nil {
		announce(ctx, ref, offhours.NoticeKind(result.Status))
	}
	return result, err
}

// fence makes sure that no attempt exports or deletes anything any more.
func fence(ctx workflow.Context, ref offhours.RequestRef, failure *offhours.Failure) error {
	var closing *activities.Closing
	input := activities.FenceInput{RequestRef: ref, Failure: failure}
	return workflow.ExecuteActivity(onControl(ctx, "End all work"), closing.Fence, input).Get(ctx, nil)
}

// removeFiles removes the files of deleted attachments, as far as the window lets it.
func removeFiles(ctx workflow.Context, ref offhours.RequestRef) (result activities.RemoveResult, err error) {
	var attachments *activities.Attachments
	err = workflow.ExecuteActivity(ctx, attachments.RemoveFiles, ref).Get(ctx, &result)
	return result, err
}

// removeLeftFiles removes the files that are left when a request ends early. There
// is no window to wait for then: nobody else would remove them. Files that cannot
// be removed do not keep the request from its end for ever; the report names them.
func removeLeftFiles(ctx workflow.Context, ref offhours.RequestRef) {
	if _, err := removeFiles(onLeftFiles(ctx, ref), ref); err != nil {
		workflow.GetLogger(ctx).Error("files of deleted attachments are left over", "error", err)
	}
}

// report writes what became of each record of a fenced request.
func report(ctx workflow.Context, ref offhours.RequestRef) error {
	var closing *activities.Closing
	return workflow.ExecuteActivity(onBulk(ctx, ref, "Write the report"), closing.Report, ref).Get(ctx, nil)
}

// finish moves a reported request to Success or Failed.
func finish(ctx workflow.Context, ref offhours.RequestRef) (result activities.FinishResult, err error) {
	var closing *activities.Closing
	err = workflow.ExecuteActivity(onControl(ctx, "Finish"), closing.Finish, ref).Get(ctx, &result)
	return result, err
}
