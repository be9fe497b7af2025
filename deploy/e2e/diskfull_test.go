//go:build unix

package e2e

import (
	"testing"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/archive/archivetest"
)

// Two of four parts fit on the disk.
func TestARequestEndsCleanly_WhenTheDiskIsFullWhileExporting(t *testing.T) {
	parallel(t)
	disk := archivetest.SmallDisk(t, 16)
	w := startWorld(t, 40_000)
	w.env["OFFHOURS_BUCKET_URL"] = "file://" + disk.Folder + "/bucket?create_dir=true"
	w.startAPI(t, nil)
	w.program(t, "worker", nil)
	w.create(t, offhours.ExportAndDelete)

	failed := w.admin.ended(t, w.request.ID, offhours.StatusFailed)
	if failed.Failure == nil || failed.Failure.Code != offhours.FailureArchiveFull {
		t.Errorf("the request failed for %v, want %s", failed.Failure, offhours.FailureArchiveFull)
	}
	if want := (offhours.Outcomes{NotProcessed: failed.Records}); failed.Outcomes != want {
		t.Errorf("the outcomes are %+v, want %+v", failed.Outcomes, want)
	}
	if lost := without(w.before, w.db.records(t, openAccount, w.code)); len(lost) > 0 || len(w.db.witnessed(t, openAccount, w.code)) > 0 {
		t.Errorf("%d records were deleted", len(lost))
	}
	if lines := len(w.admin.reported(t, failed.ID)[offhours.OutcomeNotProcessed]); lines != failed.Records {
		t.Errorf("the report has %d lines, want %d", lines, failed.Records)
	}
	eventually(t, "creation and failure are announced", func() bool {
		return w.db.count(t, "SELECT count(*) FROM notices WHERE state = 'sent' AND kind IN ('created', 'failed')") == 2
	})

	disk.Resize(t, 200)
	w.create(t, offhours.ExportAndDelete) // the type is free
	w.succeeds(t)
}
