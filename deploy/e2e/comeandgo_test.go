//go:build unix

package e2e

import (
	"strconv"
	"syscall"
	"testing"

	"github.com/offhours/offhours"
)

// Each part that the product stands on goes away and comes back in either half
// of a request's work, besides what the tests of one outage do.
func TestRequestsGoOn_WhenPartsComeAndGo(t *testing.T) {
	parallel(t)
	w := startWorld(t, 60_000)
	postgres, behind := w.forwardPostgres(t)
	temporal := forward(t, w.env["TEMPORAL_ADDRESS"], true)
	behind["TEMPORAL_ADDRESS"] = temporal.address
	w.startAPI(t, behind)
	worker := w.program(t, "worker", behind)

	w.create(t, offhours.ExportAndDelete)
	w.whileExporting(t, worker, postgres.cut)
	postgres.reopen()
	putBack := func() {}
	w.whileDeleting(t, worker, func() { putBack = w.takeBucketAway(t) })
	eventually(t, "the delete is tried again", func() bool { return w.temporal.triedAgain(t, w.workflow(), deletePart) })
	putBack()
	w.succeeds(t)

	w.run(t, "load", "generate", "--account", strconv.Itoa(openAccount), "--type", documents, "--records", "60000", "--seed", "2")
	w.db.execute(t, "TRUNCATE witness")
	w.create(t, offhours.ExportAndDelete)
	w.whileExporting(t, worker, temporal.cut) // noticed when heartbeats are missed
	temporal.reopen()
	w.whileDeleting(t, worker, func() { w.crashPostgres(t) })
	w.succeeds(t)
}

// whileExporting makes an outage in the middle of the export, and waits until it
// was felt.
func (w *world) whileExporting(t *testing.T, worker *process, outage func()) {
	t.Helper()
	worker.freezeWhen(t, "parts are exported, others are not, and an export is under way", func() bool {
		return w.partlyExported(t) && w.temporal.underWay(t, w.workflow(), exportPart)
	})
	outage()
	worker.thaw(t)
	eventually(t, "the export is tried again", func() bool { return w.temporal.triedAgain(t, w.workflow(), exportPart) })
	if w.db.deleted(t, w.request.ID) > 0 {
		t.Error("records were deleted before all were exported")
	}
}

// whileDeleting makes one in the middle of the delete.
func (w *world) whileDeleting(t *testing.T, worker *process, outage func()) {
	t.Helper()
	worker.freezeWhen(t, "a part of the records is deleted, and more is under way", func() bool {
		return w.partlyDeleted(t) && w.temporal.underWay(t, w.workflow(), deletePart)
	})
	outage()
	worker.thaw(t)
}

// crashPostgres kills one server process of PostgreSQL: all others end too, and
// it recovers from its log.
func (w *world) crashPostgres(t *testing.T) {
	t.Helper()
	began := "SELECT extract(epoch FROM pg_postmaster_start_time())::int"
	started := w.db.count(t, began)
	pid := w.db.count(t, "SELECT pg_backend_pid()")
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "PostgreSQL has recovered", func() bool { return w.db.Ping(t.Context()) == nil })
	if w.db.count(t, began) != started {
		t.Error("PostgreSQL was started anew, want a recovery")
	}
}
