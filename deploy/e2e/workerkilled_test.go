//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/offhours/offhours"
)

func TestARequestGoesOn_WhenItsWorkerWasKilledWhileDeleting(t *testing.T) {
	parallel(t)
	w := startWorld(t, 60_000)
	w.startAPI(t, nil)
	worker := w.program(t, "worker", nil)
	w.create(t, offhours.ExportAndDelete)
	w.edit(t, 25)
	worker.freezeWhen(t, "a part of the records is deleted, and more is under way", func() bool {
		return w.partlyDeleted(t) && w.temporal.underWay(t, w.workflow(), deletePart)
	})
	worker.Kill()

	w.program(t, "worker", nil)
	w.succeeds(t)
	w.temporal.wantSecondAttempt(t, w.workflow(), deletePart)
}

func TestARequestGoesOn_WhenItsWorkerWasKilledWhileExporting(t *testing.T) {
	parallel(t)
	w := startWorld(t, 60_000)
	w.startAPI(t, nil)
	worker := w.program(t, "worker", nil)
	w.create(t, offhours.ExportAndDelete)
	worker.freezeWhen(t, "parts are exported, others are not, and an export is under way", func() bool {
		return w.partlyExported(t) && w.temporal.underWay(t, w.workflow(), exportPart)
	})
	worker.Kill()

	w.program(t, "worker", nil)
	w.succeeds(t)
	w.temporal.wantSecondAttempt(t, w.workflow(), exportPart)
	// What the killed attempt left stays in nobody's export.
	if orphans := w.filesWithoutRow(t); len(orphans) > 0 {
		t.Logf("the killed attempt left %q", orphans)
	}
}

// filesWithoutRow returns the files of exports in the bucket that no part and no
// manifest points at.
func (w *world) filesWithoutRow(t *testing.T) (orphans []string) {
	t.Helper()
	err := filepath.WalkDir(w.bucket(), func(path string, entry os.DirEntry, err error) error {
		key, ok := strings.CutPrefix(filepath.ToSlash(path), filepath.ToSlash(w.bucket())+"/")
		if err != nil || entry.IsDir() || !ok || !strings.HasPrefix(key, "exports/") {
			return err
		}
		known := w.db.count(t, "SELECT (SELECT count(*) FROM parts WHERE $1 IN (csv_key, list_key)) + (SELECT count(*) FROM requests WHERE manifest_key = $1)", key)
		if known == 0 {
			orphans = append(orphans, filepath.Base(key))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return orphans
}
