package main

import (
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/workflows"
)

var noWorkflow = serviceerror.NewNotFound("no such execution")

func TestRevokeSendsThePlainSignalAndWaitsUntilItIsCertain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	queued := w.Queue(201, 10)
	w.hears(nil, func() { w.Revoke(queued) })

	got := w.run("revoke", queued, "--by", "J. Doe", "--reason", "customer called", "--output", "json")

	require.Equal(t, exitDone, got.code, got.stderr)
	require.Equal(t, "revoked", document(t, got.stdout)["status"])
	w.temporal.AssertCalled(t, "SignalWorkflow", mock.Anything, "bulk/1/"+queued, "", "revoke", workflows.Revoke{By: "J. Doe", Reason: "customer called"})
}

func TestARevokeThatTheStartOvertookIsTooLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	queued := w.Queue(201, 10)
	w.hears(nil, func() { w.Run(queued, "exporting", 1, 0) })
	got := w.run("revoke", queued)
	require.Equal(t, answer{exitTooLate, "", "starter: " + offhours.TextTooLateToRevoke + " (too_late_to_revoke)\n"}, got)
}

func TestARevokeThatNobodyHearsInTimeIsNotKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	queued := w.Queue(201, 10)
	w.hears(nil, func() {})
	got := w.run("revoke", queued, "--wait", "1ms")
	require.Equal(t, exitUnavailable, got.code)
	require.Contains(t, got.stderr, "not known yet")
}

// The workflow was terminated, or its start is still to come.
func TestWhereNoWorkflowHearsTheSignalTheRevokeIsCertainAllTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	queued := w.Queue(201, 10)
	w.hears(noWorkflow, func() {})
	w.temporal.On("NewWithStartWorkflowOperation", mock.Anything, mock.Anything, mock.Anything).Return(nil)
	w.temporal.On("UpdateWithStartWorkflow", mock.Anything, mock.Anything).Return(nil, noWorkflow)

	got := w.run("revoke", queued, "--reason", "stuck")

	require.Equal(t, answer{exitDone, "Revoked by support. Nothing was deleted.\n", ""}, got)
}
