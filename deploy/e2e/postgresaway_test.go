//go:build unix

package e2e

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/offhours/offhours"
)

func TestARequestGoesOn_WhenPostgresWasAwayWhileDeleting(t *testing.T) {
	parallel(t)
	w := startWorld(t, 60_000)
	postgres, behind := w.forwardPostgres(t)
	w.startAPI(t, behind)
	worker := w.program(t, "worker", behind)
	w.create(t, offhours.ExportAndDelete)
	w.edit(t, 25)
	worker.freezeWhen(t, "a part of the records is deleted, and more is under way", func() bool {
		return w.partlyDeleted(t) && w.temporal.underWay(t, w.workflow(), deletePart)
	})
	postgres.cut()
	worker.thaw(t)

	status, code := w.admin.refused(t, http.MethodGet, "requests/"+w.request.ID)
	if status != http.StatusServiceUnavailable || code != offhours.CodeUnavailable {
		t.Errorf("the API answered %d %s, want %d %s", status, code, http.StatusServiceUnavailable, offhours.CodeUnavailable)
	}
	w.wantUnready(t, "database")
	eventually(t, "the worker tries again", func() bool { return w.temporal.triedAgain(t, w.workflow(), deletePart) })
	if !w.partlyDeleted(t) {
		t.Error("all records were deleted while PostgreSQL was away")
	}

	postgres.reopen()
	w.succeeds(t)
	w.temporal.wantSecondAttempt(t, w.workflow(), deletePart)
}

// forwardPostgres puts a forwarder in front of PostgreSQL, and returns what the
// product has to be told to go through it.
func (w *world) forwardPostgres(t *testing.T) (*forwarder, map[string]string) {
	t.Helper()
	address, err := url.Parse(w.env["DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	f := forward(t, address.Host, true)
	address.Host = f.address
	return f, map[string]string{"DATABASE_URL": address.String()}
}
