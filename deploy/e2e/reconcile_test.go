//go:build unix

package e2e

import (
	"context"
	"os"
	"strings"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
)

// Whatever an operator does to workflows, requests end with exact accounts, their
// types are free again, mails arrive once, and files go when their time is over.
func TestOperatorsMayEndWorkflowsInAnyWay(t *testing.T) {
	parallel(t)
	w := startWorld(t, 0)
	w.startAPI(t, nil)
	p := &player{world: w, worker: w.program(t, "worker", nil, "--queues", "control,bulk"), bea: w.signIn(t, bea)}

	first := p.endedInTheQueue(t, "terminated in the queue", p.temporal.terminate)
	second := p.endedInTheQueue(t, "deleted in the queue", p.temporal.forget)
	third := p.terminatedWhileDeleting(t)
	p.cancelledWhileExporting(t)
	p.cancelledWhilePaused(t)
	fourth := p.forgottenWhilePaused(t)

	p.deliversOnce(t, first, second, third, fourth)
	p.purges(t, third)
	p.reportsAStranger(t)
	if p.logged(t, "cannot reconcile") {
		t.Errorf("the worker could not look at everything:\n%s", rig.Tail(p.worker.Log))
	}
}

// reportsAStranger starts a workflow of no request, where no worker ends it.
func (p *player) reportsAStranger(t *testing.T) {
	t.Helper()
	id := workflowID(openAccount, "5f0c6a52-6d7e-4c1e-9a54-0d8d7c1b2a3e")
	if _, err := p.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: "nobody"}, "BulkRequest"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the worker reports a workflow that has no request", func() bool {
		p.reconcilesSoon(t)
		return p.logged(t, "The workflow runs, but there is no such request.")
	})
}

func (p *player) logged(t *testing.T, what string) bool {
	t.Helper()
	text, err := os.ReadFile(p.worker.Log)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(text), what)
}

// endedInTheQueue ends the workflow of a request that waits.
func (p *player) endedInTheQueue(t *testing.T, name string, end func(*testing.T, string)) offhours.Request {
	t.Helper()
	p.asked(t, name)
	end(t, p.played)
	p.reconcilesSoon(t)
	failed := p.bea.ended(t, p.request.ID, offhours.StatusFailed)
	p.wantTerminated(t, failed)
	if failed.Outcomes != (offhours.Outcomes{NotProcessed: failed.Records}) || p.db.deleted(t, failed.ID) != 0 {
		t.Errorf("%s: outcomes are %+v, want nothing processed", name, failed.Outcomes)
	}
	if reported := p.bea.reported(t, failed.ID); len(reported[offhours.OutcomeNotProcessed]) != failed.Records {
		t.Errorf("%s: the report has %d lines, want %d", name, len(reported[offhours.OutcomeNotProcessed]), failed.Records)
	}
	p.bea.create(t, failed.ActivityType, offhours.ExportAndDelete) // wants 201: the type is free
	return failed
}

func (p *player) terminatedWhileDeleting(t *testing.T) offhours.Request {
	t.Helper()
	p.account = openAccount
	p.slowly(t)
	p.ask(t, p.admin, documents, threeParts, offhours.ExportAndDelete)
	p.before = p.db.records(t, openAccount, p.code)
	p.worker.freezeWhen(t, "a part of the records is deleted, and more is under way", func() bool {
		return p.partlyDeleted(t) && p.temporal.underWay(t, p.played, deletePart)
	})
	p.temporal.terminate(t, p.played)
	p.reconcilesSoon(t)
	p.worker.thaw(t)
	failed := p.admin.ended(t, p.request.ID, offhours.StatusFailed)
	p.wantTerminated(t, failed)
	if failed.Outcomes.Deleted == 0 || failed.Outcomes.NotProcessed == 0 {
		t.Errorf("outcomes are %+v, want a part deleted and a part not", failed.Outcomes)
	}
	p.checks(t, failed)
	p.wantTypeFree(t, failed)
	return failed
}

func (p *player) cancelledWhileExporting(t *testing.T) {
	t.Helper()
	p.ask(t, p.admin, "cancelled while exporting", fiveParts, offhours.ExportAndDelete)
	p.worker.freezeWhen(t, "some parts are exported, and some nobody has begun", func() bool { return p.midExport(t) })
	p.temporal.cancel(t, p.played)
	p.worker.thaw(t)
	p.wantCancelled(t, fiveParts)
}

