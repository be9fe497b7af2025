package main

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/offhours/offhours/starter/control"
)

const reconcileAbout = `Compare every request with its workflows, as each worker does all the time, and
mend what may be mended:

  unstarted     admitted, but its workflow was not started: it is started
  abandoned     its workflow was terminated or deleted: the request ends as Failed,
                with exact accounts, and its activity type is free again
  untold        business hours changed, but its workflow was not told: it is told
  undelivered   a mail that nobody delivers: its delivery starts anew
  disagreement  a workflow says one thing and the database another: a person has
                to look at it; nothing is changed

Nothing is done in another Temporal namespace than that of the requests, where all
workflows would seem to be gone. If that namespace is lost, --adopt-namespace takes
this one instead: requests that were live in the lost one end as Failed.

--dry-run changes nothing. The exit code is 9 if anything is left to mend.`

const reconcileExamples = `  starter reconcile --dry-run
  starter reconcile
  starter reconcile --dry-run --output json | jq '.findings[] | select(.kind == "disagreement")'`

// reconcilePatience is for thousands of live requests, asked for one by one.
const reconcilePatience = 10 * time.Minute

func (t *tool) reconcileCommand() *cobra.Command {
	var dryRun, adopt bool
	command := &cobra.Command{
		Use:     "reconcile",
		Short:   "Find requests whose workflow is gone or says otherwise, and mend them",
		Long:    reconcileAbout,
		Example: reconcileExamples,
		Args:    cobra.NoArgs,
		RunE:    t.does(func(ctx context.Context, _ []string) error { return t.reconcile(ctx, dryRun, adopt) }),
	}
	command.Flags().BoolVar(&dryRun, "dry-run", false, "only report")
	command.Flags().BoolVar(&adopt, "adopt-namespace", false, "go on in this Temporal namespace, because the one before is lost")
	command.MarkFlagsMutuallyExclusive("dry-run", "adopt-namespace")
	return command
}

func (t *tool) reconcile(ctx context.Context, dryRun, adopt bool) error {
	ctx, cancel := context.WithTimeout(ctx, reconcilePatience)
	defer cancel()
	rooms, _, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer rooms.close()
	reconciler := control.NewReconciler(rooms.temporal, rooms.namespace, rooms.db, dryRun)
	if adopt {
		if err := reconciler.AdoptNamespace(ctx); err != nil {
			return err
		}
	}
	found, err := reconciler.Reconcile(ctx)
	if errors.Is(err, control.ErrOtherNamespace) {
		return err
	}
	if printErr := t.printFindings(found); err == nil {
		err = printErr
	}
	left := slices.ContainsFunc(found, func(f control.Finding) bool { return !f.Mended })
	if err == nil && left {
		return exit(exitUnmended)
	}
	return err
}

func (t *tool) printFindings(found []control.Finding) error {
	if t.output == jsonFormat {
		return t.printJSON(map[string]any{"findings": append([]control.Finding{}, found...)})
	}
	if len(found) == 0 {
		t.note("Nothing was found.")
		return nil
	}
	rows := [][]string{strings.Fields("KIND ACCOUNT REQUEST MENDED WHAT")}
	for _, f := range found {
		mended := "no"
		if f.Mended {
			mended = "yes"
		}
		rows = append(rows, []string{string(f.Kind), strconv.FormatInt(f.AccountID, 10), f.RequestID, mended, printable(f.Detail)})
	}
	printRows(t.stdout, rows...)
	return nil
}
