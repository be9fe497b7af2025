package control

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/workflows"
)

// What Temporal may answer is a fault to be injected here; deploy/e2e asks a
// real server.

// requests is one request of account 7, in a status of the test's choosing.
type requests struct {
	status  offhours.Status
	revoked offhours.Status // what a revoke in the database answers
}

func (r requests) RequestByID(_ context.Context, id string) (offhours.Request, error) {
	return offhours.Request{ID: id, AccountID: 7, Status: r.status, RequestType: offhours.DeleteOnly, Records: 3}, nil
}

func (r requests) CreatorID(context.Context, string) (string, error) { return "creator", nil }

func (r requests) Revoke(context.Context, offhours.RequestRef, string, string) (offhours.Status, error) {
	return r.revoked, nil
}

var (
	alreadyStarted = serviceerror.NewWorkflowExecutionAlreadyStarted("it has ended", "", "")
	tooLate        = temporal.NewNonRetryableApplicationError("no longer in the queue", workflows.TypeTooLate, nil)
)

func TestStartingAWorkflowTwiceIsFine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		answer error
		fails  bool
	}{{nil, false}, {alreadyStarted, false}, {errors.New("connection refused"), true}} {
		server := &mocks.Client{}
		server.On("ExecuteWorkflow", mock.Anything, mock.MatchedBy(func(o client.StartWorkflowOptions) bool {
			return o.ID == "bulk/7/r1" && o.TaskQueue == workflows.ControlQueue
		}), workflows.BulkRequestName, mock.Anything).Return(nil, test.answer)

		err := New(server, requests{}).Start(t.Context(), offhours.RequestRef{AccountID: 7, RequestID: "r1"})

		require.Equal(t, test.fails, err != nil, "%v", test.answer)
	}
}

func TestOperatorsFindAWorkflowByWhatItsRequestIs(t *testing.T) {
	t.Parallel()
	options := startOptions(workflows.BulkRequestInput{
		RequestRef: offhours.RequestRef{AccountID: 7, RequestID: "r1"}, ActivityType: 201, RequestType: offhours.DeleteOnly, Records: 3,
	})
	require.Equal(t, "Delete Only: 3 records of activity type 201, account 7", options.StaticSummary)
	values := map[string]any{}
	for key, value := range options.TypedSearchAttributes.GetUntypedValues() {
		values[key.GetName()] = value
	}
	require.Equal(t, map[string]any{
		"OffhoursAccount": "7", "OffhoursActivityType": "201", "OffhoursRequestType": "delete_only", "OffhoursStatus": "in_queue",
	}, values)
}

func TestAWorkflowThatDoesNotRunNeedsNoTellingOfChangedHours(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		answer error
		fails  bool
	}{{nil, false}, {serviceerror.NewNotFound("completed"), false}, {serviceerror.NewUnavailable("away"), true}} {
		server := &mocks.Client{}
		server.On("SignalWorkflow", mock.Anything, "bulk/7/r1", "", workflows.ScheduleChangedName, nil).Return(test.answer)

		err := New(server, requests{}).HoursChanged(t.Context(), offhours.RequestRef{AccountID: 7, RequestID: "r1"})

		require.Equal(t, test.fails, err != nil, "%v", test.answer)
	}
}

func TestAnotherAccountsRequestIsNotFound(t *testing.T) {
	t.Parallel()
	c := New(&mocks.Client{}, requests{})
	another := offhours.RequestRef{AccountID: 8, RequestID: "r1"}
	require.True(t, offhours.Is(c.Start(t.Context(), another), offhours.CodeNotFound))
	require.True(t, offhours.Is(c.Revoke(t.Context(), another, "me", ""), offhours.CodeNotFound))
}

func TestTheAnswerToARevokeIsCertainOrSaysToAskAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sent, answered error // by the call, and by the update's handler
		requests       requests
		want           offhours.Code // "" is revoked
	}{
		"revoked":                             {nil, nil, requests{}, ""},
		"refused, it had begun":               {nil, tooLate, requests{status: offhours.StatusInProgress}, offhours.CodeTooLateToRevoke},
		"refused, it was revoked before":      {nil, tooLate, requests{status: offhours.StatusRevoked}, ""},
		"refused, yet in the queue":           {nil, tooLate, requests{status: offhours.StatusInQueue}, offhours.CodeUnavailable},
		"the workflow ended with its request": {alreadyStarted, nil, requests{revoked: offhours.StatusSuccess}, offhours.CodeTooLateToRevoke},
		"the workflow was terminated":         {alreadyStarted, nil, requests{revoked: offhours.StatusRevoked}, ""},
		"it ended while it was asked":         {nil, serviceerror.NewNotFound("completed"), requests{revoked: offhours.StatusFailed}, offhours.CodeTooLateToRevoke},
		"Temporal is away":                    {serviceerror.NewUnavailable("away"), nil, requests{status: offhours.StatusInQueue}, offhours.CodeUnavailable},
		"no worker answers in time":           {nil, context.DeadlineExceeded, requests{status: offhours.StatusInQueue}, offhours.CodeUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, handle := &mocks.Client{}, &mocks.WorkflowUpdateHandle{}
			handle.On("Get", mock.Anything, mock.Anything).Return(test.answered)
			server.On("NewWithStartWorkflowOperation", mock.Anything, mock.Anything, mock.Anything).Return(nil)
			server.On("UpdateWithStartWorkflow", mock.Anything, mock.Anything).Return(handle, test.sent)

			err := New(server, test.requests).Revoke(t.Context(), offhours.RequestRef{AccountID: 7, RequestID: "r1"}, "user", "")

			if test.want == "" {
				require.NoError(t, err)
				return
			}
			require.Equal(t, test.want, offhours.CodeOf(err))
		})
	}
}
