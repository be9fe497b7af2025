package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// serveEndSession signs out (OpenID Connect RP-Initiated Logout 1.0): the
// refresh token of the sign-in is good for nothing any more. There is no session
// here that would have to end, too.
func (o *oidcProvider) serveEndSession(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBody)
	if err := r.ParseForm(); err != nil {
		o.showProblem(w, "The request cannot be read.")
		return
	}
	back := r.Form.Get("post_logout_redirect_uri")
	var hint struct {
		ID string `json:"sid"`
	}
	switch token := r.Form.Get("id_token_hint"); {
	case r.Form.Has("client_id") && r.Form.Get("client_id") != audience:
		o.showProblem(w, fmt.Sprintf("client_id is not %q.", audience))
		return
	case back != "" && !slices.Contains(o.addresses("/"), back):
		o.showProblem(w, "post_logout_redirect_uri is none of "+strings.Join(o.addresses("/"), ", ")+".")
		return
	case token != "" && o.key.verify(token, &hint) != nil:
		o.showProblem(w, "id_token_hint is not a token of this provider.")
		return
	}
	if hint.ID != "" {
		o.refreshes.forget(hint.ID)
	}
	if back == "" {
		o.showSignedOut(w)
		return
	}
	if r.Form.Has("state") {
		back += "?" + url.Values{"state": {r.Form.Get("state")}}.Encode()
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, back, http.StatusSeeOther)
}
