package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// A challenge is a SHA-256 in base64url (RFC 7636, 4.2).
var challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// oauthError is a refusal for the client (RFC 6749, 4.1.2.1 and 5.2).
type oauthError struct {
	code string
	text string
}

func (e *oauthError) Error() string { return e.code + ": " + e.text }

func refuse(code, format string, arguments ...any) *oauthError {
	return &oauthError{code: code, text: fmt.Sprintf(format, arguments...)}
}

// serveChooser shows who may sign in.
func (o *oidcProvider) serveChooser(w http.ResponseWriter, r *http.Request) {
	if _, ok := o.takeAuthorization(w, r); ok {
		o.showChooser(w, http.StatusOK, chooserPage{})
	}
}

// serveChoice takes what was chosen. The form is sent to the address of the
// chooser, so that the request to authorize comes with it and is read again.
func (o *oidcProvider) serveChoice(w http.ResponseWriter, r *http.Request) {
	query, ok := o.takeAuthorization(w, r)
	if !ok {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBody)
	if err := r.ParseForm(); err != nil {
		o.showProblem(w, "The choice cannot be read.")
		return
	}
	if r.PostForm.Has("cancel") {
		o.sendBack(w, r, query, refusal(refuse("access_denied", "The sign-in was cancelled.")))
		return
	}
	email := strings.TrimSpace(r.PostForm.Get("email"))
	chosen, err := o.choose(email)
	if err != nil {
		o.showChooser(w, http.StatusBadRequest, chooserPage{Email: email, Problem: err.Error()})
		return
	}
	code := o.codes.issue(grant{
		id: rand.Text(), user: chosen,
		redirectURI: query.Get("redirect_uri"), challenge: query.Get("code_challenge"), nonce: query.Get("nonce"),
	})
	o.sendBack(w, r, query, url.Values{"code": {code}})
}

func (o *oidcProvider) choose(email string) (member, error) {
	if err := checkEmail(email); err != nil {
		return member{}, err
	}
	chosen, known := o.users.find(email)
	if !known {
		return member{}, errors.New(noUser(email))
	}
	return chosen, nil
}

// takeAuthorization reads a request to authorize. It answers one that is
// refused: on a page of its own while it is not certain that the page of this
// stack asks.
func (o *oidcProvider) takeAuthorization(w http.ResponseWriter, r *http.Request) (url.Values, bool) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	switch {
	case err != nil:
		o.showProblem(w, "The address cannot be read.")
	case !slices.Equal(query["client_id"], []string{audience}):
		o.showProblem(w, fmt.Sprintf("client_id is not %q.", audience))
	case len(query["redirect_uri"]) != 1 || !slices.Contains(o.addresses(callbackPath), query.Get("redirect_uri")):
		o.showProblem(w, "redirect_uri is none of "+strings.Join(o.addresses(callbackPath), ", ")+".")
	default:
		if err := checkAuthorization(query); err != nil {
			o.sendBack(w, r, query, refusal(err))
			return nil, false
		}
		return query, true
	}
	return nil, false
}

// addresses are those of a path of the page.
func (o *oidcProvider) addresses(path string) []string {
	var found []string
	for _, origin := range o.pages {
		found = append(found, origin+path)
	}
	return found
}

func checkAuthorization(query url.Values) *oauthError {
	if name := repeated(query); name != "" {
		return refuse("invalid_request", "%s comes more than once", name)
	}
	prompt := strings.Fields(query.Get("prompt"))
	switch {
	case query.Has("request"):
		return refuse("request_not_supported", "request is not supported")
	case query.Has("request_uri"):
		return refuse("request_uri_not_supported", "request_uri is not supported")
	case query.Get("response_type") != "code":
		return refuse("unsupported_response_type", "response_type is not code")
	case query.Has("response_mode") && query.Get("response_mode") != "query":
		return refuse("invalid_request", "response_mode is not query")
	case !slices.Contains(strings.Fields(query.Get("scope")), "openid"):
		return refuse("invalid_scope", "scope is without openid")
	case query.Get("code_challenge_method") != "S256":
		return refuse("invalid_request", "code_challenge_method is not S256")
	case !challengeForm.MatchString(query.Get("code_challenge")):
		return refuse("invalid_request", "code_challenge is not a SHA-256 in base64url")
	case slices.Contains(prompt, "none") && len(prompt) > 1:
		return refuse("invalid_request", "prompt has none and more")
	case slices.Contains(prompt, "none"):
		return refuse("login_required", "somebody has to choose")
	}
	return nil
}

// repeated is a parameter that comes more than once, which RFC 6749 (3.1, 3.2)
// forbids; empty if there is none.
func repeated(parameters url.Values) string {
	for name, values := range parameters {
		if len(values) > 1 {
			return name
		}
	}
	return ""
}

func refusal(err *oauthError) url.Values {
	return url.Values{"error": {err.code}, "error_description": {err.text}}
}

// sendBack answers the page. With iss it can tell who answers (RFC 9207).
func (o *oidcProvider) sendBack(w http.ResponseWriter, r *http.Request, query, response url.Values) {
	response.Set("iss", o.issuer())
	if query.Has("state") {
		response.Set("state", query.Get("state"))
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, query.Get("redirect_uri")+"?"+response.Encode(), http.StatusSeeOther)
}
