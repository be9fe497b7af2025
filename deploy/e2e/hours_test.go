//go:build unix

package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	sdkpb "go.temporal.io/api/sdk/v1"

	"github.com/offhours/offhours"
)

// Business hours that are changed over REST, in the middle of the work.

// Twice a delete is stopped in its middle by business that begins, and goes on when
// it ends: two nights, but for the waiting.
func TestNothingIsDeletedWhileBusinessGoesOn(t *testing.T) {
	parallel(t)
	w := startWorld(t, 30_000)
	gate := w.db.gate(t)
	w.startAPI(t, nil)
	w.program(t, "worker", nil)
	w.create(t, offhours.ExportAndDelete)

	deleted := 0
	for night := range 2 {
		gate.open(t)
		eventually(t, "some more records are deleted", func() bool { return w.db.deleted(t, w.request.ID) > deleted })
		gate.close(t)
		if deleted = w.db.deleted(t, w.request.ID); deleted >= w.request.Records {
			t.Fatal("nothing was left to be deleted when business began")
		}
		began := w.businessBegins(t)
		gate.open(t) // nothing holds the worker back now but the hours
		w.wantPause(t)
		gate.close(t)
		ended := w.db.now(t)
		w.setHours(t, w.admin, 8, 16)
		if seen := w.db.count(t, "SELECT count(*) FROM witness WHERE at BETWEEN $1 AND $2", began, ended); seen > 0 {
			t.Errorf("night %d: %d records were deleted while business went on", night+1, seen)
		}
	}
	gate.open(t)
	w.succeeds(t)
	if paused := w.db.count(t, "SELECT count(*) FROM requests WHERE paused_until IS NOT NULL"); paused > 0 {
		t.Error("the request is still shown as paused")
	}
}

func (w *world) businessBegins(t *testing.T) (at time.Time) {
	t.Helper()
	w.setHours(t, w.admin, -4, 4)
	at = w.db.now(t)
	if r := w.admin.request(t, w.request.ID); r.Status != offhours.StatusInProgress || !strings.HasPrefix(r.StatusDetail, "Paused until ") {
		t.Errorf("the request is shown as %s: %q, want a pause at once", r.Status, r.StatusDetail)
	}
	return at
}

// wantPause waits until the workflow has heard of the pause, wakes it up once more,
// and wants operators to see what users see.
func (w *world) wantPause(t *testing.T) {
	t.Helper()
	eventually(t, "the workflow pauses", func() bool { return w.temporal.asked(t, w.workflow(), "Resume") > 0 && w.pauseShown(t) })
	asked := w.temporal.asked(t, w.workflow(), "Resume")
	if err := w.temporal.SignalWorkflow(t.Context(), w.workflow(), "", "schedule-changed", nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the workflow has looked once more", func() bool { return w.temporal.asked(t, w.workflow(), "Resume") > asked && w.pauseShown(t) })
}

// pauseShown reports whether users, the query and Temporal's page say so.
func (w *world) pauseShown(t *testing.T) bool {
	t.Helper()
	var answered offhours.Request
	w.temporal.query(t, w.workflow(), "status", &answered)
	var metadata sdkpb.WorkflowMetadata
	w.temporal.query(t, w.workflow(), "__temporal_workflow_metadata", &metadata)
	shown := w.admin.request(t, w.request.ID)
	return strings.HasPrefix(shown.StatusDetail, "Paused until ") && strings.HasPrefix(answered.StatusDetail, "Paused until ") &&
		shown.Progress.PausedUntil != nil && answered.Progress.PausedUntil != nil && shown.Progress.PausedUntil.Equal(*answered.Progress.PausedUntil) &&
		strings.HasPrefix(metadata.GetCurrentDetails(), "**In Progress**: Paused until ")
}

// The API cannot reach Temporal when the hours are changed for the second time: a
// worker tells the workflow.
func TestAQueuedRequestIsPlannedAnewWhenHoursChange(t *testing.T) {
	parallel(t)
	w := startWorld(t, 0)
	w.generate(t, closedAccount, 500)
	reach := forward(t, w.env["TEMPORAL_ADDRESS"], true)
	w.startAPI(t, map[string]string{"TEMPORAL_ADDRESS": reach.address})
	w.program(t, "worker", nil)
	caller := w.signIn(t, bea)
	queued := caller.create(t, caller.typeCode(t, documents), offhours.ExportAndDelete)
	eventually(t, "the workflow waits", func() bool { return w.temporal.asked(t, workflowID(closedAccount, queued.ID), "ScheduleStart") > 0 })

	w.setHours(t, caller, -4, 6)
	var account struct{ NextWindows []offhours.Window }
	caller.get(t, "account", &account)
	later := caller.request(t, queued.ID)
	if !later.StartsAt.Equal(account.NextWindows[0].Open) || later.StartsAt.Sub(*queued.StartsAt) < 2*time.Hour {
		t.Errorf("the start moved from %s to %s, want it at %s", queued.StartsAt, later.StartsAt, account.NextWindows[0].Open)
	}

	reach.cut()
	w.setHours(t, caller, 8, 16)
	if sooner := caller.request(t, queued.ID); sooner.Status == offhours.StatusInQueue && sooner.StartsAt.After(w.db.now(t)) {
		t.Errorf("the request still waits until %s", sooner.StartsAt)
	}
	ended := caller.ended(t, queued.ID, offhours.StatusSuccess)
	if ended.Outcomes.Deleted != ended.Records {
		t.Errorf("the request ended with %+v, want all %d deleted", ended.Outcomes, ended.Records)
	}
}

// setHours changes the business hours of a caller's account over REST: every day,
// from and to so many hours after now.
func (w *world) setHours(t *testing.T, caller admin, from, to int) {
	t.Helper()
	status, body := caller.send(t, http.MethodPut, caller.base+"/api/v1/account", daily(hours(time.Now().UTC(), from, to)))
	if status != http.StatusOK {
		t.Fatalf("change the hours: %d %s", status, body)
	}
}
