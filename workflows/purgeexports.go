package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/offhours/offhours/activities"
)

// PurgeExports removes the exports of ended requests that nobody may download
// any more, and what failed and killed attempts left in their folders. Reports
// are never touched. A schedule starts it every hour; what one run cannot do, the
// next one does.
func PurgeExports(ctx workflow.Context) (activities.PurgeResult, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              BulkQueue,
		StartToCloseTimeout:    bulkTimeout,
		ScheduleToCloseTimeout: purgeTimeout,
		HeartbeatTimeout:       heartbeatTimeout,
		RetryPolicy:            outage,
		Summary:                "Remove what nobody may download any more",
		Priority:               temporal.Priority{FairnessKey: "purge"},
	})
	var purge *activities.Purge
	var all activities.PurgeResult
	for range maxPurges {
		var result activities.PurgeResult
		if err := workflow.ExecuteActivity(ctx, purge.Exports, activities.PurgeInput{After: all.Last}).Get(ctx, &result); err != nil {
			return all, err
		}
		all.Requests += result.Requests
		all.Files += result.Files
		all.Failed += result.Failed
		if all.Last = result.Last; !result.More {
			break
		}
	}
	return all, nil
}
