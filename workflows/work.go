package workflows

import (
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

// work exports, verifies and deletes, in rounds. The first round is the
// selection; each further one exports anew, verifies and deletes the records
// that were found rewritten without having been edited.
func (r *run) work(ctx workflow.Context) error {
	for round := 1; ; round++ {
		// Step 1. Plan the parts of the round.
		parts, err := r.plan(ctx, round)
		if err != nil {
			return err
		}
		if round > 1 && len(parts) == 0 {
			break
		}
		// Step 2. Export them, read them back, and seal the round with a manifest.
		if err := r.archive(ctx, round, parts); err != nil {
			return err
		}
		// Step 3. Delete what stands in the verified lists.
		if err := r.deleteParts(ctx, parts); err != nil {
			return err
		}
	}
	// Step 4. Remove the files of the attachments that were deleted.
	if err := r.removeFiles(ctx); err != nil {
		return err
	}
	// Step 5. Prove that it is gone.
	var deletion *activities.Deletion
	return workflow.ExecuteActivity(onBulk(ctx, r.in.RequestRef, "Prove that it is gone"), deletion.ProveGone, r.in.RequestRef).Get(ctx, nil)
}

func (r *run) plan(ctx workflow.Context, round int) ([]int, error) {
	r.phase(ctx, offhours.PhasePlanning, "Planning.")
	var selection *activities.Selection
	var plan activities.PlanResult
	input := activities.PlanInput{RequestRef: r.in.RequestRef, Round: round}
	err := workflow.ExecuteActivity(onBulk(ctx, r.in.RequestRef, fmt.Sprintf("Plan round %d", round)), selection.Plan, input).Get(ctx, &plan)
	return plan.Parts, err
}

// archive exports and verifies the parts of a round until all of them, together,
// prove to be what may be deleted.
func (r *run) archive(ctx workflow.Context, round int, parts []int) error {
	for range maxSeals {
		r.phase(ctx, offhours.PhaseExporting, "Exporting and verifying.")
		if err := r.archiveParts(ctx, parts); err != nil {
			return err
		}
		var verification *activities.Verification
		var seal activities.SealResult
		input := activities.SealInput{RequestRef: r.in.RequestRef, Round: round}
		err := withSpace(ctx, func() error {
			return workflow.ExecuteActivity(onBulk(ctx, r.in.RequestRef, fmt.Sprintf("Seal round %d", round)), verification.Seal, input).Get(ctx, &seal)
		})
		if err != nil || len(seal.Replan) == 0 {
			return err
		}
		parts = seal.Replan
	}
	return failed(offhours.FailureUnstable, "Records kept moving while they were exported. Nothing was deleted. Create a new request.")
}

// archiveParts exports parts and reads them back.
func (r *run) archiveParts(ctx workflow.Context, parts []int) error {
	var archive *activities.Parts
	return r.inTurns(ctx, "Export and verify", archive.ArchiveParts, parts, func(part activities.PartResult) {
		r.archived.count(&r.view.Progress.Verified, part.Part, part.Rows)
		r.view.Progress.Exported = r.view.Progress.Verified
	})
}

// withSpace does a step that writes into the archive. A full one is given a
// little time: another request that fails for it gives its space back.
func withSpace(ctx workflow.Context, step func() error) error {
	for try := 1; ; try++ {
		err := step()
		if !activities.IsFull(err) || try == maxFull {
			return err
		}
		if err := workflow.Sleep(ctx, fullPatience); err != nil {
			return err
		}
	}
}

func (r *run) deleteParts(ctx workflow.Context, parts []int) error {
	r.phase(ctx, offhours.PhaseDeleting, "Deleting.")
	done := tally{} // a part may need several windows
	var deletion *activities.Parts
	return r.inTurns(ctx, "Delete", deletion.DeleteParts, parts, func(part activities.PartResult) {
		done.count(&r.view.Progress.Deleted, part.Part, part.Deleted)
	})
}

func (r *run) removeFiles(ctx workflow.Context) error {
	for {
		r.phase(ctx, offhours.PhaseDeleting, "Removing the files of deleted attachments.")
		result, err := removeFiles(onFiles(ctx, r.in.RequestRef), r.in.RequestRef)
		if err != nil || !result.WindowClosed {
			return err
		}
		if err := r.pause(ctx); err != nil {
			return err
		}
	}
}

// tally is how many records of each part are counted in a total, so that a part
// that is done again, or in pieces, is not counted twice.
type tally map[int]int

func (t tally) count(total *int, part, records int) {
	*total += records - t[part]
	t[part] = records
}

// inTurns has parts worked on, in as many activities and windows as it takes, and
// notes how far each part came. Between two turns other requests have theirs.
func (r *run) inTurns(ctx workflow.Context, what string, step any, parts []int, note func(activities.PartResult)) error {
	for left := parts; len(left) > 0; {
		summary := fmt.Sprintf("%s %d of %d parts", what, len(left), len(parts))
		input := activities.PartsInput{RequestRef: r.in.RequestRef, Parts: left}
		var result activities.PartsResult
		err := withSpace(ctx, func() error {
			return workflow.ExecuteActivity(onReading(ctx, r.in.RequestRef, summary), step, input).Get(ctx, &result)
		})
		if err != nil {
			return err
		}
		for _, part := range result.Parts {
			note(part)
		}
		left = result.Left
		if result.WindowClosed {
			if err := r.pause(ctx); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// pause waits for the next window. The database's clock decides, and the hours
// may change meanwhile.
func (r *run) pause(ctx workflow.Context) error {
	before := r.view.StatusDetail
	defer func() { r.view.Progress.PausedUntil = nil }()
	for {
		var timing *activities.Timing
		var result offhours.Timing
		r.rescheduled = false // hours that changed while work went on are in the answer
		if err := workflow.ExecuteActivity(onControl(ctx, "Find the next window"), timing.Resume, r.in.RequestRef).Get(ctx, &result); err != nil {
			return err
		}
		if result.Status != offhours.StatusInProgress {
			return temporal.NewNonRetryableApplicationError("the request has ended", activities.TypeEnded, nil)
		}
		if result.At.IsZero() {
			r.show(ctx, result.Status, before)
			return nil
		}
		until := result.At.UTC()
		r.view.Progress.PausedUntil = &until
		r.show(ctx, result.Status, "Paused until "+clock(result.At)+" for business hours.")
		if err := r.waitUntil(ctx, r.notBefore(ctx, result.At), "Paused for business hours", func() bool { return false }); err != nil {
			return err
		}
	}
}

func failed(code offhours.FailureCode, detail string) error {
	return temporal.NewNonRetryableApplicationError(detail, activities.TypeFailure, nil, offhours.Failure{Code: code, Detail: detail})
}
