package control

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"
	"google.golang.org/grpc"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/workflows"
)

const requestID = "5f0c6a52-6d7e-4c1e-9a54-0d8d7c1b2a3e"

var ref = offhours.RequestRef{AccountID: 7, RequestID: requestID}

// rows is a database with at most one request of each concern.
type rows struct {
	requests
	unstarted []offhours.RequestRef
	live      []offhours.Standing
	standings []offhours.Standing // when asked for by id
	pending   []offhours.PendingNotices
	untold    []offhours.Untold
	marked    []string
	told      []offhours.Untold
	namespace string
}

func (r *rows) Namespace(context.Context) (string, error) { return r.namespace, nil }

func (r *rows) AdoptNamespace(_ context.Context, id string) error {
	r.namespace = id
	return nil
}

func (r *rows) Unstarted(context.Context, time.Duration) ([]offhours.RequestRef, error) {
	return r.unstarted, nil
}

func (r *rows) MarkWorkflowStarted(_ context.Context, id string) error {
	r.marked = append(r.marked, id)
	return nil
}

func (r *rows) Live(context.Context) ([]offhours.Standing, error) { return r.live, nil }

func (r *rows) Undelivered(context.Context, time.Duration) ([]offhours.PendingNotices, error) {
	return r.pending, nil
}

func (r *rows) Standings(_ context.Context, ids ...string) (map[string]offhours.Standing, error) {
	found := map[string]offhours.Standing{}
	for _, id := range ids {
		if len(r.standings) > 0 && r.standings[0].RequestID == id {
			found[id] = r.standings[0]
		}
	}
	return found, nil
}

func (r *rows) Untold(context.Context, time.Duration) ([]offhours.Untold, error) {
	return r.untold, nil
}

func (r *rows) MarkTold(_ context.Context, told offhours.Untold) error {
	r.told = append(r.told, told)
	return nil
}

// server is Temporal with one running workflow in its list, or none.
func server(listed ...string) *mocks.Client {
	temporal := &mocks.Client{}
	temporal.On("WorkflowService").Return(namespaces{})
	list := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, id := range listed {
		list.Executions = append(list.Executions, &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: id}})
	}
	temporal.On("ListWorkflow", mock.Anything, mock.Anything).Return(list, nil)
	return temporal
}

// namespaces is Temporal's answer to which namespace this is.
type namespaces struct {
	workflowservice.WorkflowServiceClient
}

func (namespaces) DescribeNamespace(_ context.Context, r *workflowservice.DescribeNamespaceRequest, _ ...grpc.CallOption) (*workflowservice.DescribeNamespaceResponse, error) {
	return &workflowservice.DescribeNamespaceResponse{NamespaceInfo: &namespacepb.NamespaceInfo{Id: "id of " + r.GetNamespace()}}, nil
}

// workflow is how Temporal describes one.
func workflow(status enumspb.WorkflowExecutionStatus, says offhours.Status) *workflowservice.DescribeWorkflowExecutionResponse {
	payload, _ := converter.GetDefaultDataConverter().ToPayload(string(says))
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		Status:           status,
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{workflows.StatusAttribute.GetName(): payload}},
	}}
}

const (
	running    = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	terminated = enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED
)

var vanished = serviceerror.NewNotFound("workflow execution not found")

