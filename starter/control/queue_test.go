package control

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/mocks"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/workflows"
)

// deep is a database with many requests In Queue.
type deep struct {
	rows
	refs []offhours.RequestRef
}

func newDeep(n int) *deep {
	d := &deep{}
	for i := range n {
		d.refs = append(d.refs, offhours.RequestRef{AccountID: int64(i), RequestID: fmt.Sprintf("request-%d", i)})
	}
	return d
}

func (d *deep) standing(ref offhours.RequestRef) offhours.Standing {
	return offhours.Standing{RequestRef: ref, Status: offhours.StatusInQueue, For: time.Hour}
}

func (d *deep) Live(context.Context) (all []offhours.Standing, _ error) {
	for _, ref := range d.refs {
		all = append(all, d.standing(ref))
	}
	return all, nil
}

func (d *deep) Standings(_ context.Context, ids ...string) (map[string]offhours.Standing, error) {
	found := map[string]offhours.Standing{}
	for _, ref := range d.refs {
		if slices.Contains(ids, ref.RequestID) {
			found[ref.RequestID] = d.standing(ref)
		}
	}
	return found, nil
}

// Untold and Unstarted answer as the database does: the first hundred that are left.
func (d *deep) Untold(context.Context, time.Duration) (left []offhours.Untold, _ error) {
	for _, ref := range d.refs[len(d.told):min(len(d.refs), len(d.told)+rowsAtOnce)] {
		left = append(left, offhours.Untold{RequestRef: ref})
	}
	return left, nil
}

func (d *deep) Unstarted(context.Context, time.Duration) ([]offhours.RequestRef, error) {
	return d.refs[len(d.marked):min(len(d.refs), len(d.marked)+rowsAtOnce)], nil
}

// listing is Temporal with the workflows of all requests but those that are gone,
// in pages, and a list that says of each what the function says.
func listing(d *deep, page int, says func(i int) offhours.Status) (temporal *mocks.Client, described *int) {
	temporal, described = &mocks.Client{}, new(int)
	temporal.On("WorkflowService").Return(namespaces{})
	for from := 0; from < len(d.refs); from += page {
		list := &workflowservice.ListWorkflowExecutionsResponse{}
		for i := from; i < min(from+page, len(d.refs)); i++ {
			status := says(i)
			if status == "" {
				continue
			}
			list.Executions = append(list.Executions, &workflowpb.WorkflowExecutionInfo{
				Execution:        &commonpb.WorkflowExecution{WorkflowId: workflows.BulkRequestID(d.refs[i])},
				SearchAttributes: workflow(running, status).WorkflowExecutionInfo.SearchAttributes,
			})
		}
		if from+page < len(d.refs) {
			list.NextPageToken = fmt.Append(nil, from+page)
		}
		token := []byte(nil)
		if from > 0 {
			token = fmt.Append(nil, from)
		}
		temporal.On("ListWorkflow", mock.Anything, mock.MatchedBy(func(r *workflowservice.ListWorkflowExecutionsRequest) bool {
			return string(r.NextPageToken) == string(token)
		})).Return(list, nil)
	}
	temporal.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").
		Run(func(mock.Arguments) { *described++ }).Return(workflow(running, offhours.StatusInQueue), nil)
	return temporal, described
}

func inQueue(int) offhours.Status { return offhours.StatusInQueue }

// quietDeep has nothing to start or to tell.
type quietDeep struct{ *deep }

func (quietDeep) Untold(context.Context, time.Duration) ([]offhours.Untold, error) { return nil, nil }

func (quietDeep) Unstarted(context.Context, time.Duration) ([]offhours.RequestRef, error) {
	return nil, nil
}

// Two thousand requests that wait cost Temporal two pages of a list and a hundred
// calls in a turn, not two thousand; and each one is asked for in the end.
func TestAQueueIsReconciledByTheListButForAFew(t *testing.T) {
	t.Parallel()
	d := newDeep(1050)
	temporal, described := listing(d, 500, inQueue)
	r := NewReconciler(temporal, "", quietDeep{d}, false)

	_, err := r.Reconcile(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1050, *described, "the first turn believes no list")
	asked := map[string]bool{}
	for range 11 {
		*described = 0
		temporal.Calls = nil
		_, err = r.Reconcile(t.Context())
		require.NoError(t, err)
		require.Equal(t, askedAnyway, *described)
		for _, call := range temporal.Calls {
			if call.Method == "DescribeWorkflowExecution" {
				asked[call.Arguments.String(1)] = true
			}
		}
	}
	require.Len(t, asked, 1050, "none is believed unseen for ever")
}

func TestWhatIsNotListedAsItShouldBeIsAskedForAtOnce(t *testing.T) {
	t.Parallel()
	for name, says := range map[string]func(i int) offhours.Status{
		"not listed": func(i int) offhours.Status {
			return map[bool]offhours.Status{false: offhours.StatusInQueue}[i%100 == 7]
		},
		"says otherwise": func(i int) offhours.Status {
			return map[bool]offhours.Status{true: offhours.StatusInProgress, false: offhours.StatusInQueue}[i%100 == 7]
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDeep(1000)
			temporal, described := listing(d, 1000, says)
			r := NewReconciler(temporal, "", quietDeep{d}, false)
			for range 2 {
				*described = 0
				_, err := r.Reconcile(t.Context())
				require.NoError(t, err)
			}
			require.Equal(t, askedAnyway+9, *described, "one of the ten is among those that are asked for anyway")
		})
	}
}

// A change of the hours of all accounts, or an outage of Temporal while many
// requests are made, leaves more than one page behind.
func TestAllThatIsLeftIsToldAndStartedInOneTurn(t *testing.T) {
	t.Parallel()
	d := newDeep(350)
	temporal, _ := listing(d, 1000, inQueue)
	temporal.On("SignalWorkflow", mock.Anything, mock.Anything, "", workflows.ScheduleChangedName, nil).Return(nil)
	temporal.On("ExecuteWorkflow", mock.Anything, mock.Anything, workflows.BulkRequestName, mock.Anything).Return(nil, nil)
	r := NewReconciler(temporal, "", quietStart{d}, false)

	told, err := r.Untold(t.Context())
	require.NoError(t, err)
	require.Len(t, told, 350)
	started, err := r.Unstarted(t.Context())
	require.NoError(t, err)
	require.Len(t, started, 350)
	require.Len(t, d.marked, 350)
}

// quietStart knows every request by its reference alone.
type quietStart struct{ *deep }

func (q quietStart) RequestByID(_ context.Context, id string) (offhours.Request, error) {
	for _, ref := range q.refs {
		if ref.RequestID == id {
			return offhours.Request{ID: id, AccountID: ref.AccountID}, nil
		}
	}
	return offhours.Request{}, offhours.Errorf(offhours.CodeNotFound, "none")
}
