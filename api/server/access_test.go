package server_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/api/auth/authtest"
)

func TestEveryRouteNeedsAGoodToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	claims := w.issuer.Claims(w.Admin.Email)
	for name, header := range map[string]http.Header{
		"no token":         {"Authorization": nil},
		"another scheme":   {"Authorization": {"Basic YTpi"}},
		"expired":          bearer(w.issuer.Token(t, w.Admin.Email, map[string]any{"exp": time.Now().Add(-time.Minute).Unix()})),
		"another audience": bearer(w.issuer.Token(t, w.Admin.Email, map[string]any{"aud": "another"})),
		"unverified email": bearer(w.issuer.Token(t, w.Admin.Email, map[string]any{"email_verified": false})),
		"no verification":  bearer(w.issuer.Token(t, w.Admin.Email, map[string]any{"email_verified": nil})),
		"alg HS256":        bearer(authtest.Sign(t, jose.HS256, bytes.Repeat([]byte("k"), 32), "key", claims)),
		"alg none":         bearer("eyJhbGciOiJub25lIn0.e30."),
	} {
		for _, c := range routes(uuid.NewString()) {
			a := w.do(c.with(header))
			w.refused(a, http.StatusUnauthorized, offhours.CodeUnauthenticated)
			require.Equal(t, "Bearer", a.Header.Get("WWW-Authenticate"), "%s: %s", name, c.path)
		}
	}
	require.Zero(t, w.Count("requests"))
}

func TestOnlyActiveAdministratorsMayUseTheFeature(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 1, 40*24*time.Hour)
	w.AddUser(w.Account.ID, "manager@acme.example", offhours.RoleSalesManager)
	manager := bearer(w.issuer.Token(t, "manager@acme.example"))

	for _, c := range routes(w.Queue(202, 1)) {
		if a := w.do(c.with(manager)); c.path != "/api/v1/me" {
			require.Equal(t, offhours.TextAccessDenied, w.refused(a, http.StatusForbidden, offhours.CodeAccessDenied).Detail)
		} else {
			require.Equal(t, http.StatusOK, a.StatusCode, a.text)
			require.Contains(t, a.text, `"isAdmin":false`)
		}
	}
	require.Equal(t, 1, w.Count("requests"))
}

func TestStrangersAndTheInactiveMayDoNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddUser(w.Account.ID, "left@acme.example", offhours.RoleAdministrator)
	w.Exec(`UPDATE users SET active = false WHERE email = 'left@acme.example'`)
	for _, email := range []string{"left@acme.example", "stranger@acme.example"} {
		for _, c := range routes(uuid.NewString()) {
			w.refused(w.do(c.with(bearer(w.issuer.Token(t, email)))), http.StatusForbidden, offhours.CodeAccessDenied)
		}
	}
}

func TestAnAccountWithoutTheFeatureSeesOnlyThat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec(`UPDATE accounts SET feature_enabled = false`)
	for _, c := range routes(uuid.NewString()) {
		if a := w.do(c); c.path != "/api/v1/me" {
			w.refused(a, http.StatusForbidden, offhours.CodeFeatureDisabled)
		} else {
			require.Equal(t, http.StatusOK, a.StatusCode, a.text)
			require.Contains(t, a.text, `"featureEnabled":false`)
		}
	}
}

func TestAnotherAccountsRequestIsNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	globex := w.NewAccount("Globex", "admin@globex.example")
	theirs := globex.Queue(201, 10)
	globex.Run(theirs, "deleting", 1, 10)
	globex.End(theirs, "success", 10)
	for _, id := range []string{theirs, uuid.NewString(), "1", "x%00y", "..%2f.."} {
		for _, c := range routes(id)[7:] {
			w.refused(w.do(c), http.StatusNotFound, offhours.CodeNotFound)
		}
	}
	mine := w.get("/api/v1/requests")
	require.JSONEq(t, `{"items": [], "page": 1, "pageSize": 15, "total": 0, "creators": []}`, mine.text)
	require.Empty(t, w.workflows.revoked)
}

func TestMeTellsWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.do(call{method: "GET", path: "/api/v1/me", header: bearer(w.issuer.Token(t, "ADMIN@acme.example"))})
	require.Equal(t, http.StatusOK, a.StatusCode)
	require.Contains(t, a.text, `"account":{"id":1,"name":"Acme","timeZone":"Asia/Kolkata"}`)
	require.Contains(t, a.text, `"email":"admin@acme.example","featureEnabled":true,"isAdmin":true,"role":"administrator"`)
}

func TestAnAccountShowsItsHoursAndWindows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec(`UPDATE accounts SET schedule = '{"timeZone": "Europe/Berlin", "holidays": ["2026-12-25"], "businessHours": {"monday": [{"from": "09:00", "to": "18:00"}]}}'`)
	a := w.get("/api/v1/account")
	require.Equal(t, http.StatusOK, a.StatusCode, a.text)
	require.Contains(t, a.text, `"monday":[{"from":"09:00","to":"18:00"}],"tuesday":[]`)
	require.Contains(t, a.text, `"holidays":["2026-12-25"]`)
	require.Regexp(t, `"nextWindows":\[(\{"from":"[^"]+Z","to":"[^"]+Z"\},?){5}\]`, a.text)
	require.NotRegexp(t, `\.\d{7}`, a.text, "times have microseconds")
}

func TestOnlyCustomTypesAreListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.JSONEq(t, `{"items": []}`, w.get("/api/v1/activity-types").text)
	w.AddType(201, 0, 0)
	w.Exec(`INSERT INTO record_types (account_id, code, name, category) VALUES ($1, 1, 'Phone Call', 'core')`, w.Account.ID)
	require.JSONEq(t, `{"items": [{"code": 201, "name": "Type 201"}]}`, w.get("/api/v1/activity-types").text)
}

// Whoever has several faults is told the first one of the contract's order.
func TestAccessIsRefusedInOrderAndBeforeTheBodyIsLookedAt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddUser(w.Account.ID, "manager@acme.example", offhours.RoleSalesManager)
	w.Exec(`UPDATE accounts SET feature_enabled = false`)
	manager, admin := bearer(w.issuer.Token(t, "manager@acme.example")), bearer(w.issuer.Token(t, w.Admin.Email))
	for _, wrong := range []call{
		{method: "POST", path: "/api/v1/requests", body: "{"}, // and no Idempotency-Key
		{method: "POST", path: "/api/v1/requests", body: strings.Repeat(" ", offhours.MaxBodyBytes+1)},
		{method: "POST", path: "/api/v1/requests/preview", body: "{"},
		{method: "POST", path: "/api/v1/requests/" + uuid.NewString() + "/revoke", body: "{"},
		{method: "PUT", path: "/api/v1/account", body: "{"},
		{method: "GET", path: "/api/v1/requests?page=0"},
	} {
		w.refused(w.do(wrong.with(http.Header{"Authorization": nil})), http.StatusUnauthorized, offhours.CodeUnauthenticated)
		w.refused(w.do(wrong.with(manager)), http.StatusForbidden, offhours.CodeAccessDenied)
		w.refused(w.do(wrong.with(admin)), http.StatusForbidden, offhours.CodeFeatureDisabled)
	}
}