func TestARequestAndItsWorkflowAreCompared(t *testing.T) {
	t.Parallel()
	standing := func(status offhours.Status, since time.Duration) offhours.Standing {
		return offhours.Standing{RequestRef: ref, Status: status, For: since}
	}
	queued, progress := standing(offhours.StatusInQueue, time.Hour), standing(offhours.StatusInProgress, time.Hour)
	for name, test := range map[string]struct {
		seen     offhours.Standing // when live requests were listed
		now      offhours.Standing // after Temporal was asked
		workflow *workflowservice.DescribeWorkflowExecutionResponse
		err      error
		want     FindingKind // "" is none
		detail   string
	}{
		"it waits":                 {queued, queued, workflow(running, offhours.StatusInQueue), nil, "", ""},
		"it runs":                  {progress, progress, workflow(running, offhours.StatusInProgress), nil, "", ""},
		"it is paused by Temporal": {progress, progress, workflow(enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED, offhours.StatusInProgress), nil, "", ""},
		"terminated in the queue": {queued, queued, workflow(terminated, offhours.StatusInQueue), nil, FindingAbandoned,
			"The request is In Queue, but its workflow has ended: terminated."},
		"terminated at work": {progress, progress, workflow(terminated, offhours.StatusInProgress), nil, FindingAbandoned,
			"The request is In Progress, but its workflow has ended: terminated."},
		"deleted": {progress, progress, nil, vanished, FindingAbandoned, "The request is In Progress, but its workflow does not exist."},
		"failed":  {progress, progress, workflow(enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, offhours.StatusInProgress), nil, FindingAbandoned, "The request is In Progress, but its workflow has ended: failed."},
		"it ended in between, with its request": {progress, standing(offhours.StatusSuccess, 0),
			workflow(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, offhours.StatusSuccess), nil, "", ""},
		"it was revoked in between and forgotten": {queued, standing(offhours.StatusRevoked, 0), nil, vanished, "", ""},
		"it began in between":                     {queued, standing(offhours.StatusInProgress, 0), workflow(running, offhours.StatusInProgress), nil, "", ""},
		"the workflow follows soon":               {progress, standing(offhours.StatusInProgress, time.Second), workflow(running, offhours.StatusInQueue), nil, "", ""},
		"the workflow stays behind": {progress, progress, workflow(running, offhours.StatusInQueue), nil, FindingDisagreement,
			`The request is In Progress, but its workflow says "in_queue".`},
		"the workflow is ahead": {queued, queued, workflow(running, offhours.StatusInProgress), nil, FindingDisagreement,
			`The request is In Queue, but its workflow says "in_progress".`},
		"the workflow believes in an end": {progress, standing(offhours.StatusInProgress, time.Second), workflow(running, offhours.StatusSuccess), nil, FindingDisagreement,
			`The request is In Progress, but its workflow says "success".`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temporal := server()
			temporal.On("DescribeWorkflowExecution", mock.Anything, "bulk/7/"+requestID, "").Return(test.workflow, test.err)
			temporal.On("ExecuteWorkflow", mock.Anything, mock.MatchedBy(func(o client.StartWorkflowOptions) bool {
				return o.ID == "close/7/"+requestID && o.WorkflowIDReusePolicy == enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
			}), workflows.CloseRequestName, ref).Return(nil, nil)
			db := &rows{live: []offhours.Standing{test.seen}, standings: []offhours.Standing{test.now}}

			found, err := NewReconciler(temporal, "", db, false).Reconcile(t.Context())

			require.NoError(t, err)
			if test.want == "" {
				require.Empty(t, found)
				temporal.AssertNotCalled(t, "ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything)
				return
			}
			mended := test.want == FindingAbandoned
			require.Equal(t, []Finding{{test.want, 7, requestID, "bulk/7/" + requestID, test.detail, mended}}, found)
			temporal.AssertNumberOfCalls(t, "ExecuteWorkflow", map[bool]int{true: 1, false: 0}[mended])
		})
	}
}

// Whatever Temporal says instead of "not found" is no reason to end a request.
func TestARequestIsNotEndedWhileTemporalIsAway(t *testing.T) {
	t.Parallel()
	for _, answer := range []error{
		serviceerror.NewUnavailable("away"), serviceerror.NewNamespaceNotFound("default"), serviceerror.NewPermissionDenied("no", ""), context.DeadlineExceeded,
	} {
		temporal := server()
		temporal.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(nil, answer)
		db := &rows{live: []offhours.Standing{{RequestRef: ref, Status: offhours.StatusInProgress}}}

		found, err := NewReconciler(temporal, "", db, false).Reconcile(t.Context())

		require.ErrorIs(t, err, answer)
		require.Empty(t, found)
	}
}

