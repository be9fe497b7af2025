//go:build unix

package e2e

import (
	"os"
	"testing"

	"github.com/offhours/offhours"
)

func TestARequestGoesOn_WhenTheBucketWasAwayWhileExporting(t *testing.T) {
	parallel(t)
	w := startWorld(t, 60_000)
	w.startAPI(t, nil)
	worker := w.program(t, "worker", nil)
	w.create(t, offhours.ExportAndDelete)
	worker.freezeWhen(t, "parts are exported, others are not, and an export is under way", func() bool {
		return w.partlyExported(t) && w.temporal.underWay(t, w.workflow(), exportPart)
	})
	putBack := w.takeBucketAway(t)
	worker.thaw(t)

	eventually(t, "the worker tries again", func() bool { return w.temporal.triedAgain(t, w.workflow(), exportPart) })
	w.wantUnready(t, "bucket")
	if w.db.deleted(t, w.request.ID) > 0 {
		t.Error("records were deleted while the bucket was away")
	}

	putBack()
	w.succeeds(t)
	w.temporal.wantSecondAttempt(t, w.workflow(), exportPart)
}

// takeBucketAway moves the bucket elsewhere and leaves in its place what nothing
// can be written into or read from.
func (w *world) takeBucketAway(t *testing.T) (putBack func()) {
	t.Helper()
	elsewhere := w.bucket() + ".away"
	if err := os.Rename(w.bucket(), elsewhere); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := os.Rename(elsewhere, w.bucket()); err != nil {
			t.Fatal(err)
		}
	}
}
