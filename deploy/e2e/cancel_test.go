//go:build unix

package e2e

import (
	"net/http"
	"testing"

	"github.com/offhours/offhours"
)

func TestACancelInTemporalIsARevoke_WhileTheRequestIsQueued(t *testing.T) {
	parallel(t)
	w := startWorld(t, 0)
	w.generate(t, closedAccount, 500)
	w.startAPI(t, nil)
	w.program(t, "worker", nil)
	caller := w.signIn(t, bea)
	created := caller.create(t, caller.typeCode(t, documents), offhours.ExportAndDelete)

	w.temporal.cancel(t, workflowID(closedAccount, created.ID))
	revoked := caller.ended(t, created.ID, offhours.StatusRevoked)
	if revoked.RevokedBy == nil || revoked.Outcomes.NotProcessed != revoked.Records || w.db.deleted(t, created.ID) != 0 {
		t.Errorf("the request is %+v, want it revoked by somebody and untouched", revoked)
	}
	again := caller.create(t, created.ActivityType, offhours.ExportAndDelete)
	if again.Records != created.Records {
		t.Errorf("%d records match after the cancel, want all %d", again.Records, created.Records)
	}
}

// A terminated workflow hears nobody, but until a worker finds out its request
// can be revoked.
func TestARequestWhoseWorkflowWasTerminatedInTheQueueCanStillBeRevoked(t *testing.T) {
	parallel(t)
	w := startWorld(t, 0)
	w.generate(t, closedAccount, 500)
	w.startAPI(t, nil)
	caller := w.signIn(t, bea)
	created := caller.create(t, caller.typeCode(t, documents), offhours.ExportAndDelete)
	if err := w.temporal.TerminateWorkflow(t.Context(), workflowID(closedAccount, created.ID), "", "by mistake"); err != nil {
		t.Fatal(err)
	}

	status, body := caller.send(t, http.MethodPost, caller.base+"/api/v1/requests/"+created.ID+"/revoke", nil)
	if status != http.StatusOK {
		t.Fatalf("revoke answered %d %s, want 200", status, body)
	}
	caller.ended(t, created.ID, offhours.StatusRevoked)
	caller.create(t, created.ActivityType, offhours.ExportAndDelete)
}

func TestACancelInTemporalFailsTheRequest_WhileItIsDeleting(t *testing.T) {
	parallel(t)
	w := startWorld(t, 60_000)
	w.startAPI(t, nil)
	worker := w.program(t, "worker", nil)
	w.slowly(t)
	w.create(t, offhours.ExportAndDelete)
	worker.freezeWhen(t, "a part of the records is deleted, and more is under way", func() bool {
		return w.partlyDeleted(t) && w.temporal.underWay(t, w.workflow(), deletePart)
	})
	w.temporal.cancel(t, w.workflow())
	worker.thaw(t)

	failed := w.admin.ended(t, w.request.ID, offhours.StatusFailed)
	if failed.Failure == nil || failed.Failure.Code != offhours.FailureCancelled {
		t.Errorf("the request failed with %v, want %s", failed.Failure, offhours.FailureCancelled)
	}
	if failed.Outcomes.Deleted == 0 || failed.Outcomes.NotProcessed == 0 {
		t.Errorf("outcomes are %+v, want a part deleted and a part not", failed.Outcomes)
	}
	w.checks(t, failed)
	w.wantTypeFree(t, failed)
}

// wantTypeFree creates another request for the records that were left and wants
// it to succeed.
func (w *world) wantTypeFree(t *testing.T, first offhours.Request) {
	t.Helper()
	second := w.admin.create(t, w.code, offhours.DeleteOnly)
	if second.Records != first.Outcomes.NotProcessed {
		t.Errorf("the second request has %d records, want the %d that were left", second.Records, first.Outcomes.NotProcessed)
	}
	ended := w.admin.ended(t, second.ID, offhours.StatusSuccess)
	if ended.Outcomes.Deleted != second.Records {
		t.Errorf("the second request ended with %+v, want all %d deleted", ended.Outcomes, second.Records)
	}
}

// cancel asks a workflow to end, as the Cancel button of Temporal's page does.
func (c temporal) cancel(t *testing.T, workflow string) {
	t.Helper()
	if err := c.CancelWorkflow(t.Context(), workflow, ""); err != nil {
		t.Fatal(err)
	}
}