func TestARunningWorkflowWithoutALiveRequestIsReported(t *testing.T) {
	t.Parallel()
	ended := offhours.Standing{RequestRef: ref, Status: offhours.StatusSuccess}
	long, other := ended, ended
	long.For, other.AccountID = time.Hour, 8
	for name, test := range map[string]struct {
		id        string
		standings []offhours.Standing
		workflow  *workflowservice.DescribeWorkflowExecutionResponse
		detail    string
	}{
		"about to end":       {"bulk/7/" + requestID, []offhours.Standing{ended}, workflow(running, ""), ""},
		"left running":       {"bulk/7/" + requestID, []offhours.Standing{long}, workflow(running, ""), "The request ended as Success, but its workflow still runs."},
		"the list is behind": {"bulk/7/" + requestID, []offhours.Standing{long}, workflow(terminated, ""), ""},
		"no request":         {"bulk/7/" + requestID, nil, workflow(running, ""), "The workflow runs, but there is no such request."},
		"another account's":  {"bulk/7/" + requestID, []offhours.Standing{other}, workflow(running, ""), "The workflow runs, but there is no such request."},
		"started by hand":    {"my-own", nil, workflow(running, ""), "The workflow runs, but there is no such request."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temporal := server(test.id)
			temporal.On("DescribeWorkflowExecution", mock.Anything, test.id, "").Return(test.workflow, nil)

			found, err := NewReconciler(temporal, "", &rows{standings: test.standings}, false).Reconcile(t.Context())

			require.NoError(t, err)
			if test.detail == "" {
				require.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			require.Equal(t, FindingDisagreement, found[0].Kind)
			require.Equal(t, test.id, found[0].WorkflowID)
			require.Equal(t, test.detail, found[0].Detail)
			require.False(t, found[0].Mended)
		})
	}
}

func TestMailsThatNobodyDeliversAreStartedAnew(t *testing.T) {
	t.Parallel()
	const id = "mail/7/" + requestID + "/failed"
	for name, test := range map[string]struct {
		workflow *workflowservice.DescribeWorkflowExecutionResponse
		err      error
		started  error // what the start answers
		want     string
	}{
		"under way":             {workflow(running, ""), nil, nil, ""},
		"terminated":            {workflow(terminated, ""), nil, nil, "A mail is to be sent, but its workflow has ended: terminated."},
		"never started":         {nil, vanished, nil, "A mail is to be sent, but its workflow does not exist."},
		"another worker's turn": {nil, vanished, alreadyStarted, "A mail is to be sent, but its workflow does not exist."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temporal := server()
			temporal.On("DescribeWorkflowExecution", mock.Anything, id, "").Return(test.workflow, test.err)
			temporal.On("ExecuteWorkflow", mock.Anything, mock.MatchedBy(func(o client.StartWorkflowOptions) bool {
				return o.ID == id && o.WorkflowIDReusePolicy == enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE &&
					o.WorkflowIDConflictPolicy == enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL
			}), workflows.DeliverNoticesName, workflows.NoticesInput{RequestRef: ref, Kind: offhours.NoticeFailed}).Return(nil, test.started)
			db := &rows{pending: []offhours.PendingNotices{{RequestRef: ref, Kind: offhours.NoticeFailed}}}

			found, err := NewReconciler(temporal, "", db, false).Reconcile(t.Context())

			require.NoError(t, err)
			if test.want == "" {
				require.Empty(t, found)
				return
			}
			require.Equal(t, []Finding{{FindingUndelivered, 7, requestID, id, test.want, true}}, found)
		})
	}
}

func TestUnstartedRequestsAreStarted_EachForItself(t *testing.T) {
	t.Parallel()
	temporal := server()
	temporal.On("ExecuteWorkflow", mock.Anything, mock.MatchedBy(func(o client.StartWorkflowOptions) bool { return o.ID == "bulk/7/bad" }),
		workflows.BulkRequestName, mock.Anything).Return(nil, errors.New("refused"))
	temporal.On("ExecuteWorkflow", mock.Anything, mock.Anything, workflows.BulkRequestName, mock.Anything).Return(nil, alreadyStarted)
	db := &rows{unstarted: []offhours.RequestRef{{AccountID: 7, RequestID: "bad"}, ref}}

	found, err := NewReconciler(temporal, "", db, false).Unstarted(t.Context())

	require.ErrorContains(t, err, "refused")
	require.Len(t, found, 2)
	require.False(t, found[0].Mended)
	require.True(t, found[1].Mended, "one that cannot be started does not keep the others")
	require.Equal(t, []string{requestID}, db.marked)
}

