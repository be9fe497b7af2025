package wire

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// upstream hands out tasks at the moments of the test, which a real server cannot be
// made to do.
type upstream struct {
	workflowservice.UnimplementedWorkflowServiceServer
	polled    chan struct{} // somebody asks for a task
	tasks     chan string   // tokens
	completed chan string
	failed    chan string
	refuse    error // of completions
}

func (u *upstream) PollActivityTaskQueue(ctx context.Context, _ *workflowservice.PollActivityTaskQueueRequest) (*workflowservice.PollActivityTaskQueueResponse, error) {
	u.polled <- struct{}{}
	select {
	case token := <-u.tasks:
		return &workflowservice.PollActivityTaskQueueResponse{TaskToken: []byte(token), ActivityType: &commonpb.ActivityType{Name: "ArchiveParts"}}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (u *upstream) RespondActivityTaskCompleted(_ context.Context, r *workflowservice.RespondActivityTaskCompletedRequest) (*workflowservice.RespondActivityTaskCompletedResponse, error) {
	if u.refuse != nil {
		return nil, u.refuse
	}
	u.completed <- string(r.GetTaskToken())
	return &workflowservice.RespondActivityTaskCompletedResponse{}, nil
}

func (u *upstream) RespondActivityTaskFailed(_ context.Context, r *workflowservice.RespondActivityTaskFailedRequest) (*workflowservice.RespondActivityTaskFailedResponse, error) {
	u.failed <- string(r.GetTaskToken())
	return &workflowservice.RespondActivityTaskFailedResponse{}, nil
}

// newTemporal returns a way to the upstream, and a worker's client at its other end.
func newTemporal(t *testing.T, f *fated) (*upstream, *Temporal, workflowservice.WorkflowServiceClient) {
	t.Helper()
	u := &upstream{polled: make(chan struct{}, 1), tasks: make(chan string), completed: make(chan string, 1), failed: make(chan string, 1)}
	server := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(server, u)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) }) // ends with Stop
	way, err := OpenTemporal(listener.Addr().String(), f.watch())
	require.NoError(t, err)
	conn, err := grpc.NewClient(way.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		require.NoError(t, way.Close())
		server.Stop()
		serving.Wait()
	})
	return u, way, workflowservice.NewWorkflowServiceClient(conn)
}

// arrives waits for what is sent.
func arrives[T any](t *testing.T, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(10 * time.Second):
		t.Fatalf("%s: nothing arrived", what)
	}
	return v
}

func poll(ctx context.Context, worker workflowservice.WorkflowServiceClient) <-chan error {
	asked := make(chan error, 1)
	go func() {
		_, err := worker.PollActivityTaskQueue(ctx, &workflowservice.PollActivityTaskQueueRequest{Namespace: "default"})
		asked <- err
	}()
	return asked
}

func complete(ctx context.Context, worker workflowservice.WorkflowServiceClient, token string) error {
	_, err := worker.RespondActivityTaskCompleted(ctx, &workflowservice.RespondActivityTaskCompletedRequest{TaskToken: []byte(token), Namespace: "default"})
	return err
}

func TestTheTasksOfAProgramThatEndedAreGivenBack(t *testing.T) {
	t.Parallel()
	u, way, worker := newTemporal(t, &fated{})
	asked := poll(t.Context(), worker)
	arrives(t, "the poll", u.polled)
	u.tasks <- "one"
	require.NoError(t, arrives(t, "the task", asked))
	require.Equal(t, 1, way.Busy())
	way.Abandon(t.Context())
	require.Equal(t, "one", arrives(t, "the task that is given back", u.failed))
	require.Zero(t, way.Busy())
}

// The server may give a task to a program that ended a moment ago.
func TestATaskThatComesTooLateForItsProgramIsGivenBack(t *testing.T) {
	t.Parallel()
	u, way, worker := newTemporal(t, &fated{})
	asked := poll(t.Context(), worker)
	arrives(t, "the poll", u.polled)
	way.Abandon(t.Context())
	u.tasks <- "late"
	require.Equal(t, "late", arrives(t, "the task that is given back", u.failed))
	arrives(t, "the poll's end", asked)
	require.Zero(t, way.Busy())
}

func TestATaskIsInHandUntilTheServerKnowsItsEnd(t *testing.T) {
	t.Parallel()
	u, way, worker := newTemporal(t, &fated{})
	asked := poll(t.Context(), worker)
	arrives(t, "the poll", u.polled)
	u.tasks <- "one"
	require.NoError(t, arrives(t, "the task", asked))
	for _, c := range []struct {
		refuse error
		busy   int
	}{
		{status.Error(codes.Unavailable, "away"), 1},
		{nil, 0},
	} {
		u.refuse = c.refuse
		require.Equal(t, c.refuse == nil, complete(t.Context(), worker, "one") == nil)
		require.Equal(t, c.busy, way.Busy())
	}
	require.Equal(t, "one", arrives(t, "the completion", u.completed))
}

func TestAStepMeetsItsFate(t *testing.T) {
	t.Parallel()
	for _, c := range fates {
		t.Run(c.fate.String(), func(t *testing.T) {
			t.Parallel()
			var u *upstream
			f := &fated{fate: c.fate, doneWhenAsked: func() bool { return len(u.completed) == 1 }}
			var worker workflowservice.WorkflowServiceClient
			u, _, worker = newTemporal(t, f)
			asked := poll(t.Context(), worker)
			arrives(t, "the poll", u.polled)
			u.tasks <- "one"
			require.NoError(t, arrives(t, "the task", asked))

			err := complete(t.Context(), worker, "one")

			require.Equal(t, c.answer, err == nil, "%v", err)
			require.Equal(t, c.done, len(u.completed) == 1)
			saw := f.take()
			require.Equal(t, []string{"temporal: activity ArchiveParts completed"}, saw.met)
			require.Equal(t, c.answer, len(saw.passed) == 1)
			require.Equal(t, c.killed, saw.killed == 1)
			require.Equal(t, c.killed && c.done, saw.done, "it was done when the program was killed")
		})
	}
}
