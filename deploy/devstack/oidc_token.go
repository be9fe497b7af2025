package main

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// scopes are all there are; every sign-in has them all.
var scopes = []string{"openid", "email", "profile", "offline_access"}

// The form of a verifier (RFC 7636, 4.1).
var verifierForm = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)

// serveToken gives tokens for a code, or for a refresh token, which it replaces:
// one that was stolen and used is then noticed, by a sign-in that ends.
func (o *oidcProvider) serveToken(w http.ResponseWriter, r *http.Request) {
	redeemed, refused := o.readTokenRequest(w, r)
	if refused != nil {
		status := http.StatusBadRequest
		if refused.code == "invalid_client" {
			status = http.StatusUnauthorized
			w.Header().Set("WWW-Authenticate", "Basic") // RFC 6749, 5.2
		}
		answer(w, status, map[string]any{"error": refused.code, "error_description": refused.text})
		return
	}
	tokens, err := o.tokens(redeemed, time.Now())
	if err != nil {
		answer(w, http.StatusInternalServerError, map[string]any{"error": "server_error", "error_description": err.Error()})
		return
	}
	answer(w, http.StatusOK, tokens)
}

func (o *oidcProvider) readTokenRequest(w http.ResponseWriter, r *http.Request) (grant, *oauthError) {
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBody)
	if err := r.ParseForm(); err != nil {
		return grant{}, refuse("invalid_request", "the form cannot be read")
	}
	form := r.PostForm
	if name := repeated(form); name != "" {
		return grant{}, refuse("invalid_request", "%s comes more than once", name)
	}
	switch {
	case r.Header.Get("Authorization") != "" || form.Has("client_secret"):
		return grant{}, refuse("invalid_client", "the client is public: it has no secret")
	case form.Get("client_id") != audience:
		return grant{}, refuse("invalid_client", "client_id is not %s", audience)
	}
	switch form.Get("grant_type") {
	case "authorization_code":
		return o.redeemCode(form)
	case "refresh_token":
		return o.redeemRefresh(form)
	case "":
		return grant{}, refuse("invalid_request", "grant_type is missing")
	default:
		return grant{}, refuse("unsupported_grant_type", "grant_type is neither authorization_code nor refresh_token")
	}
}

// redeemCode uses the code up even when it refuses: whoever has a code without
// its verifier has one attempt.
func (o *oidcProvider) redeemCode(form url.Values) (grant, *oauthError) {
	found, ok := o.codes.take(form.Get("code"))
	switch {
	case !ok:
		return grant{}, refuse("invalid_grant", "the code is unknown, was used, or is older than %s", codeLife)
	case form.Get("redirect_uri") != found.redirectURI:
		return grant{}, refuse("invalid_grant", "redirect_uri is not the one the code was sent to")
	case !verifies(form.Get("code_verifier"), found.challenge):
		return grant{}, refuse("invalid_grant", "code_verifier does not fit the code_challenge")
	}
	return found, nil
}

func (o *oidcProvider) redeemRefresh(form url.Values) (grant, *oauthError) {
	found, ok := o.refreshes.take(form.Get("refresh_token"))
	if !ok {
		return grant{}, refuse("invalid_grant", "the refresh token is unknown, was used, or is older than %s", refreshLife)
	}
	return found, nil
}

func verifies(verifier, challenge string) bool {
	sum := sha256.Sum256([]byte(verifier))
	return verifierForm.MatchString(verifier) && base64.RawURLEncoding.EncodeToString(sum[:]) == challenge
}

func (o *oidcProvider) tokens(g grant, now time.Time) (map[string]any, error) {
	access, err := o.token(g.user.Email, now)
	if err != nil {
		return nil, err
	}
	claims := map[string]any{"sid": g.id}
	for name, value := range map[string]string{"name": g.user.Name, "nonce": g.nonce} {
		if value != "" {
			claims[name] = value
		}
	}
	id, err := o.sign(g.user.Email, now, claims)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"access_token":  access,
		"id_token":      id,
		"refresh_token": o.refreshes.issue(g),
		"token_type":    "Bearer",
		"expires_in":    int(tokenLife.Seconds()),
		"scope":         strings.Join(scopes, " "),
	}, nil
}