func (p *player) cancelledWhilePaused(t *testing.T) {
	t.Helper()
	p.ask(t, p.admin, "cancelled while paused", fiveParts, offhours.ExportAndDelete)
	p.worker.freezeWhen(t, "some parts are exported, and some nobody has begun", func() bool { return p.midExport(t) })
	p.closes(t)
	p.temporal.cancel(t, p.played)
	p.wantCancelled(t, fiveParts)
	p.setHours(t, p.admin, 8, 16)
}

// wantCancelled waits until the request has failed, without having deleted
// anything.
func (p *player) wantCancelled(t *testing.T, records int) {
	t.Helper()
	failed := p.admin.ended(t, p.request.ID, offhours.StatusFailed)
	if failed.Failure == nil || failed.Failure.Code != offhours.FailureCancelled {
		t.Errorf("the request failed with %v, want %s", failed.Failure, offhours.FailureCancelled)
	}
	left := len(p.db.records(t, openAccount, p.code))
	if failed.Outcomes != (offhours.Outcomes{NotProcessed: failed.Records}) || left != records {
		t.Errorf("outcomes are %+v and %d records are left, want nothing processed and all %d", failed.Outcomes, left, records)
	}
	eventually(t, "the workflow has ended with its request, though nobody sends its mails yet", func() bool { return !p.temporal.runs(t.Context(), p.played) })
}

// closes thaws the worker, lets business hours begin and waits until the request
// is paused.
func (p *player) closes(t *testing.T) {
	t.Helper()
	p.worker.thaw(t) // a batch that is frozen holds off the change of hours
	p.setHours(t, p.admin, -4, 4)
	eventually(t, "the request is paused", func() bool { return p.pauseShown(t) })
}

func (p *player) forgottenWhilePaused(t *testing.T) offhours.Request {
	t.Helper()
	p.ask(t, p.admin, "deleted while paused", fiveParts, offhours.DeleteOnly)
	p.worker.freezeWhen(t, "a part of the records is deleted", func() bool { return p.partlyDeleted(t) })
	p.closes(t)
	p.temporal.forget(t, p.played)
	p.reconcilesSoon(t)
	failed := p.admin.ended(t, p.request.ID, offhours.StatusFailed)
	p.wantTerminated(t, failed)
	if o := failed.Outcomes; o.Deleted == 0 || o.Deleted != p.db.deleted(t, failed.ID) || !o.Balanced(failed.Records) {
		t.Errorf("outcomes are %+v, want all %d and what was deleted", o, failed.Records)
	}
	p.admin.create(t, failed.ActivityType, offhours.DeleteOnly) // wants 201: the type is free
	return failed
}

// reconcilesSoon makes it the worker's turn at once.
func (p *player) reconcilesSoon(t *testing.T) {
	t.Helper()
	p.db.execute(t, "UPDATE turns SET begun_on = begun_on - interval '1 minute'")
}

func (p *player) wantTerminated(t *testing.T, r offhours.Request) {
	t.Helper()
	if r.Failure == nil || r.Failure.Code != offhours.FailureTerminated {
		t.Errorf("the request failed with %v, want %s", r.Failure, offhours.FailureTerminated)
	}
}

// terminate ends a workflow, as the Terminate button of Temporal's page does.
func (c temporal) terminate(t *testing.T, workflow string) {
	t.Helper()
	if err := c.TerminateWorkflow(t.Context(), workflow, "", "by mistake"); err != nil {
		t.Fatalf("terminate %s: %v", workflow, err)
	}
}

// forget deletes a workflow, running or not, and waits until it is gone.
func (c temporal) forget(t *testing.T, workflow string) {
	t.Helper()
	described, err := c.DescribeWorkflowExecution(t.Context(), workflow, "")
	if err != nil {
		t.Fatalf("delete %s: %v", workflow, err)
	}
	_, err = c.WorkflowService().DeleteWorkflowExecution(t.Context(), &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace: "default", WorkflowExecution: described.GetWorkflowExecutionInfo().GetExecution(),
	})
	if err != nil {
		t.Fatalf("delete %s: %v", workflow, err)
	}
	eventually(t, workflow+" is gone", func() bool { return !c.runs(t.Context(), workflow) })
}

func (c temporal) runs(ctx context.Context, workflow string) bool {
	described, err := c.DescribeWorkflowExecution(ctx, workflow, "")
	return err == nil && described.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
}
