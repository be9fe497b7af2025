//go:build unix

package e2e

import (
	"net/http"
	"testing"

	"github.com/offhours/offhours"
)

func TestARequestIsAcceptedAndRuns_WhenTemporalWasAway(t *testing.T) {
	parallel(t)
	w := startWorld(t, 2_000)
	temporal := forward(t, w.env["TEMPORAL_ADDRESS"], false)
	w.env["TEMPORAL_ADDRESS"] = temporal.address
	w.startAPI(t, nil)
	w.program(t, "worker", nil)

	w.create(t, offhours.ExportAndDelete) // wants 201
	status, code := w.admin.refused(t, http.MethodPost, "requests/"+w.request.ID+"/revoke")
	if status != http.StatusServiceUnavailable || code != offhours.CodeUnavailable {
		t.Errorf("revoke answered %d %s, want %d %s", status, code, http.StatusServiceUnavailable, offhours.CodeUnavailable)
	}
	w.wantUnready(t, "temporal")
	if r := w.admin.request(t, w.request.ID); r.Status != offhours.StatusInQueue {
		t.Errorf("the request is %s, want %s", r.Status, offhours.StatusInQueue)
	}

	temporal.reopen()
	w.succeeds(t)
	eventually(t, "the API is ready", func() bool { return w.answers(t, "/readyz") })
}

// wantUnready wants /readyz to name the part that is away, and no other.
func (w *world) wantUnready(t *testing.T, away string) {
	t.Helper()
	status, parts := w.readiness(t)
	if status != http.StatusServiceUnavailable {
		t.Errorf("/readyz answered %d, want %d", status, http.StatusServiceUnavailable)
	}
	for _, part := range []string{"database", "temporal", "bucket"} {
		want := "ok"
		if part == away {
			want = "unavailable"
		}
		if parts[part] != want {
			t.Errorf("/readyz says %s is %q, want %q", part, parts[part], want)
		}
	}
}
