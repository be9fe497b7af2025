package main

import (
	"context"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/offhours/offhours/internal/postgres"
	"github.com/offhours/offhours/starter/control"
)

const (
	unstartedEvery = 5 * time.Second
	// A workflow that is gone holds up its activity type for so long, and every
	// live request is one call to Temporal. It is a little less than three times
	// the above, so that a tick which comes a moment early counts.
	reconcileEvery   = 14 * time.Second
	reconcileTimeout = 5 * time.Minute
	// A namespace that is set up anew has no schedules.
	scheduleEvery = time.Hour
)

// upkeep keeps requests and workflows together. Any number of workers may do so
// at the same time.
type upkeep struct {
	db         *postgres.DB
	client     *control.Client
	reconciler *control.Reconciler
	metrics    client.MetricsHandler
	logger     *slog.Logger

	scheduled time.Time // when the purge's schedule was last seen to
}

// run returns when ctx ends.
func (u *upkeep) run(ctx context.Context) {
	ticker := time.NewTicker(unstartedEvery)
	defer ticker.Stop()
	for {
		u.tick(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// tick does what is due. What fails is due again at the next tick.
func (u *upkeep) tick(ctx context.Context) {
	if time.Since(u.scheduled) > scheduleEvery {
		err := u.client.SchedulePurge(ctx)
		if u.failed(ctx, "the purge is not scheduled yet", err); err == nil {
			u.scheduled = time.Now()
		}
	}
	found, err := u.reconciler.Unstarted(ctx)
	u.report(found)
	u.failed(ctx, "cannot start unstarted requests", err)
	found, err = u.reconciler.Untold(ctx)
	u.report(found)
	u.failed(ctx, "cannot tell workflows of changed hours", err)

	turn, err := u.db.TakeTurn(ctx, "reconcile", reconcileEvery)
	if u.failed(ctx, "cannot reconcile", err); turn {
		u.reconcile(ctx)
	}
}

// reconcile is done by one worker at a time.
func (u *upkeep) reconcile(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, reconcileTimeout)
	defer cancel()
	found, err := u.reconciler.Reconcile(ctx)
	u.report(found)
	u.failed(ctx, "cannot reconcile everything", err)
}

// report logs and counts findings: everything that is not as it should be is worth
// a look.
func (u *upkeep) report(found []control.Finding) {
	for _, f := range found {
		u.logger.Warn("request and workflow differ", "kind", f.Kind, "account", f.AccountID, "request", f.RequestID,
			"workflow", f.WorkflowID, "detail", f.Detail, "mended", f.Mended)
		u.metrics.WithTags(map[string]string{"kind": string(f.Kind)}).Counter("offhours_findings").Inc(1)
	}
}

func (u *upkeep) failed(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		u.logger.Warn(what, "error", err)
	}
}
