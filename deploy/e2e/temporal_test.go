//go:build unix

package e2e

import (
	"fmt"
	"io"
	"iter"
	"log/slog"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
)

// Names of the product's activities that the tests meet.
const (
	exportPart = "ArchiveParts"
	deletePart = "DeleteParts"
)

// temporal is Temporal as an operator sees it.
type temporal struct{ client.Client }

func (s *stack) temporal(t *testing.T) temporal {
	t.Helper()
	c, err := client.DialContext(t.Context(), client.Options{
		HostPort: s.env["TEMPORAL_ADDRESS"], Namespace: s.env["TEMPORAL_NAMESPACE"],
		Logger: sdklog.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return temporal{c}
}

// workflowID is that of a request, by the contract.
func workflowID(account int, request string) string {
	return fmt.Sprintf("bulk/%d/%s", account, request)
}

// pending returns the activities of a workflow that are not done.
func (c temporal) pending(t *testing.T, workflow, activity string) (found []*workflowpb.PendingActivityInfo) {
	t.Helper()
	described, err := c.DescribeWorkflowExecution(t.Context(), workflow, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, pending := range described.GetPendingActivities() {
		if pending.GetActivityType().GetName() == activity {
			found = append(found, pending)
		}
	}
	return found
}

// underWay reports whether a worker does the activity at the moment.
func (c temporal) underWay(t *testing.T, workflow, activity string) bool {
	t.Helper()
	for _, pending := range c.pending(t, workflow, activity) {
		if pending.GetState() == enumspb.PENDING_ACTIVITY_STATE_STARTED {
			return true
		}
	}
	return false
}

// triedAgain reports whether an attempt at the activity has failed and another
// one has begun or waits for its turn.
func (c temporal) triedAgain(t *testing.T, workflow, activity string) bool {
	t.Helper()
	for _, pending := range c.pending(t, workflow, activity) {
		if pending.GetAttempt() > 1 && pending.GetLastFailure() != nil {
			return true
		}
	}
	return false
}

// query reads what a query of a workflow answers.
func (c temporal) query(t *testing.T, workflow, query string, into any) {
	t.Helper()
	answer, err := c.QueryWorkflow(t.Context(), workflow, "", query)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Get(into); err != nil {
		t.Fatal(err)
	}
}

// tasks goes through the starts and ends of a workflow's activities, with the name
// of each.
func (c temporal) tasks(t *testing.T, workflow string) iter.Seq2[string, *historypb.HistoryEvent] {
	t.Helper()
	return func(yield func(string, *historypb.HistoryEvent) bool) {
		scheduled := map[int64]string{}
		events := c.GetWorkflowHistory(t.Context(), workflow, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			if err != nil {
				t.Fatal(err)
			}
			if a := event.GetActivityTaskScheduledEventAttributes(); a != nil {
				scheduled[event.GetEventId()] = a.GetActivityType().GetName()
			}
			of := max(event.GetActivityTaskStartedEventAttributes().GetScheduledEventId(), event.GetActivityTaskCompletedEventAttributes().GetScheduledEventId())
			if of > 0 && !yield(scheduled[of], event) {
				return
			}
		}
	}
}

// asked is how often an activity of a workflow has been done.
func (c temporal) asked(t *testing.T, workflow, activity string) (times int) {
	t.Helper()
	for name, event := range c.tasks(t, workflow) {
		if name == activity && event.GetActivityTaskCompletedEventAttributes() != nil {
			times++
		}
	}
	return times
}

// attempts returns, by activity, the highest number of an attempt in the history
// of a workflow.
func (c temporal) attempts(t *testing.T, workflow string) map[string]int {
	t.Helper()
	attempts := map[string]int{}
	for name, event := range c.tasks(t, workflow) {
		if a := event.GetActivityTaskStartedEventAttributes(); a != nil {
			attempts[name] = max(attempts[name], int(a.GetAttempt()))
		}
	}
	return attempts
}

// wantSecondAttempt fails the test if the activity was never tried twice: then
// what the test did was not felt.
func (c temporal) wantSecondAttempt(t *testing.T, workflow, activity string) {
	t.Helper()
	if attempts := c.attempts(t, workflow); attempts[activity] < 2 {
		t.Errorf("highest attempts are %v, want at least 2 of %s", attempts, activity)
	}
}
