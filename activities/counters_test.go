package activities_test

import (
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
	"github.com/offhours/offhours/internal/metrics"
)

// counted runs the activities from now on as a worker that counts.
func (p *pipeline) counted() *metrics.Metrics {
	p.T.Helper()
	counted := metrics.New(slog.New(slog.DiscardHandler))
	handler, err := counted.Temporal()
	require.NoError(p.T, err)
	suite := new(testsuite.WorkflowTestSuite)
	suite.SetMetricsHandler(handler)
	p.env = suite.NewTestActivityEnvironment()
	for _, activity := range []any{p.timing, p.selection, p.export, p.verification, p.deletion, p.closing} {
		p.env.RegisterActivity(activity)
	}
	return counted
}

func TestTheTimeOfStepsIsCounted(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 25)
	counted := p.counted()
	parts := &activities.Parts{Exporting: p.export, Verifying: p.verification, Deleting: p.deletion, Turn: time.Hour}
	p.env.RegisterActivity(parts)
	p.begin(offhours.ExportAndDelete)
	input := activities.PartsInput{RequestRef: p.ref, Parts: p.plan(1)}
	require.NoError(t, p.do(nil, parts.ArchiveParts, input))
	p.seal(1)
	require.NoError(t, p.do(nil, parts.DeleteParts, input))

	page := shown(counted)

	for _, step := range []string{"export", "verify", "delete"} {
		require.Regexp(t, `(?m)^offhours_step_seconds_count\{[^}]*step="`+step+`"[^}]*\} 3$`, page)
	}
}

// shown is the page that the worker shows.
func shown(counted *metrics.Metrics) string {
	page := httptest.NewRecorder()
	counted.Handler().ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	return page.Body.String()
}

func TestPausesAreCountedByTheirReason(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 0)
	p.AddRecords(code, 200, 50*24*3600e9)
	p.selection.PartSize = 200
	counted := p.counted()
	p.limit(calm)
	p.limit(offhours.Limits{offhours.LimitBatchRecords: 100, offhours.LimitPause: 1})
	p.mayDelete()
	require.NoError(t, p.DB.RecordPace(t.Context(), p.ref, offhours.Pace{Share: .9, SlowedBy: []offhours.SlowReason{offhours.SlowVacuum}}))
	p.delete(1)

	page := shown(counted)

	require.Regexp(t, `(?m)^offhours_throttle_pause_seconds_count\{[^}]*reason="vacuum"[^}]*\} 3$`, page)
	require.Regexp(t, `(?m)^offhours_throttle_pause_seconds_sum\{[^}]*reason="vacuum"[^}]*\} 0\.\d+$`, page)
	require.Regexp(t, `(?m)^offhours_throttle_batch_records(\{[^}]*\})? 9\d$`, page)
	require.NotContains(t, page, p.ref.RequestID)
}

func TestTheWorkOnRecordsIsCounted(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 25)
	counted := p.counted()
	p.begin(offhours.ExportAndDelete)
	parts := p.plan(1)
	p.archive(parts...)
	p.seal(1)
	p.Exec(`UPDATE records SET note = 'edited', modified_on = now() WHERE id = (SELECT min(id::text)::uuid FROM records)`)
	p.delete(parts...)
	p.delete(parts...) // what is done is not counted again

	page := shown(counted)

	for counter, n := range map[string]string{
		"offhours_records_exported_total": "25",
		"offhours_records_verified_total": "25",
		"offhours_records_deleted_total":  "24",
		"offhours_delete_batches_total":   "3",
	} {
		require.Regexp(t, `(?m)^`+counter+`(\{[^}]*\})? `+n+`$`, page)
	}
	for _, private := range []string{p.ref.RequestID, "acme", "Acme"} {
		require.NotContains(t, page, private)
	}
}
