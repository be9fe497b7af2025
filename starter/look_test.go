package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/offhours/offhours"
)

func TestListShowsTheRequestsOfAllAccountsTheNewestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.Queue(201, 10), w.Queue(202, 20)
	other := w.NewAccount("Other", "admin@other.example").Queue(201, 30)
	w.Exec(`UPDATE requests SET entity_name = E'Site\nvisit' WHERE id = $1`, other)
	revoked := w.ended(203, offhours.StatusRevoked)

	for args, want := range map[string][]string{
		"list":                                    {revoked, other, second, first},
		"list --limit 2":                          {revoked, other},
		"list --account 2":                        {other},
		"list --status revoked,failed":            {revoked},
		"list --type 201":                         {other, first},
		"list --type queued --status in_queue":    {second, first},
		"list --request-type delete_only":         {},
		"list --account 1 --type 202 --limit 100": {second},
	} {
		items := document(t, w.run(append(strings.Fields(args), "-o", "json")...).stdout)["items"].([]any)
		ids := []string{}
		for _, item := range items {
			ids = append(ids, item.(map[string]any)["id"].(string))
		}
		require.Equal(t, want, ids, args)
	}
	got := w.run("list", "--account", "2")
	require.Regexp(t, `^ID +ACCOUNT +CREATED +TYPE +RECORDS +STATUS +ENTITY\n`+other+` +2 .* Export & Delete +30 +In Queue +"Site\\nvisit"\n$`, got.stdout)
}

// What scripts read may grow, but nothing in it may go.
func TestShowAsJSONHasTheseFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.ended(201, offhours.StatusFailed)
	w.Exec(`INSERT INTO audit_events (account_id, request_id, actor, action, detail) VALUES (1, $1, 'workflow', 'started', '{"a": 1}')`, id)
	w.Exec(`INSERT INTO notices (request_id, kind, recipient) VALUES ($1, 'created', $2)`, id, w.Admin.ID)
	w.describes(id)

	got := w.run("show", id, "--output", "json")

	require.Equal(t, exitDone, got.code, got.stderr)
	all := document(t, got.stdout)
	require.ElementsMatch(t, keys(all), []string{"request", "account", "timeline", "mails", "workflow"})
	require.ElementsMatch(t, keys(all["request"]), []string{"id", "accountId", "activityType", "entityName", "requestType", "range", "selection",
		"status", "statusDetail", "records", "outcomes", "progress", "createdBy", "createdOn", "startsAt", "startedOn", "completedOn",
		"revokedBy", "downloadUntil", "daysLeft", "failure"})
	require.ElementsMatch(t, keys(all["account"]), []string{"id", "name", "timeZone", "featureEnabled"})
	require.ElementsMatch(t, keys(all["timeline"].([]any)[0]), []string{"at", "actor", "action", "detail"})
	require.Equal(t, []any{map[string]any{"kind": "created", "state": "pending", "count": 1.0}}, all["mails"])
	require.ElementsMatch(t, keys(all["workflow"]), []string{"id", "runId", "status", "startedOn", "closedOn", "historyEvents", "pending"})
	require.Equal(t, []any{map[string]any{"name": "DeleteParts", "attempt": 3.0, "state": "Started", "lastFailure": "locked"}},
		all["workflow"].(map[string]any)["pending"])
}

func TestShowTellsPeopleEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.ended(201, offhours.StatusFailed)
	w.describes(id)
	got := w.run("show", id)
	require.Equal(t, exitDone, got.code, got.stderr)
	for _, want := range []string{
		`Account +1 Acme, Asia/Kolkata`, `Status +Failed`, `3 records are locked\.`, `7  deleted`, `3  not processed`,
		`Status +Running, 42 events`, `DeleteParts is started, attempt 3\. locked`,
	} {
		require.Regexp(t, want, got.stdout)
	}
}

func TestShowSaysWhenThereIsNoWorkflow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.temporal.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(nil, noWorkflow)
	got := w.run("show", w.Queue(201, 10))
	require.Equal(t, exitDone, got.code)
	require.Contains(t, got.stdout, "There is none, not yet or not any more.")
}

// describes lets Temporal know a workflow with one step under way.
func (w *world) describes(id string) {
	w.temporal.On("DescribeWorkflowExecution", mock.Anything, "bulk/1/"+id, "").Return(&workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
			Execution:     &commonpb.WorkflowExecution{WorkflowId: "bulk/1/" + id, RunId: "run"},
			Status:        enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
			StartTime:     timestamppb.New(time.Unix(0, 0)),
			HistoryLength: 42,
		},
		PendingActivities: []*workflowpb.PendingActivityInfo{{
			ActivityType: &commonpb.ActivityType{Name: "DeleteParts"}, Attempt: 3,
			State: enumspb.PENDING_ACTIVITY_STATE_STARTED, LastFailure: &failurepb.Failure{Message: "locked"},
		}},
	}, nil)
}

func keys(object any) (names []string) {
	for name := range object.(map[string]any) {
		names = append(names, name)
	}
	return names
}
