package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	workflowservice "go.temporal.io/api/workflowservice/v1"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/workflows"
)

// SignalRevoke sends the plain signal of support tooling. That it was sent says
// nothing about what became of it: the request's row does. It returns
// CodeNotFound if no workflow runs that could hear it.
func (c *Client) SignalRevoke(ctx context.Context, ref offhours.RequestRef, by, reason string) error {
	err := c.temporal.SignalWorkflow(ctx, workflows.BulkRequestID(ref), "", workflows.RevokeName, workflows.Revoke{By: by, Reason: reason})
	return noWorkflow(err, "signal the workflow")
}

// Workflow is what Temporal knows of a request's workflow.
type Workflow struct {
	ID            string            `json:"id"`
	RunID         string            `json:"runId"`
	Status        string            `json:"status"` // in Temporal's words, such as Running or Terminated
	StartedOn     *time.Time        `json:"startedOn"`
	ClosedOn      *time.Time        `json:"closedOn"`
	HistoryEvents int64             `json:"historyEvents"`
	Pending       []PendingActivity `json:"pending"`
}

// PendingActivity is a step that is not done.
type PendingActivity struct {
	Name        string `json:"name"`
	Attempt     int    `json:"attempt"`
	State       string `json:"state"`       // Scheduled, Started, CancelRequested, Paused …
	LastFailure string `json:"lastFailure"` // of the attempt before, "" if there was none
}

// Describe returns the current run of a request's workflow. It returns
// CodeNotFound if Temporal has none, not yet or not any more.
func (c *Client) Describe(ctx context.Context, ref offhours.RequestRef) (Workflow, error) {
	described, err := c.temporal.DescribeWorkflowExecution(ctx, workflows.BulkRequestID(ref), "")
	if err != nil {
		return Workflow{}, noWorkflow(err, "describe the workflow")
	}
	info := described.GetWorkflowExecutionInfo()
	w := Workflow{
		ID:            info.GetExecution().GetWorkflowId(),
		RunID:         info.GetExecution().GetRunId(),
		Status:        info.GetStatus().String(),
		HistoryEvents: info.GetHistoryLength(),
		Pending:       pendingOf(described),
	}
	if at := info.GetStartTime(); at != nil {
		started := at.AsTime()
		w.StartedOn = &started
	}
	if at := info.GetCloseTime(); at != nil {
		closed := at.AsTime()
		w.ClosedOn = &closed
	}
	return w, nil
}

func pendingOf(described *workflowservice.DescribeWorkflowExecutionResponse) []PendingActivity {
	pending := []PendingActivity{}
	for _, activity := range described.GetPendingActivities() {
		pending = append(pending, PendingActivity{
			Name:        activity.GetActivityType().GetName(),
			Attempt:     int(activity.GetAttempt()),
			State:       activity.GetState().String(),
			LastFailure: activity.GetLastFailure().GetMessage(),
		})
	}
	return pending
}

// noWorkflow tells that there is no workflow from every other error.
func noWorkflow(err error, operation string) error {
	var notFound *serviceerror.NotFound
	switch {
	case err == nil:
		return nil
	case errors.As(err, &notFound):
		return offhours.Errorf(offhours.CodeNotFound, "There is no workflow of this request.")
	}
	return fmt.Errorf("%s: %w", operation, err)
}
