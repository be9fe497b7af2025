package control

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/workflows"
)

const (
	// The API starts workflows itself, right after it admitted a request, and
	// requests start the delivery of their mails.
	unstartedAfter   = 10 * time.Second
	undeliveredAfter = time.Minute
	// A workflow follows its request within seconds. One that is behind for
	// longer is reported.
	disagreeAfter = 5 * time.Minute
	startTimeout  = 3 * time.Second
	// Rows are read so many at a time, by Rows.
	rowsAtOnce = 100
	// Workflows that the list shows as they should be are asked for all the same, so
	// many in a turn: a list that has stopped following must not be believed for ever.
	askedAnyway = 100
)

// Rows is what reconciling needs of the database.
type Rows interface {
	Requests
	Unstarted(ctx context.Context, olderThan time.Duration) ([]offhours.RequestRef, error)
	MarkWorkflowStarted(ctx context.Context, id string) error
	Live(ctx context.Context) ([]offhours.Standing, error)
	Standings(ctx context.Context, ids ...string) (map[string]offhours.Standing, error)
	Undelivered(ctx context.Context, olderThan time.Duration) ([]offhours.PendingNotices, error)
	Namespace(ctx context.Context) (string, error)
	AdoptNamespace(ctx context.Context, id string) error
	Untold(ctx context.Context, olderThan time.Duration) ([]offhours.Untold, error)
	MarkTold(ctx context.Context, told offhours.Untold) error
}

// Reconciler compares requests with their workflows and mends what it may. Any
// number of them may do so at the same time; one is for one goroutine.
type Reconciler struct {
	client    *Client
	namespace string
	rows      Rows
	dryRun    bool
	home      bool // the workflows of requests are in this namespace
	turns     int  // that were taken
}

// NewReconciler returns a reconciler for the client's namespace, "" for Temporal's
// default one. With dryRun it only reports.
func NewReconciler(temporal client.Client, namespace string, rows Rows, dryRun bool) *Reconciler {
	return &Reconciler{client: New(temporal, rows), namespace: namespace, rows: rows, dryRun: dryRun}
}

// Reconcile returns every finding, and mends those that can be mended. The error
// says what could not be looked at or mended; what was found is returned with it.
// It is ErrOtherNamespace, and nothing was done, in another namespace than that of
// the requests.
func (r *Reconciler) Reconcile(ctx context.Context) (all []Finding, err error) {
	if err := r.atHome(ctx); err != nil {
		return nil, err
	}
	listed, left, listErr := r.leftRunning(ctx)
	if r.turns++; r.turns == 1 || listErr != nil {
		listed = nil
	}
	abandoned := func(ctx context.Context) ([]Finding, error) { return r.abandoned(ctx, listed) }
	for _, look := range []func(context.Context) ([]Finding, error){r.Unstarted, r.Untold, abandoned, r.undelivered} {
		found, lookErr := look(ctx)
		all, err = append(all, found...), errors.Join(err, lookErr)
	}
	return append(all, left...), errors.Join(err, listErr)
}

// Unstarted starts the workflows of requests that were admitted, and answered
// 201, but not started because the API or Temporal went away between.
func (r *Reconciler) Unstarted(ctx context.Context) (found []Finding, err error) {
	if err := r.atHome(ctx); err != nil {
		return nil, err
	}
	for {
		refs, err := r.rows.Unstarted(ctx, unstartedAfter)
		if err != nil {
			return found, fmt.Errorf("look for unstarted requests: %w", err)
		}
		for _, ref := range refs {
			f := finding(FindingUnstarted, ref, workflows.BulkRequestID(ref), "The request was admitted, but its workflow was not started.")
			err = errors.Join(err, r.mend(&f, func() error { return r.start(ctx, ref) }))
			found = append(found, f)
		}
		if r.nothingMore(len(refs), err) {
			return found, err
		}
	}
}

// nothingMore reports whether there are no further rows to look at in this turn.
// Those of which some could not be mended would be read again.
func (r *Reconciler) nothingMore(read int, err error) bool {
	return read < rowsAtOnce || err != nil || r.dryRun
}

