package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/api/openapi"
	"github.com/offhours/offhours/internal/postgres"
)

func TestOperationsNeedNoToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, text := range map[string]string{
		"/":             "The page.",
		"/healthz":      `{"status":"ok"}`,
		"/readyz":       `{"parts":{"bucket":"ok","database":"ok","temporal":"ok"},"ready":true}`,
		"/openapi.yaml": string(openapi.Specification),
	} {
		a := w.do(call{method: "GET", path: path, header: http.Header{"Authorization": nil}})
		require.Equal(t, http.StatusOK, a.StatusCode, path)
		require.Contains(t, a.text, text, path)
		require.Equal(t, "nosniff", a.Header.Get("X-Content-Type-Options"))
	}
}

func TestReadinessNamesThePartThatIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.workflows.fail = errSecret

	a := w.get("/readyz")

	require.Equal(t, http.StatusServiceUnavailable, a.StatusCode)
	require.JSONEq(t, `{"ready": false, "parts": {"bucket": "ok", "database": "ok", "temporal": "unavailable"}}`, a.text)
	require.Equal(t, http.StatusOK, w.get("/healthz").StatusCode)
}

func TestUnknownAddressesAndMethodsAreProblems(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"/nowhere", "/api/v1/nowhere", "/api/v1/requests/", "/api/v2/me"} {
		w.refused(w.get(path), http.StatusNotFound, offhours.CodeNotFound)
	}
	a := w.do(call{method: "DELETE", path: "/api/v1/requests"})
	w.refused(a, http.StatusMethodNotAllowed, offhours.CodeInvalidRequest)
	require.Equal(t, "GET, HEAD, POST", a.Header.Get("Allow"))
	a = w.do(call{method: "OPTIONS", path: "/api/v1/requests"})
	w.refused(a, http.StatusMethodNotAllowed, offhours.CodeInvalidRequest)
	require.Empty(t, a.Header.Get("Access-Control-Allow-Origin"), "pages of other origins have no business here")
}

func TestABrowserLedAstrayGetsThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inBrowser := http.Header{"Accept": {"text/html,application/xhtml+xml,*/*;q=0.8"}, "Authorization": nil}

	a := w.do(call{method: "GET", path: "/nowhere", header: inBrowser})
	require.Equal(t, http.StatusNotFound, a.StatusCode)
	require.Equal(t, "The page.", a.text)

	w.refused(w.do(call{method: "GET", path: "/api/v1/nowhere", header: inBrowser}), http.StatusNotFound, offhours.CodeNotFound)
	w.refused(w.do(call{method: "POST", path: "/nowhere", header: inBrowser}), http.StatusNotFound, offhours.CodeNotFound)
}

func TestEveryAnswerIsMarkedAndNeverCached(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.do(call{method: "GET", path: "/api/v1/me", header: http.Header{"X-Request-Id": {"chosen"}}})
	require.Len(t, a.Header.Get("X-Request-Id"), 36, "callers do not choose what is logged")
	require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
	require.Equal(t, "nosniff", a.Header.Get("X-Content-Type-Options"))
	require.Contains(t, w.log.String(), a.Header.Get("X-Request-Id"))
	require.Regexp(t, `"took_ms":\d+(\.\d{1,3})?[,}]`, w.log.String())
}

func TestADatabaseThatIsAwayIsUnavailable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	db, err := postgres.Open(t.Context(), "postgres://user:secret@127.0.0.1:1/none")
	require.NoError(t, err)
	t.Cleanup(db.Close)
	url := w.serve(t, db)
	for _, c := range routes("00000000-0000-0000-0000-000000000000") {
		c.url = url
		a := w.do(c)
		w.refused(a, http.StatusServiceUnavailable, offhours.CodeUnavailable)
		require.Equal(t, "5", a.Header.Get("Retry-After"))
	}
}

func TestAnIssuerThatIsAwayIsUnavailable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.issuer.Away.Store(true)
	w.refused(w.get("/api/v1/me"), http.StatusServiceUnavailable, offhours.CodeUnavailable)
}

func TestABugTellsNothingAndIsLoggedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 3)
	w.workflows.crash = true
	w.refused(w.revoke(id, ""), http.StatusInternalServerError, offhours.CodeInternal)
	require.Equal(t, 1, strings.Count(w.log.String(), "secret panic"))

	w.Exec(`ALTER TABLE requests RENAME TO renamed`)
	w.refused(w.get("/api/v1/requests"), http.StatusInternalServerError, offhours.CodeInternal)
	require.Equal(t, 1, strings.Count(w.log.String(), "42P01"))
}
