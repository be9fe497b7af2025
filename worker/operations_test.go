package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/internal/health"
	"github.com/offhours/offhours/internal/metrics"
)

func fine(context.Context) error { return nil }

func get(t *testing.T, o *operations, path string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+o.address+path, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

func TestAWorkerIsReadyOnceItIsConnectedToTemporal(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	o, err := openOperations("127.0.0.1:0", log, metrics.New(log).Handler(), health.Parts{"database": fine, "bucket": fine})
	require.NoError(t, err)
	t.Cleanup(o.close)

	status, body := get(t, o, "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.JSONEq(t, `{"ready": false, "parts": {"bucket": "ok", "database": "ok", "temporal": "unavailable"}}`, body)
	status, body = get(t, o, "/healthz")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"status": "ok"}`, body)

	o.connected(fine)
	require.Eventually(t, func() bool {
		status, body = get(t, o, "/readyz")
		return status == http.StatusOK
	}, 10*health.Fresh, health.Fresh/20)
	require.JSONEq(t, `{"ready": true, "parts": {"bucket": "ok", "database": "ok", "temporal": "ok"}}`, body)
	status, body = get(t, o, "/metrics")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "go_goroutines")
}

func TestAWorkerWithoutAnAddressListensNowhere(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	o, err := openOperations("", log, http.NotFoundHandler(), health.Parts{})
	require.NoError(t, err)
	require.Empty(t, o.address)
	o.close()
	_, err = openOperations("127.0.0.1:99999", log, http.NotFoundHandler(), health.Parts{})
	require.ErrorContains(t, err, "OFFHOURS_METRICS_ADDRESS")
}