func (r *Reconciler) start(ctx context.Context, ref offhours.RequestRef) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := r.client.Start(ctx, ref); err != nil {
		return err
	}
	return r.rows.MarkWorkflowStarted(ctx, ref.RequestID)
}

// abandoned looks for live requests whose workflow is gone, or says otherwise.
// Lists of workflows are behind, so they prove nothing: it asks for each workflow
// that is not listed as it should be, and for some of the others, in turn. Without
// a list it asks for each one.
func (r *Reconciler) abandoned(ctx context.Context, listed map[string]offhours.Status) (found []Finding, err error) {
	live, err := r.rows.Live(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for live requests: %w", err)
	}
	first := r.turns * askedAnyway % max(1, len(live))
	for i, request := range live {
		anyway := (i-first+len(live))%len(live) < askedAnyway
		if listed[workflows.BulkRequestID(request.RequestRef)] == request.Status && !anyway {
			continue
		}
		f, err := r.compare(ctx, request)
		if f != nil {
			found = append(found, *f)
		}
		if err != nil {
			return found, err
		}
	}
	return found, nil
}

func (r *Reconciler) compare(ctx context.Context, seen offhours.Standing) (*Finding, error) {
	id := workflows.BulkRequestID(seen.RequestRef)
	info, err := r.describe(ctx, id)
	if err != nil {
		return nil, err
	}
	says, gone := attribute(info), closed(info)
	if gone == "" && says == seen.Status {
		return nil, nil
	}
	// The request may have moved on since: a workflow ends after its request.
	now, err := r.standing(ctx, seen.RequestRef)
	switch {
	case err != nil:
		return nil, err
	case now.Status.Ended():
		return nil, nil
	case gone != "":
		f := finding(FindingAbandoned, seen.RequestRef, id, "The request is %s, but its workflow %s.", now.Status.Label(), gone)
		return &f, r.mend(&f, func() error { return r.close(ctx, seen.RequestRef) })
	case says == now.Status || now.For < disagreeAfter && !says.Ended():
		return nil, nil
	}
	f := finding(FindingDisagreement, seen.RequestRef, id, "The request is %s, but its workflow says %q.", now.Status.Label(), says)
	return &f, nil
}

// close has a request ended whose workflow is gone.
func (r *Reconciler) close(ctx context.Context, ref offhours.RequestRef) error {
	options := r.options(workflows.CloseRequestID(ref), ref)
	options.StaticSummary = "End a request whose workflow is gone"
	_, err := r.client.temporal.ExecuteWorkflow(ctx, options, workflows.CloseRequestName, ref)
	return started(err)
}

// leftRunning looks for workflows that run on although their request has ended,
// or that have none. It returns what all running workflows say, too, by their ids.
func (r *Reconciler) leftRunning(ctx context.Context) (listed map[string]offhours.Status, found []Finding, err error) {
	const running = "WorkflowType = '" + workflows.BulkRequestName + "' AND ExecutionStatus = 'Running'"
	listed = map[string]offhours.Status{}
	var page []byte
	for {
		list, err := r.client.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: running, NextPageToken: page})
		if err != nil {
			return listed, found, fmt.Errorf("list running workflows: %w", err)
		}
		for _, execution := range list.GetExecutions() {
			listed[execution.GetExecution().GetWorkflowId()] = attribute(execution)
		}
		more, err := r.leftOf(ctx, list.GetExecutions())
		if found = append(found, more...); err != nil {
			return listed, found, err
		}
		if page = list.GetNextPageToken(); len(page) == 0 {
			return listed, found, nil
		}
	}
}

