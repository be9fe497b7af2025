package main

import (
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/offhours/offhours/workflows"
)

func TestReconcileMendsWhatItFindsUnlessItIsADryRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 10)
	w.Exec(`UPDATE requests SET workflow_started_on = created_on`)
	w.temporal.On("DescribeWorkflowExecution", mock.Anything, "bulk/1/"+id, "").Return(nil, noWorkflow)
	w.temporal.On("ListWorkflow", mock.Anything, mock.Anything).Return(&workflowservice.ListWorkflowExecutionsResponse{}, nil)

	got := w.run("reconcile", "--dry-run", "--output", "json")
	require.Equal(t, exitUnmended, got.code, got.stderr)
	finding := document(t, got.stdout)["findings"].([]any)[0].(map[string]any)
	require.Equal(t, "abandoned", finding["kind"])
	require.Equal(t, id, finding["requestId"])
	require.Equal(t, false, finding["mended"])
	w.temporal.AssertNotCalled(t, "ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything)

	w.starts()
	got = w.run("reconcile")
	require.Equal(t, exitDone, got.code, got.stderr)
	require.Regexp(t, `abandoned +1 +`+id+` +yes +The request is In Queue, but its workflow does not exist\.`, got.stdout)
	w.temporal.AssertCalled(t, "ExecuteWorkflow", mock.Anything, mock.Anything, workflows.CloseRequestName, mock.Anything)

	w.Revoke(id)
	got = w.run("reconcile")
	require.Equal(t, answer{exitDone, "", "Nothing was found.\n"}, got)
}

func TestReconcileDoesNothingInAnotherNamespaceUnlessItIsAdopted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec(`INSERT INTO temporal_namespace (id) VALUES ('production')`)
	w.temporal.On("ListWorkflow", mock.Anything, mock.Anything).Return(&workflowservice.ListWorkflowExecutionsResponse{}, nil)

	got := w.run("reconcile")
	require.Equal(t, exitError, got.code)
	require.Contains(t, got.stderr, "is not the one in which the workflows of requests are")
	require.Empty(t, got.stdout)
	require.Equal(t, exitUsage, w.run("reconcile", "--dry-run", "--adopt-namespace").code)

	require.Equal(t, exitDone, w.run("reconcile", "--adopt-namespace").code)
	require.Equal(t, exitDone, w.run("reconcile").code)
}
