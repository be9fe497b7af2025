package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/offhours/offhours/workflows"
)

const (
	purgeEvery = time.Hour
	// A run that was due while Temporal was away is caught up on, but not those
	// of the days before it: one purges everything.
	purgeCatchup = 2 * time.Hour
)

// SchedulePurge makes sure that exports which nobody may download any more are
// purged every hour. Every worker calls it: the schedule is created once, and
// brought up to date later. An operator may pause it, and it stays paused.
func (c *Client) SchedulePurge(ctx context.Context) error {
	schedules := c.temporal.ScheduleClient()
	_, err := schedules.Create(ctx, client.ScheduleOptions{
		ID: workflows.PurgeScheduleID, Spec: purgeSpec(), Action: purgeAction(),
		Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: purgeCatchup,
	})
	if errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		err = schedules.GetHandle(ctx, workflows.PurgeScheduleID).Update(ctx, client.ScheduleUpdateOptions{DoUpdate: purgeUpdate})
	}
	if err != nil {
		return fmt.Errorf("schedule the purge: %w", err)
	}
	return nil
}

func purgeSpec() client.ScheduleSpec {
	return client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: purgeEvery}}}
}

func purgeAction() *client.ScheduleWorkflowAction {
	return &client.ScheduleWorkflowAction{
		ID: "purge", Workflow: workflows.PurgeExportsName, TaskQueue: workflows.ControlQueue,
		StaticSummary: "Purge exports that nobody may download any more",
	}
}

// purgeUpdate leaves the state as it is: it is the operator's.
func purgeUpdate(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
	spec := purgeSpec()
	in.Description.Schedule.Spec, in.Description.Schedule.Action = &spec, purgeAction()
	return &client.ScheduleUpdate{Schedule: &in.Description.Schedule}, nil
}
