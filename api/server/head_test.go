package server_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func TestHeadIsAnsweredAsGetWithoutABody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.ended("success")
	for _, target := range []string{"/healthz", "/readyz", "/openapi.yaml", "/api/v1/me", "/api/v1/requests", path + "/report", path + "/files/records-0002.csv"} {
		whole := w.get(target)
		head := w.do(call{method: "HEAD", path: target})
		require.Equal(t, http.StatusOK, head.StatusCode, target)
		require.Empty(t, head.text, target)
		require.Equal(t, whole.Header.Get("Content-Type"), head.Header.Get("Content-Type"))
		require.Equal(t, whole.ContentLength, head.ContentLength, target)
		require.Equal(t, whole.Header.Get("ETag"), head.Header.Get("ETag"))
	}
	part := w.do(call{method: "HEAD", path: path + "/report", header: http.Header{"Range": {"bytes=0-9"}}})
	require.Equal(t, http.StatusPartialContent, part.StatusCode)
	require.EqualValues(t, 10, part.ContentLength)
	require.Contains(t, w.log.String(), `"method":"HEAD"`)
	require.Contains(t, w.get("/metrics").text, `method="HEAD",route="/api/v1/requests/:id/report"`)
}

func TestHeadIsRefusedAsGetIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stranger := call{method: "HEAD", path: "/api/v1/me", header: http.Header{"Authorization": nil}}
	require.Equal(t, http.StatusUnauthorized, w.do(stranger).StatusCode)
	require.Equal(t, http.StatusNotFound, w.do(call{method: "HEAD", path: "/api/v1/requests/" + uuid.NewString()}).StatusCode)
	a := w.do(call{method: "HEAD", path: "/api/v1/requests/x/revoke"})
	require.Equal(t, http.StatusMethodNotAllowed, a.StatusCode)
	require.Equal(t, "POST", a.Header.Get("Allow"))
	require.Contains(t, w.log.String(), `"code":"`+string(offhours.CodeUnauthenticated))
}