func TestWorkflowsAreToldOfChangedHours_EachForItself(t *testing.T) {
	t.Parallel()
	temporal := server()
	temporal.On("SignalWorkflow", mock.Anything, "bulk/7/bad", "", workflows.ScheduleChangedName, nil).Return(serviceerror.NewUnavailable("away"))
	temporal.On("SignalWorkflow", mock.Anything, "bulk/7/"+requestID, "", workflows.ScheduleChangedName, nil).Return(nil)
	since := time.Date(2026, 4, 30, 4, 30, 0, 1000, time.UTC)
	db := &rows{untold: []offhours.Untold{{RequestRef: offhours.RequestRef{AccountID: 7, RequestID: "bad"}, Since: since}, {RequestRef: ref, Since: since}}}

	found, err := NewReconciler(temporal, "", db, false).Untold(t.Context())

	require.ErrorContains(t, err, "away")
	require.Len(t, found, 2)
	require.False(t, found[0].Mended)
	require.Equal(t, Finding{FindingUntold, 7, requestID, "bulk/7/" + requestID, "Business hours have changed, but the workflow was not told.", true}, found[1])
	require.Equal(t, []offhours.Untold{{RequestRef: ref, Since: since}}, db.told, "only this change is told, not one that came since")
}

func TestADryRunOnlyReports(t *testing.T) {
	t.Parallel()
	temporal := server() // starting anything would panic
	temporal.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(nil, vanished)
	queued := offhours.Standing{RequestRef: ref, Status: offhours.StatusInQueue}
	db := &rows{
		unstarted: []offhours.RequestRef{ref}, live: []offhours.Standing{queued}, standings: []offhours.Standing{queued},
		pending: []offhours.PendingNotices{{RequestRef: ref, Kind: offhours.NoticeCreated}},
		untold:  []offhours.Untold{{RequestRef: ref}},
	}

	found, err := NewReconciler(temporal, "", db, true).Reconcile(t.Context())

	require.NoError(t, err)
	var kinds []FindingKind
	for _, f := range found {
		kinds = append(kinds, f.Kind)
		require.False(t, f.Mended)
	}
	require.Equal(t, []FindingKind{FindingUnstarted, FindingUntold, FindingAbandoned, FindingUndelivered}, kinds)
	require.Empty(t, db.marked)
	require.Empty(t, db.told)
}

func TestThePurgeIsScheduledOnceAndStaysPausedIfAnOperatorPausedIt(t *testing.T) {
	t.Parallel()
	paused := client.Schedule{Policy: &client.SchedulePolicies{}, State: &client.ScheduleState{Paused: true, Note: "not now"}}

	update, err := purgeUpdate(client.ScheduleUpdateInput{Description: client.ScheduleDescription{Schedule: paused}})

	require.NoError(t, err)
	require.True(t, update.Schedule.State.Paused)
	require.Equal(t, time.Hour, update.Schedule.Spec.Intervals[0].Every)
	require.Equal(t, workflows.PurgeExportsName, update.Schedule.Action.(*client.ScheduleWorkflowAction).Workflow)
}

// In another namespace all workflows seem to be gone: a wrong setting must not end
// the requests of everybody.
func TestNothingIsDoneInAnotherNamespaceThanThatOfTheRequests(t *testing.T) {
	t.Parallel()
	queued := offhours.Standing{RequestRef: ref, Status: offhours.StatusInQueue}
	db := &rows{live: []offhours.Standing{queued}, standings: []offhours.Standing{queued}, unstarted: []offhours.RequestRef{ref}, namespace: "id of production"}
	temporal := server() // describing or starting anything would panic
	for _, dryRun := range []bool{true, false} {
		r := NewReconciler(temporal, "", db, dryRun)
		for _, look := range []func(context.Context) ([]Finding, error){r.Reconcile, r.Unstarted, r.Untold} {
			found, err := look(t.Context())
			require.ErrorIs(t, err, ErrOtherNamespace)
			require.Empty(t, found)
		}
	}

	temporal.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(nil, vanished)
	temporal.On("ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(nil, nil)
	r := NewReconciler(temporal, "", db, false)
	require.NoError(t, r.AdoptNamespace(t.Context()))
	found, err := r.Reconcile(t.Context())
	require.NoError(t, err)
	require.Len(t, found, 2, "once an operator has said so")
}

func TestTheFirstReconcilerSaysWhichNamespaceItIs_UnlessItIsADryRun(t *testing.T) {
	t.Parallel()
	db := &rows{}
	_, err := NewReconciler(server(), "", db, true).Reconcile(t.Context())
	require.NoError(t, err)
	require.Empty(t, db.namespace)
	_, err = NewReconciler(server(), "", db, false).Unstarted(t.Context())
	require.NoError(t, err)
	require.Equal(t, "id of default", db.namespace)
	_, err = NewReconciler(server(), "other", db, false).Reconcile(t.Context())
	require.ErrorIs(t, err, ErrOtherNamespace)
}
