package workflows

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// Register registers all workflows under the names of the contract.
func Register(r worker.WorkflowRegistry) {
	r.RegisterWorkflowWithOptions(BulkRequest, workflow.RegisterOptions{Name: BulkRequestName})
	r.RegisterWorkflowWithOptions(DeliverNotices, workflow.RegisterOptions{Name: DeliverNoticesName})
	r.RegisterWorkflowWithOptions(CloseRequest, workflow.RegisterOptions{Name: CloseRequestName})
	r.RegisterWorkflowWithOptions(PurgeExports, workflow.RegisterOptions{Name: PurgeExportsName})
}
