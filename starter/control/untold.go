package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/workflows"
)

// The API tells workflows itself, right after it changed the hours.
const untoldAfter = 5 * time.Second

// HoursChanged tells the workflow of a request that its account's business hours
// have changed. One that does not run needs no telling: it reads the hours when it
// is started, or has ended.
func (c *Client) HoursChanged(ctx context.Context, ref offhours.RequestRef) error {
	err := c.temporal.SignalWorkflow(ctx, workflows.BulkRequestID(ref), "", workflows.ScheduleChangedName, nil)
	if err != nil && !ended(err) {
		return fmt.Errorf("tell the workflow of request %s that hours changed: %w", ref.RequestID, err)
	}
	return nil
}

// Untold tells workflows of changed business hours that were not told because the
// API or Temporal went away between.
func (r *Reconciler) Untold(ctx context.Context) (found []Finding, err error) {
	if err := r.atHome(ctx); err != nil {
		return nil, err
	}
	for {
		untold, err := r.rows.Untold(ctx, untoldAfter)
		if err != nil {
			return found, fmt.Errorf("look for workflows that were not told of changed hours: %w", err)
		}
		for _, u := range untold {
			f := finding(FindingUntold, u.RequestRef, workflows.BulkRequestID(u.RequestRef), "Business hours have changed, but the workflow was not told.")
			err = errors.Join(err, r.mend(&f, func() error { return r.tell(ctx, u) }))
			found = append(found, f)
		}
		if r.nothingMore(len(untold), err) {
			return found, err
		}
	}
}

func (r *Reconciler) tell(ctx context.Context, u offhours.Untold) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := r.client.HoursChanged(ctx, u.RequestRef); err != nil {
		return err
	}
	return r.rows.MarkTold(ctx, u)
}
