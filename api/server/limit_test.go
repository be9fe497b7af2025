package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/api/server"
)

// limited serves the API anew, with limits.
func (w world) limited(limits server.Limits) world {
	w.T.Helper()
	w.limits = limits
	w.url = w.serve(w.T.(*testing.T), w.DB)
	return w
}

func TestAUserWhoCallsTooOftenIsToldWhenToComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t).limited(server.Limits{UserCalls: 21})
	w.AddUser(w.Account.ID, "second@acme.example", offhours.RoleAdministrator)
	for range 21 {
		require.Equal(t, http.StatusOK, w.get("/api/v1/me").StatusCode)
	}

	a := w.get("/api/v1/me")

	p := w.refused(a, http.StatusTooManyRequests, offhours.CodeRateLimited)
	require.Regexp(t, `^[123]$`, a.Header.Get("Retry-After"))
	require.Equal(t, "Too many calls by this user. Please try again in "+a.Header.Get("Retry-After")+" s.", p.Detail)
	upper := bearer(w.issuer.Token(t, strings.ToUpper(w.Admin.Email)))
	w.refused(w.do(call{method: "GET", path: "/api/v1/me", header: upper}), http.StatusTooManyRequests, offhours.CodeRateLimited)
	second := bearer(w.issuer.Token(t, "second@acme.example"))
	require.Equal(t, http.StatusOK, w.do(call{method: "GET", path: "/api/v1/me", header: second}).StatusCode)
	require.Equal(t, http.StatusOK, w.get("/healthz").StatusCode, "operations have no limit")
	metrics := w.get("/metrics").text
	require.Contains(t, metrics, `offhours_http_rate_limited_total{by="user"} 2`)
	require.Contains(t, metrics, `offhours_http_requests_total{code="rate_limited",method="GET",route="/api/v1/me",status="429"} 2`)
}

func TestAnAccountsUsersShareAnAllowance(t *testing.T) {
	t.Parallel()
	w := newWorld(t).limited(server.Limits{AccountCalls: 20})
	w.AddUser(w.Account.ID, "second@acme.example", offhours.RoleAdministrator)
	w.NewAccount("Globex", "admin@globex.example")
	me := func(email string) answer {
		return w.do(call{method: "GET", path: "/api/v1/me", header: bearer(w.issuer.Token(t, email))})
	}
	for range 10 {
		require.Equal(t, http.StatusOK, me(w.Admin.Email).StatusCode)
		require.Equal(t, http.StatusOK, me("second@acme.example").StatusCode)
	}
	p := w.refused(me("second@acme.example"), http.StatusTooManyRequests, offhours.CodeRateLimited)
	require.Contains(t, p.Detail, "this account")
	require.Equal(t, http.StatusOK, me("admin@globex.example").StatusCode)
}

func TestCallsThatCountRecordsWeighMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t).limited(server.Limits{UserCalls: 45})
	w.AddType(201, 3, old)
	require.Equal(t, http.StatusOK, w.post("/api/v1/requests/preview", previewBody(201)).StatusCode)
	require.Equal(t, http.StatusCreated, w.create(body(201), uuid.NewString()).StatusCode)
	w.refused(w.create(body(201), uuid.NewString()), http.StatusTooManyRequests, offhours.CodeRateLimited)
	require.Equal(t, http.StatusOK, w.get("/api/v1/requests").StatusCode, "what is left is enough to look")
	require.Equal(t, 1, w.Count("requests"))
}

func TestAStrangerIsRefusedBeforeAnythingIsCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t).limited(server.Limits{UserCalls: 20, AccountCalls: 20})
	for range 50 {
		w.refused(w.do(call{method: "GET", path: "/api/v1/me", header: http.Header{"Authorization": nil}}), http.StatusUnauthorized, offhours.CodeUnauthenticated)
	}
	require.Equal(t, http.StatusOK, w.get("/api/v1/me").StatusCode)
}

func TestACallThatItsAccountMayNotMakeCostsItsUserNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t).limited(server.Limits{UserCalls: 30, AccountCalls: 20})
	w.AddUser(w.Account.ID, "second@acme.example", offhours.RoleAdministrator)
	second := bearer(w.issuer.Token(t, "second@acme.example"))
	for range 20 {
		require.Equal(t, http.StatusOK, w.do(call{method: "GET", path: "/api/v1/me", header: second}).StatusCode)
	}
	refusals := 0
	for range 60 {
		if a := w.get("/api/v1/me"); a.StatusCode != http.StatusOK { // the allowance refills meanwhile
			require.Contains(t, w.refused(a, http.StatusTooManyRequests, offhours.CodeRateLimited).Detail, "this account")
			refusals++
		}
	}
	require.Greater(t, refusals, 30)
}
