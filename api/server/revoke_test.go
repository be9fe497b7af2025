package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func (w world) revoke(id, body string) answer {
	w.T.Helper()
	return w.post("/api/v1/requests/"+id+"/revoke", body)
}

func TestARequestInQueueCanBeRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 3)

	a := w.revoke(id, `{"reason": " Wrong range.\nSorry. "}`)

	require.Equal(t, http.StatusOK, a.StatusCode, a.text)
	require.Equal(t, offhours.StatusRevoked, w.request(a).Status)
	require.Equal(t, []string{w.Admin.ID + ": "}, w.workflows.revoked, "no history is told what users write")
	trail, err := w.DB.AuditTrail(t.Context(), id)
	require.NoError(t, err)
	asked := trail[len(trail)-1]
	require.Equal(t, [2]string{"revoke_asked", w.Admin.Email}, [2]string{asked.Action, asked.Actor})
	require.JSONEq(t, `{"reason": "Wrong range.\nSorry."}`, string(asked.Detail))
	again := w.revoke(id, "")
	require.Equal(t, http.StatusOK, again.StatusCode, "again, and without a body")
	require.Len(t, w.workflows.revoked, 1)
}

func TestAnyAdministratorOfTheAccountMayRevoke(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 3) // by another administrator
	w.AddUser(w.Account.ID, "second@acme.example", offhours.RoleAdministrator)
	second, _, err := w.DB.UserByEmail(t.Context(), "second@acme.example")
	require.NoError(t, err)

	a := w.do(call{method: "POST", path: "/api/v1/requests/" + id + "/revoke", header: bearer(w.issuer.Token(t, "second@acme.example"))})

	require.Equal(t, http.StatusOK, a.StatusCode, a.text)
	require.Equal(t, []string{second.ID + ": "}, w.workflows.revoked)
}

func TestARequestThatRunsOrEndedCannotBeRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 10)
	w.Run(id, "deleting", 1, 10)
	p := w.refused(w.revoke(id, ""), http.StatusConflict, offhours.CodeTooLateToRevoke)
	require.Equal(t, offhours.TextTooLateToRevoke, p.Detail)
	w.End(id, "success", 10)
	p = w.refused(w.revoke(id, ""), http.StatusConflict, offhours.CodeTooLateToRevoke)
	require.Equal(t, offhours.TextTooLateToRevoke, p.Detail)
	require.Empty(t, w.workflows.revoked)
}

func TestTheAnswerOfARevokeIsCertainOrUnavailable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 10)
	for _, test := range []struct {
		fail   error
		status int
		code   offhours.Code
	}{
		{offhours.Errorf(offhours.CodeTooLateToRevoke, "It has started."), http.StatusConflict, offhours.CodeTooLateToRevoke},
		{offhours.Errorf(offhours.CodeUnavailable, "Please ask again."), http.StatusServiceUnavailable, offhours.CodeUnavailable},
		{fmt.Errorf("%w: %w", offhours.Errorf(offhours.CodeUnavailable, "Please ask again."), errSecret), http.StatusServiceUnavailable, offhours.CodeUnavailable},
		{errSecret, http.StatusInternalServerError, offhours.CodeInternal},
	} {
		w.workflows.fail = test.fail
		w.refused(w.revoke(id, ""), test.status, test.code)
	}
	require.Equal(t, 2, strings.Count(w.log.String(), errSecret.Error()), "why is told once, in the log")
}

func TestAReasonIsShortText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 3)
	for text, detail := range map[string]string{
		`{"reason": "` + strings.Repeat("ü", 501) + `"}`: "500",
		`{"reason": "a\u0000b"}`:                         "control",
		`{"reason": 1}`:                                  "reason: must be a text.",
		`{"because": "x"}`:                               "because",
		`{"Reason": "x"}`:                                `unknown field "Reason"`,
		`{"reason": "x", "reason": "y"}`:                 "reason: this field is given twice.",
		`"x"`:                                            "object",
	} {
		p := w.refused(w.revoke(id, text), http.StatusBadRequest, offhours.CodeInvalidRequest)
		require.Contains(t, p.Detail, detail)
	}
	require.Equal(t, http.StatusOK, w.revoke(id, `{"reason": "`+strings.Repeat("ü", 500)+`"}`).StatusCode)
}
