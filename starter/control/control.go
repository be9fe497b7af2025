// Package control is the typed client of the workflows: how the API, support
// tooling and the worker start, revoke and ask them.
package control

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/workflows"
)

// Requests is where the client reads what a workflow is started with.
type Requests interface {
	RequestByID(ctx context.Context, id string) (offhours.Request, error)
	CreatorID(ctx context.Context, id string) (string, error)
	Revoke(ctx context.Context, ref offhours.RequestRef, by, reason string) (offhours.Status, error)
}

// Client controls the workflows of requests. It is safe for concurrent use.
type Client struct {
	temporal client.Client
	requests Requests
}

// New returns a client that speaks through a Temporal client.
func New(temporal client.Client, requests Requests) *Client {
	return &Client{temporal: temporal, requests: requests}
}

// Start starts the workflow of an admitted request. A request has at most one,
// ever: starting it again, even after its end, changes nothing and is no error.
func (c *Client) Start(ctx context.Context, ref offhours.RequestRef) error {
	input, err := c.input(ctx, ref)
	if err != nil {
		return err
	}
	_, err = c.temporal.ExecuteWorkflow(ctx, startOptions(input), workflows.BulkRequestName, input)
	if err != nil && !temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		return fmt.Errorf("start the workflow of request %s: %w", ref.RequestID, err)
	}
	return nil
}

func (c *Client) input(ctx context.Context, ref offhours.RequestRef) (workflows.BulkRequestInput, error) {
	request, err := c.requests.RequestByID(ctx, ref.RequestID)
	if err != nil {
		return workflows.BulkRequestInput{}, err
	}
	if request.AccountID != ref.AccountID {
		return workflows.BulkRequestInput{}, offhours.Errorf(offhours.CodeNotFound, "There is no such request.")
	}
	creator, err := c.requests.CreatorID(ctx, ref.RequestID)
	if err != nil {
		return workflows.BulkRequestInput{}, err
	}
	return workflows.BulkRequestInput{
		RequestRef: ref, ActivityType: request.ActivityType, RequestType: request.RequestType,
		Range: request.Range, Selection: request.Selection, Records: request.Records,
		CreatedBy: creator, CreatedOn: request.CreatedOn,
	}, nil
}

func startOptions(in workflows.BulkRequestInput) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:        workflows.BulkRequestID(in.RequestRef),
		TaskQueue: workflows.ControlQueue,
		// One workflow a request, whatever happened to the first.
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary: fmt.Sprintf("%s: %d records of activity type %d, account %d",
			in.RequestType.Label(), in.Records, in.ActivityType, in.AccountID),
		TypedSearchAttributes: temporal.NewSearchAttributes(
			workflows.AccountAttribute.ValueSet(strconv.FormatInt(in.AccountID, 10)),
			workflows.ActivityTypeAttribute.ValueSet(strconv.Itoa(in.ActivityType)),
			workflows.RequestTypeAttribute.ValueSet(string(in.RequestType)),
			workflows.StatusAttribute.ValueSet(string(offhours.StatusInQueue)),
		),
	}
}

// Revoke takes a request out of the queue, starting its workflow if that has not
// happened yet. Its answer is certain: nil means revoked, by this call or before;
// CodeTooLateToRevoke that it had begun or ended; CodeNotFound that there is none;
// any other error that nobody knows, and to ask again.
func (c *Client) Revoke(ctx context.Context, ref offhours.RequestRef, by, reason string) error {
	input, err := c.input(ctx, ref)
	if err != nil {
		return err
	}
	options := startOptions(input)
	options.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
	handle, err := c.temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: c.temporal.NewWithStartWorkflowOperation(options, workflows.BulkRequestName, input),
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateName:   workflows.RevokeName,
			Args:         []any{workflows.Revoke{By: by, Reason: reason}},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	if ended(err) {
		// Nobody is left to hear it: the workflow has ended with its request, or
		// without it, terminated by an operator. The database decides, as always.
		return c.revoke(ctx, ref, by, reason)
	}
	return c.answer(ctx, ref, err)
}

func (c *Client) revoke(ctx context.Context, ref offhours.RequestRef, by, reason string) error {
	status, err := c.requests.Revoke(ctx, ref, by, reason)
	if err != nil {
		return err
	}
	return verdict(status)
}

// verdict is the certain answer of a request that is no longer in the queue.
func verdict(status offhours.Status) error {
	switch status {
	case offhours.StatusRevoked:
		return nil
	case offhours.StatusInQueue:
		return unknown()
	}
	return offhours.Errorf(offhours.CodeTooLateToRevoke, offhours.TextTooLateToRevoke)
}

func unknown() error {
	return offhours.Errorf(offhours.CodeUnavailable, "It is not known yet whether the request was revoked. Please ask again.")
}

// answer turns what Temporal said into what is certain. When the workflow refused,
// the database knows how the request stands.
func (c *Client) answer(ctx context.Context, ref offhours.RequestRef, err error) error {
	var refused *temporal.ApplicationError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused) && refused.Type() == workflows.TypeTooLate:
		request, readErr := c.requests.RequestByID(ctx, ref.RequestID)
		if readErr != nil {
			return readErr
		}
		return verdict(request.Status)
	}
	return fmt.Errorf("%w: %w", unknown(), err) // a wrong namespace, say, does not pass by itself
}

// ended reports whether there is no running workflow any more.
func ended(err error) bool {
	var notFound *serviceerror.NotFound
	return temporal.IsWorkflowExecutionAlreadyStartedError(err) || errors.As(err, &notFound)
}

// Ping reports whether Temporal answers.
func (c *Client) Ping(ctx context.Context) error {
	_, err := c.temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
	return err
}
