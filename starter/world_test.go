package main

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"google.golang.org/grpc"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

// world is an account in a real database, and a Temporal whose answers are the
// test's: deploy/e2e asks a real one.
type world struct {
	postgrestest.World
	url      string
	temporal *mocks.Client
}

// answer is what one run of the command said.
type answer struct {
	code           int
	stdout, stderr string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := postgrestest.NewWorld(t)
	server := &mocks.Client{}
	server.On("Close").Return().Maybe()
	server.On("WorkflowService").Return(namespaces{}).Maybe()
	return &world{World: w, url: w.Conn.Config().ConnString(), temporal: server}
}

// namespaces is Temporal's answer to which namespace this is.
type namespaces struct {
	workflowservice.WorkflowServiceClient
}

func (namespaces) DescribeNamespace(_ context.Context, r *workflowservice.DescribeNamespaceRequest, _ ...grpc.CallOption) (*workflowservice.DescribeNamespaceResponse, error) {
	return &workflowservice.DescribeNamespaceResponse{NamespaceInfo: &namespacepb.NamespaceInfo{Id: "id of " + r.GetNamespace()}}, nil
}

func (w *world) tool(out, err *bytes.Buffer) *tool {
	return &tool{
		stdout: out, stderr: err,
		environment: map[string]string{"DATABASE_URL": w.url, "OFFHOURS_GRACE": "1m"},
		dial:        func(client.Options) (client.Client, error) { return w.temporal, nil },
	}
}

// run runs the command to its end.
func (w *world) run(args ...string) answer { return w.runIn(w.T.Context(), args...) }

func (w *world) runIn(ctx context.Context, args ...string) answer {
	var out, err bytes.Buffer
	code := w.tool(&out, &err).run(ctx, args)
	return answer{code, out.String(), err.String()}
}

// starts lets workflows be started.
func (w *world) starts() {
	w.temporal.On("ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(nil, nil)
}

// hears answers a revoke signal, after what hearing it does.
func (w *world) hears(err error, does func()) {
	w.temporal.On("SignalWorkflow", mock.Anything, mock.Anything, "", "revoke", mock.Anything).
		Run(func(mock.Arguments) { does() }).Return(err)
}

// ended adds a request that ended so.
func (w *world) ended(code int, status offhours.Status) string {
	w.T.Helper()
	id := w.Queue(code, 10)
	if status == offhours.StatusRevoked {
		w.Revoke(id)
		return id
	}
	w.Run(id, "deleting", 1, 10)
	w.End(id, string(status), 7)
	return id
}

// document reads JSON that stdout or stderr held.
func document(t *testing.T, text string) (d map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &d), text)
	return d
}
