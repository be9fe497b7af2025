package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/internal/metrics"
	"github.com/offhours/offhours/starter/control"
)

func TestWhatTheReconcilerFindsIsLoggedAndCounted(t *testing.T) {
	t.Parallel()
	counted := metrics.New(slog.New(slog.DiscardHandler))
	handler, err := counted.Temporal()
	require.NoError(t, err)
	var log bytes.Buffer
	u := &upkeep{metrics: handler, logger: slog.New(slog.NewTextHandler(&log, nil))}

	u.report([]control.Finding{
		{Kind: control.FindingAbandoned, AccountID: 7, RequestID: "r1", WorkflowID: "bulk/7/r1", Mended: true},
		{Kind: control.FindingDisagreement, AccountID: 7, RequestID: "r2", WorkflowID: "bulk/7/r2"},
		{Kind: control.FindingDisagreement, AccountID: 8, RequestID: "r3", WorkflowID: "bulk/8/r3"},
	})

	answer := httptest.NewRecorder()
	counted.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	page, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Contains(t, string(page), `offhours_findings_total{kind="abandoned"} 1`)
	require.Contains(t, string(page), `offhours_findings_total{kind="disagreement"} 2`)
	require.Contains(t, log.String(), "kind=abandoned account=7 request=r1 workflow=bulk/7/r1")
	require.Contains(t, log.String(), "mended=true")
}
