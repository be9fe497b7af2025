package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/offhours/offhours"
)

// see takes over the status that the database answered with. Answers overtake
// each other: one that is older than what is known changes nothing.
func (r *run) see(ctx workflow.Context, status offhours.Status) {
	if status != r.view.Status && status != offhours.StatusInQueue && !r.view.Status.Ended() {
		r.show(ctx, status, status.Label()+".")
	}
}

func (r *run) phase(ctx workflow.Context, phase offhours.Phase, detail string) {
	r.view.Progress.Phase = phase
	r.show(ctx, offhours.StatusInProgress, detail)
}

// show brings a change to operators: into the query, the search attributes and
// the details of the Temporal UI.
func (r *run) show(ctx workflow.Context, status offhours.Status, detail string) {
	changed := r.view.Status != status || r.view.StatusDetail == ""
	r.view.Status, r.view.StatusDetail = status, detail
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("**%s**: %s\n\n%s of %d records of activity type %d, account %d, created %s.",
		status.Label(), detail, r.in.RequestType.Label(), r.in.Records, r.in.ActivityType, r.in.AccountID, clock(r.in.CreatedOn)))
	if !changed {
		return
	}
	if status.Ended() {
		now := workflow.Now(ctx)
		r.view.CompletedOn = &now
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, StatusAttribute.ValueSet(string(status))); err != nil {
		workflow.GetLogger(ctx).Warn("the search attribute is not set", "error", err)
	}
}

// answer is what the status query says now. Records that were exported again
// count once.
func (r *run) answer(ctx workflow.Context) offhours.Request {
	view := r.view
	view.Progress.Exported = min(view.Progress.Exported, view.Records)
	view.Progress.Verified = min(view.Progress.Verified, view.Records)
	if view.KeepsFiles() {
		until := offhours.DownloadUntil(view.CreatedOn)
		left := offhours.DaysLeft(until, workflow.Now(ctx))
		view.DownloadUntil, view.DaysLeft = &until, &left
	}
	return view
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
