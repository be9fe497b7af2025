package wire

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Temporal is a way to a Temporal server. It remembers the tasks that its program
// has in hand, so that the server need not wait until they time out.
type Temporal struct {
	listener net.Listener
	server   *grpc.Server
	upstream *grpc.ClientConn
	calls    workflowservice.WorkflowServiceClient
	watch    Watch

	mu    sync.Mutex
	tasks map[string]task // by token
	lives int             // of the program, that have ended
}

// task is one that the program has in hand.
type task struct {
	what      string // type of the activity or workflow
	activity  bool
	namespace string
}

// OpenTemporal opens a way to a server on a free port of this machine.
func OpenTemporal(upstream string, watch Watch) (*Temporal, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient(upstream, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		return nil, err
	}
	t := &Temporal{listener: listener, upstream: conn, calls: workflowservice.NewWorkflowServiceClient(conn), watch: watch, tasks: map[string]task{}}
	service, err := proxy.NewWorkflowServiceProxyServer(proxy.WorkflowServiceProxyOptions{Client: t.calls})
	if err != nil {
		return nil, err
	}
	t.server = grpc.NewServer(grpc.UnaryInterceptor(t.carry), grpc.MaxRecvMsgSize(64<<20))
	workflowservice.RegisterWorkflowServiceServer(t.server, service)
	go func() { _ = t.server.Serve(listener) }() // ends with Close
	return t, nil
}

// Address is where the way begins.
func (t *Temporal) Address() string { return t.listener.Addr().String() }

// Close ends the way and all that is on it.
func (t *Temporal) Close() error {
	t.server.Stop()
	return t.upstream.Close()
}

// Busy is how many tasks the program has in hand.
func (t *Temporal) Busy() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.tasks)
}

// Abandon says of all tasks that a program had in hand which was killed that they
// have failed, so that they are given to the next one at once. It is called after
// the end of the one and before the start of the other.
func (t *Temporal) Abandon(ctx context.Context) {
	t.mu.Lock()
	tasks := t.tasks
	t.tasks = map[string]task{}
	t.lives++
	t.mu.Unlock()
	for token, task := range tasks {
		t.fail(ctx, token, task)
	}
}

// fail gives a task back. Its failure means nothing if it has ended otherwise.
func (t *Temporal) fail(ctx context.Context, token string, task task) {
	if !task.activity {
		_, _ = t.calls.RespondWorkflowTaskFailed(ctx, &workflowservice.RespondWorkflowTaskFailedRequest{
			TaskToken: []byte(token), Namespace: task.namespace, Cause: enumspb.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
		})
		return
	}
	_, _ = t.calls.RespondActivityTaskFailed(ctx, &workflowservice.RespondActivityTaskFailedRequest{
		TaskToken: []byte(token), Namespace: task.namespace,
		Failure: &failurepb.Failure{Message: "the worker was killed", FailureInfo: &failurepb.Failure_ApplicationFailureInfo{
			ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: "Killed", NextRetryDelay: durationpb.New(time.Millisecond)},
		}},
	})
}

// carry carries one call.
func (t *Temporal) carry(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (answer any, err error) {
	life := t.life()
	call := t.name(request)
	if call == "" {
		answer, err = handler(ctx, request)
		t.answered(request, err)
		t.taken(ctx, life, request, answer)
		return answer, err
	}
	var failed error
	cut := t.watch.do("temporal: "+call, func() error {
		// It is done even if the program ends meanwhile.
		answer, failed = handler(context.WithoutCancel(ctx), request)
		t.answered(request, failed)
		return nil
	})
	lost, cancel := context.WithCancel(ctx)
	defer cancel()
	if cut != nil {
		cancel() // nobody hears of the tasks that the answer gives
	}
	t.taken(lost, life, request, answer)
	if cut != nil {
		return nil, status.Error(codes.Unavailable, cut.Error())
	}
	return answer, failed
}

// name names a call that changes something. Nothing is sent to one program alone:
// it may be killed.
func (t *Temporal) name(request any) string {
	switch r := request.(type) {
	case *workflowservice.RespondActivityTaskCompletedRequest:
		return "activity " + t.task(r.GetTaskToken()).what + " completed"
	case *workflowservice.RespondWorkflowTaskCompletedRequest:
		r.StickyAttributes = nil
		var commands []string
		for _, c := range r.GetCommands() {
			name := c.GetCommandType().String()
			if a := c.GetScheduleActivityTaskCommandAttributes(); a != nil {
				name = a.GetActivityType().GetName()
			}
			if !slices.Contains(commands, name) {
				commands = append(commands, name)
			}
		}
		if len(commands) == 0 {
			return ""
		}
		return fmt.Sprintf("workflow %s asks for %s", t.task(r.GetTaskToken()).what, strings.Join(commands, ", "))
	case *workflowservice.StartWorkflowExecutionRequest:
		return "start " + r.GetWorkflowType().GetName()
	case *workflowservice.SignalWithStartWorkflowExecutionRequest:
		return "signal with start " + r.GetWorkflowType().GetName()
	case *workflowservice.SignalWorkflowExecutionRequest:
		return "signal " + r.GetSignalName()
	case *workflowservice.UpdateWorkflowExecutionRequest:
		return "update " + r.GetRequest().GetInput().GetName()
	}
	return ""
}

func (t *Temporal) life() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lives
}

func (t *Temporal) task(token []byte) task {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tasks[string(token)]
}

// answered forgets the task that a call answers, unless the server has not heard of
// it: then the program says it again.
func (t *Temporal) answered(request any, err error) {
	switch status.Code(err) {
	case codes.Unavailable, codes.Canceled, codes.DeadlineExceeded, codes.ResourceExhausted:
		return
	}
	r, ok := request.(interface{ GetTaskToken() []byte })
	if _, goesOn := request.(*workflowservice.RecordActivityTaskHeartbeatRequest); !ok || goesOn {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.tasks, string(r.GetTaskToken()))
}

// taken remembers the tasks that an answer gives to the program, in that life of it
// in which it asked.
func (t *Temporal) taken(ctx context.Context, life int, request, answer any) {
	switch a := answer.(type) {
	case *workflowservice.PollActivityTaskQueueResponse:
		t.take(ctx, life, a.GetTaskToken(), task{a.GetActivityType().GetName(), true, request.(*workflowservice.PollActivityTaskQueueRequest).GetNamespace()})
	case *workflowservice.PollWorkflowTaskQueueResponse:
		if a.GetQuery() == nil { // what is asked changes nothing
			t.take(ctx, life, a.GetTaskToken(), task{a.GetWorkflowType().GetName(), false, request.(*workflowservice.PollWorkflowTaskQueueRequest).GetNamespace()})
		}
	case *workflowservice.RespondWorkflowTaskCompletedResponse:
		namespace := request.(*workflowservice.RespondWorkflowTaskCompletedRequest).GetNamespace()
		if next := a.GetWorkflowTask(); next != nil {
			t.take(ctx, life, next.GetTaskToken(), task{next.GetWorkflowType().GetName(), false, namespace})
		}
		for _, next := range a.GetActivityTasks() {
			t.take(ctx, life, next.GetTaskToken(), task{next.GetActivityType().GetName(), true, namespace})
		}
	}
}

func (t *Temporal) take(ctx context.Context, life int, token []byte, task task) {
	if len(token) == 0 {
		return
	}
	t.mu.Lock()
	gone := ctx.Err() != nil || life != t.lives // who asked for it
	if !gone {
		t.tasks[string(token)] = task
	}
	t.mu.Unlock()
	if gone {
		t.fail(context.WithoutCancel(ctx), string(token), task)
	}
}
