//go:build unix

package e2e

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/offhours/offhours"
)

func TestARequestIsAcceptedAndRuns_WhenTemporalWasAway(t *testing.T) {
	parallel(t)
	w := startWorld(t, 2_000)
	temporal := forward(t, w.env["TEMPORAL_ADDRESS"], false)
	w.env["TEMPORAL_ADDRESS"] = temporal.address
	w.startAPI(t, nil)
	operations := w.program(t, "worker", metricsAddress).operations(t)
	if status, body := read(t, operations+"/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(string(body), `"temporal":"unavailable"`) {
		t.Errorf("a worker that waits for Temporal answers %d %s", status, body)
	}

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
	eventually(t, "the worker is ready", func() bool { status, _ := read(t, operations+"/readyz"); return status == http.StatusOK })
	_, page := read(t, operations+"/metrics")
	wantMetric(t, page, "offhours_records_deleted_total", strconv.Itoa(w.admin.request(t, w.request.ID).Outcomes.Deleted))
	wantMetric(t, page, `offhours_requests\{status="success"\}`, "1")
	wantMetric(t, page, "temporal_workflow_completed_total", `[1-9]\d*`)
	if bytes.Contains(page, []byte(w.request.ID)) {
		t.Error("the metrics name a request")
	}
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