func (r *Reconciler) leftOf(ctx context.Context, running []*workflowpb.WorkflowExecutionInfo) (found []Finding, err error) {
	ids := make([]string, 0, len(running))
	for _, execution := range running {
		ref, _ := workflows.ParseBulkRequestID(execution.GetExecution().GetWorkflowId())
		ids = append(ids, ref.RequestID)
	}
	standings, err := r.rows.Standings(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for i, execution := range running {
		id := execution.GetExecution().GetWorkflowId()
		ref, _ := workflows.ParseBulkRequestID(id)
		detail := leftDetail(ref, standings[ids[i]])
		if detail == "" {
			continue
		}
		info, err := r.describe(ctx, id) // the list may be behind
		if err != nil {
			return found, err
		}
		if closed(info) == "" {
			found = append(found, finding(FindingDisagreement, ref, id, "%s", detail))
		}
	}
	return found, nil
}

// leftDetail says what is wrong with a running workflow, and is empty if nothing is.
func leftDetail(ref offhours.RequestRef, standing offhours.Standing) string {
	switch {
	case standing.RequestRef != ref || ref.RequestID == "":
		return "The workflow runs, but there is no such request."
	case standing.Status.Ended() && standing.For > disagreeAfter:
		return fmt.Sprintf("The request ended as %s, but its workflow still runs.", standing.Status.Label())
	}
	return ""
}

// undelivered looks for mails whose delivery is not under way.
func (r *Reconciler) undelivered(ctx context.Context) (found []Finding, err error) {
	pending, err := r.rows.Undelivered(ctx, undeliveredAfter)
	if err != nil {
		return nil, fmt.Errorf("look for undelivered mails: %w", err)
	}
	for _, notices := range pending {
		id := workflows.NoticesID(notices.RequestRef, notices.Kind)
		info, err := r.describe(ctx, id)
		if err != nil {
			return found, err
		}
		gone := closed(info)
		if gone == "" {
			continue
		}
		f := finding(FindingUndelivered, notices.RequestRef, id, "A mail is to be sent, but its workflow %s.", gone)
		err = r.mend(&f, func() error { return r.deliver(ctx, id, notices) })
		if found = append(found, f); err != nil {
			return found, err
		}
	}
	return found, nil
}

func (r *Reconciler) deliver(ctx context.Context, id string, notices offhours.PendingNotices) error {
	options := r.options(id, notices.RequestRef)
	options.StaticSummary = "Mail: request " + string(notices.Kind)
	input := workflows.NoticesInput{RequestRef: notices.RequestRef, Kind: notices.Kind}
	_, err := r.client.temporal.ExecuteWorkflow(ctx, options, workflows.DeliverNoticesName, input)
	return started(err)
}

// options starts a workflow that may be repeated, but not while one runs.
func (r *Reconciler) options(id string, ref offhours.RequestRef) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID: id, TaskQueue: workflows.ControlQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		TypedSearchAttributes: temporal.NewSearchAttributes(
			workflows.AccountAttribute.ValueSet(strconv.FormatInt(ref.AccountID, 10)),
		),
	}
}

func started(err error) error {
	if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		return nil // by another worker
	}
	return err
}

// mend does something about a finding, unless this is a dry run.
func (r *Reconciler) mend(f *Finding, do func() error) error {
	if r.dryRun {
		return nil
	}
	if err := do(); err != nil {
		return fmt.Errorf("mend what is %s, request %s: %w", f.Kind, f.RequestID, err)
	}
	f.Mended = true
	return nil
}

func (r *Reconciler) standing(ctx context.Context, ref offhours.RequestRef) (offhours.Standing, error) {
	standings, err := r.rows.Standings(ctx, ref.RequestID)
	return standings[ref.RequestID], err
}

// describe returns the current run of a workflow, nil if Temporal has none.
func (r *Reconciler) describe(ctx context.Context, id string) (*workflowpb.WorkflowExecutionInfo, error) {
	described, err := r.client.temporal.DescribeWorkflowExecution(ctx, id, "")
	var notFound *serviceerror.NotFound
	if errors.As(err, &notFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe the workflow %s: %w", id, err)
	}
	return described.GetWorkflowExecutionInfo(), nil
}

// closed says how a workflow ended, and is empty if it has not.
func closed(info *workflowpb.WorkflowExecutionInfo) string {
	if info == nil {
		return "does not exist"
	}
	switch status := info.GetStatus(); status {
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED,
		enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return "has ended: " + strings.ToLower(status.String())
	}
	return ""
}

// attribute is the status that a workflow shows to operators.
func attribute(info *workflowpb.WorkflowExecutionInfo) (status offhours.Status) {
	payload := info.GetSearchAttributes().GetIndexedFields()[workflows.StatusAttribute.GetName()]
	_ = converter.GetDefaultDataConverter().FromPayload(payload, &status) // none is no status
	return status
}
