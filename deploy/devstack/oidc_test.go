package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	testPage     = "http://127.0.0.1:8080"
	testCallback = testPage + callbackPath
)

// A client that others wrote signs in, as the page does, and the tokens are
// verified as the API does it.
func TestOIDC_SignsInWithCodeAndPKCEAndRenews(t *testing.T) {
	t.Parallel()
	provider := startProvider(t, t.TempDir())
	discovered, err := oidc.NewProvider(t.Context(), provider.issuer())
	if err != nil {
		t.Fatal(err)
	}
	client := oauth2.Config{ClientID: audience, Endpoint: discovered.Endpoint(), RedirectURL: testCallback, Scopes: []string{"openid", "email"}}
	client.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	verifier := oauth2.GenerateVerifier()
	back := chooseThere(t, client.AuthCodeURL("the state", oidc.Nonce("the nonce"), oauth2.S256ChallengeOption(verifier)), "you@example.com")
	if back.Get("state") != "the state" || back.Get("iss") != provider.issuer() {
		t.Errorf("came back with %v, want the state and the issuer", back)
	}
	tokens, err := client.Exchange(t.Context(), back.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	if tokens.ExpiresIn != int64((12 * time.Hour).Seconds()) {
		t.Errorf("expires_in %d, want the seconds of 12 h", tokens.ExpiresIn)
	}
	checkTokens(t, provider, tokens)

	renewed, err := client.TokenSource(t.Context(), &oauth2.Token{RefreshToken: tokens.RefreshToken}).Token()
	if err != nil {
		t.Fatal(err)
	}
	checkTokens(t, provider, renewed)
	if _, err := client.TokenSource(t.Context(), &oauth2.Token{RefreshToken: tokens.RefreshToken}).Token(); err == nil {
		t.Error("a refresh token was taken twice")
	}
}

// chooseThere chooses in the chooser at the address and returns what the page is
// told.
func chooseThere(t *testing.T, address, email string) url.Values {
	t.Helper()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := browser.PostForm(address, url.Values{"email": {email}})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return wentBack(t, response.StatusCode, response.Header)
}

func checkTokens(t *testing.T, provider *oidcProvider, tokens *oauth2.Token) {
	t.Helper()
	text, _ := tokens.Extra("id_token").(string)
	id, err := verifyToken(t, provider.issuer(), text)
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Email    string `json:"email"`
		Verified bool   `json:"email_verified"`
	}
	if err := id.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	if id.Subject != "you@example.com" || id.Nonce != "the nonce" || claims.Email != "you@example.com" || !claims.Verified {
		t.Errorf("id token of %q with nonce %q and claims %v", id.Subject, id.Nonce, claims)
	}
	if _, err := verifyToken(t, provider.issuer(), tokens.AccessToken); err != nil {
		t.Errorf("access token: %v", err)
	}
}

func TestOIDC_IDTokenHasTheNameOfTheUser(t *testing.T) {
	t.Parallel()
	provider := prepared(t, demoNow(t, time.Now()).users())
	status, answer := redeem(t, provider, nil, codeForm(signInCode(t, provider, "ADA@acme.example")))
	if status != http.StatusOK {
		t.Fatalf("%d %v", status, answer)
	}
	var claims map[string]any
	if err := provider.key.verify(fmt.Sprint(answer["id_token"]), &claims); err != nil {
		t.Fatal(err)
	}
	if claims["name"] != "Ada Admin" || claims["sub"] != "ada@acme.example" || claims["aud"] != audience {
		t.Errorf("claims %v, want those of Ada, as the accounts file spells her", claims)
	}
}

func TestOIDC_DiscoveryIsComplete(t *testing.T) {
	t.Parallel()
	provider := prepared(t, nil)
	var got map[string]any
	if err := json.Unmarshal(call(provider, http.MethodGet, discoveryPath, nil, nil).Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"issuer":                                         provider.issuer(),
		"authorization_endpoint":                         provider.issuer() + "/authorize",
		"token_endpoint":                                 provider.issuer() + "/token",
		"end_session_endpoint":                           provider.issuer() + "/end-session",
		"jwks_uri":                                       provider.issuer() + "/.well-known/jwks.json",
		"response_types_supported":                       []string{"code"},
		"grant_types_supported":                          []string{"authorization_code", "refresh_token"},
		"subject_types_supported":                        []string{"public"},
		"id_token_signing_alg_values_supported":          []string{"RS256"},
		"token_endpoint_auth_methods_supported":          []string{"none"},
		"code_challenge_methods_supported":               []string{"S256"},
		"authorization_response_iss_parameter_supported": true,
	} {
		if fmt.Sprint(got[name]) != fmt.Sprint(want) {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
}

func TestOIDC_PublishesNoPrivateKey(t *testing.T) {
	t.Parallel()
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal(call(prepared(t, nil), http.MethodGet, keysPath, nil, nil).Body.Bytes(), &set); err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != 1 {
		t.Fatalf("%d keys, want one", len(set.Keys))
	}
	if names := slices.Sorted(maps.Keys(set.Keys[0])); fmt.Sprint(names) != "[alg e kid kty n use]" {
		t.Errorf("the key has the fields %v", names)
	}
}

// Whoever is not certainly the page is told nothing: no redirect.
func TestOIDC_SendsNobodyElsewhere(t *testing.T) {
	t.Parallel()
	provider := prepared(t, nil)
	for name, change := range map[string]func(url.Values){
		"no client":           func(q url.Values) { q.Del("client_id") },
		"other client":        func(q url.Values) { q.Set("client_id", "other") },
		"two clients":         func(q url.Values) { q.Add("client_id", audience) },
		"no redirect":         func(q url.Values) { q.Del("redirect_uri") },
		"two redirects":       func(q url.Values) { q.Add("redirect_uri", testCallback) },
		"other host":          func(q url.Values) { q.Set("redirect_uri", "http://evil.example"+callbackPath) },
		"other port":          func(q url.Values) { q.Set("redirect_uri", "http://127.0.0.1:8081"+callbackPath) },
		"other scheme":        func(q url.Values) { q.Set("redirect_uri", "https://127.0.0.1:8080"+callbackPath) },
		"other path":          func(q url.Values) { q.Set("redirect_uri", testPage+"/") },
		"longer path":         func(q url.Values) { q.Set("redirect_uri", testCallback+"/../..") },
		"with a query":        func(q url.Values) { q.Set("redirect_uri", testCallback+"?a=b") },
		"upper case":          func(q url.Values) { q.Set("redirect_uri", "HTTP://127.0.0.1:8080"+callbackPath) },
		"host in a user name": func(q url.Values) { q.Set("redirect_uri", testPage+"@evil.example"+callbackPath) },
	} {
		query := askingQuery()
		change(query)
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			got := call(provider, method, authorizePath+"?"+query.Encode(), url.Values{"email": {"you@example.com"}}, nil)
			if got.Code != http.StatusBadRequest || got.Header().Get("Location") != "" || !strings.Contains(got.Body.String(), "This does not work") {
				t.Errorf("%s, %s: %d to %q, want an error page", name, method, got.Code, got.Header().Get("Location"))
			}
		}
	}
}

func TestOIDC_RefusesRequestsToAuthorize(t *testing.T) {
	t.Parallel()
	provider := prepared(t, nil)
	for name, test := range map[string]struct {
		change func(url.Values)
		want   string
	}{
		"no challenge":        {func(q url.Values) { q.Del("code_challenge") }, "invalid_request"},
		"no method":           {func(q url.Values) { q.Del("code_challenge_method") }, "invalid_request"},
		"plain challenge":     {func(q url.Values) { q.Set("code_challenge_method", "plain") }, "invalid_request"},
		"short challenge":     {func(q url.Values) { q.Set("code_challenge", "short") }, "invalid_request"},
		"implicit":            {func(q url.Values) { q.Set("response_type", "id_token") }, "unsupported_response_type"},
		"fragment":            {func(q url.Values) { q.Set("response_mode", "fragment") }, "invalid_request"},
		"no openid":           {func(q url.Values) { q.Set("scope", "email") }, "invalid_scope"},
		"two nonces":          {func(q url.Values) { q.Add("nonce", "another") }, "invalid_request"},
		"request object":      {func(q url.Values) { q.Set("request", "x") }, "request_not_supported"},
		"request object, uri": {func(q url.Values) { q.Set("request_uri", "x") }, "request_uri_not_supported"},
		"silent":              {func(q url.Values) { q.Set("prompt", "none") }, "login_required"},
		"silent and not":      {func(q url.Values) { q.Set("prompt", "none login") }, "invalid_request"},
	} {
		query := askingQuery()
		test.change(query)
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			got := call(provider, method, authorizePath+"?"+query.Encode(), url.Values{"email": {"you@example.com"}}, nil)
			back := wentBack(t, got.Code, got.Header())
			if back.Get("error") != test.want || back.Get("state") != "the state" || back.Get("iss") != provider.issuer() || back.Has("code") {
				t.Errorf("%s, %s: came back with %v, want %s", name, method, back, test.want)
			}
		}
	}
}

func TestOIDC_CancelGoesBackWithoutACode(t *testing.T) {
	t.Parallel()
	provider := prepared(t, nil)
	got := call(provider, http.MethodPost, authorizePath+"?"+askingQuery().Encode(), url.Values{"cancel": {"true"}, "email": {"you@example.com"}}, nil)
	if back := wentBack(t, got.Code, got.Header()); back.Get("error") != "access_denied" || back.Get("state") != "the state" || back.Has("code") {
		t.Errorf("came back with %v, want access_denied", back)
	}
}

func TestOIDC_SendsBackToLocalhostToo(t *testing.T) {
	t.Parallel()
	query := askingQuery()
	query.Set("redirect_uri", "http://localhost:8080"+callbackPath)
	got := call(prepared(t, nil), http.MethodPost, authorizePath+"?"+query.Encode(), url.Values{"email": {"you@example.com"}}, nil)
	if location := got.Header().Get("Location"); !strings.HasPrefix(location, "http://localhost:8080"+callbackPath+"?code=") {
		t.Errorf("goes to %q", location)
	}
}

func TestOIDC_RefusesCodesThatDoNotFit(t *testing.T) {
	t.Parallel()
	provider := prepared(t, nil)
	for name, test := range map[string]struct {
		change func(url.Values)
		header http.Header
		want   string
		status int
	}{
		"no verifier":      {change: func(f url.Values) { f.Del("code_verifier") }, want: "invalid_grant", status: 400},
		"other verifier":   {change: func(f url.Values) { f.Set("code_verifier", strings.Repeat("b", 43)) }, want: "invalid_grant", status: 400},
		"the challenge":    {change: func(f url.Values) { f.Set("code_verifier", askingQuery().Get("code_challenge")) }, want: "invalid_grant", status: 400},
		"two verifiers":    {change: func(f url.Values) { f.Add("code_verifier", testVerifier) }, want: "invalid_request", status: 400},
		"no code":          {change: func(f url.Values) { f.Del("code") }, want: "invalid_grant", status: 400},
		"other code":       {change: func(f url.Values) { f.Set("code", "other") }, want: "invalid_grant", status: 400},
		"no redirect":      {change: func(f url.Values) { f.Del("redirect_uri") }, want: "invalid_grant", status: 400},
		"other redirect":   {change: func(f url.Values) { f.Set("redirect_uri", "http://localhost:8080"+callbackPath) }, want: "invalid_grant", status: 400},
		"no client":        {change: func(f url.Values) { f.Del("client_id") }, want: "invalid_client", status: 401},
		"other client":     {change: func(f url.Values) { f.Set("client_id", "other") }, want: "invalid_client", status: 401},
		"a secret":         {change: func(f url.Values) { f.Set("client_secret", "x") }, want: "invalid_client", status: 401},
		"a secret, header": {change: func(url.Values) {}, header: http.Header{"Authorization": {"Basic eDp4"}}, want: "invalid_client", status: 401},
		"no grant":         {change: func(f url.Values) { f.Del("grant_type") }, want: "invalid_request", status: 400},
		"password":         {change: func(f url.Values) { f.Set("grant_type", "password") }, want: "unsupported_grant_type", status: 400},
		"as refresh token": {change: func(f url.Values) {
			f.Set("grant_type", "refresh_token")
			f.Set("refresh_token", f.Get("code"))
		}, want: "invalid_grant", status: 400},
	} {
		form := codeForm(signInCode(t, provider, "you@example.com"))
		test.change(form)
		status, answer := redeem(t, provider, test.header, form)
		if status != test.status || answer["error"] != test.want || answer["id_token"] != nil {
			t.Errorf("%s: %d %v, want %d %s", name, status, answer, test.status, test.want)
		}
	}
}

func TestVerifies_RefusesAVerifierThatIsTooShort(t *testing.T) {
	t.Parallel()
	if short := "guessed"; verifies(short, oauth2.S256ChallengeFromVerifier(short)) {
		t.Error("a verifier of 7 letters is taken")
	}
}

func TestOIDC_CodeIsGoodForOneUse(t *testing.T) {
	t.Parallel()
	provider := prepared(t, nil)
	form := codeForm(signInCode(t, provider, "you@example.com"))
	if status, answer := redeem(t, provider, nil, form); status != http.StatusOK {
		t.Fatalf("%d %v", status, answer)
	}
	if status, answer := redeem(t, provider, nil, form); status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
		t.Errorf("second use: %d %v", status, answer)
	}
}

func TestOIDC_CodesAndRefreshTokensEnd(t *testing.T) {
	t.Parallel()
	provider := prepared(t, nil)
	synctest.Test(t, func(t *testing.T) {
		onTime, late := signInCode(t, provider, "you@example.com"), signInCode(t, provider, "you@example.com")
		time.Sleep(codeLife)
		status, answer := redeem(t, provider, nil, codeForm(onTime))
		if status != http.StatusOK {
			t.Fatalf("after %s: %d %v", codeLife, status, answer)
		}
		time.Sleep(time.Nanosecond)
		if status, answer := redeem(t, provider, nil, codeForm(late)); status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
			t.Errorf("later: %d %v", status, answer)
		}
		time.Sleep(refreshLife)
		if status, answer := redeem(t, provider, nil, refreshForm(answer)); status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
			t.Errorf("refresh token after %s: %d %v", refreshLife, status, answer)
		}
	})
}

func TestOIDC_OnlyThePageReadsAnswers(t *testing.T) {
	t.Parallel()
	provider := prepared(t, nil)
	for _, to := range []struct{ method, path string }{{http.MethodGet, discoveryPath}, {http.MethodGet, keysPath}, {http.MethodPost, tokenPath}} {
		for origin, want := range map[string]string{
			testPage: testPage, "http://localhost:8080": "http://localhost:8080",
			"http://evil.example": "", "http://127.0.0.1:8081": "", "null": "", "": "",
		} {
			for _, method := range []string{to.method, http.MethodOptions} {
				got := call(provider, method, to.path, url.Values{}, http.Header{"Origin": {origin}}).Header()
				if got.Get("Access-Control-Allow-Origin") != want || got.Get("Vary") != "Origin" || got.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%s %s from %q: %v, want %q allowed", method, to.path, origin, got, want)
				}
			}
		}
	}
	if got := call(provider, http.MethodOptions, tokenPath, nil, http.Header{"Origin": {testPage}}); got.Code != http.StatusNoContent || got.Header().Get("Access-Control-Allow-Methods") != http.MethodPost {
		t.Errorf("preflight: %d %v", got.Code, got.Header())
	}
	for _, path := range []string{authorizePath + "?" + askingQuery().Encode(), endSessionPath} {
		if got := call(provider, http.MethodGet, path, nil, http.Header{"Origin": {testPage}}); got.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s may be read by scripts", path)
		}
	}
}

func TestOIDC_TokensAreNotStored(t *testing.T) {
	t.Parallel()
	provider := prepared(t, nil)
	for _, form := range []url.Values{codeForm(signInCode(t, provider, "you@example.com")), {}} {
		got := call(provider, http.MethodPost, tokenPath, form, nil)
		if got.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%d has Cache-Control %q, want no-store", got.Code, got.Header().Get("Cache-Control"))
		}
	}
}

func TestOIDC_SigningOutEndsTheRefreshToken(t *testing.T) {
	t.Parallel()
	provider := prepared(t, nil)
	_, mine := redeem(t, provider, nil, codeForm(signInCode(t, provider, "you@example.com")))
	_, other := redeem(t, provider, nil, codeForm(signInCode(t, provider, "you@example.com")))
	query := url.Values{"id_token_hint": {fmt.Sprint(mine["id_token"])}, "post_logout_redirect_uri": {testPage + "/"}, "state": {"a&b"}}
	got := call(provider, http.MethodGet, endSessionPath+"?"+query.Encode(), nil, nil)
	if got.Code != http.StatusSeeOther || got.Header().Get("Location") != testPage+"/?state=a%26b" {
		t.Errorf("%d to %q, want to the page", got.Code, got.Header().Get("Location"))
	}
	if status, answer := redeem(t, provider, nil, refreshForm(mine)); status != http.StatusBadRequest {
		t.Errorf("refresh token of who signed out: %d %v", status, answer)
	}
	if status, answer := redeem(t, provider, nil, refreshForm(other)); status != http.StatusOK {
		t.Errorf("refresh token of another browser: %d %v", status, answer)
	}
}

func TestOIDC_SigningOutGoesToThePageOnly(t *testing.T) {
	t.Parallel()
	provider := prepared(t, nil)
	for name, test := range map[string]struct {
		form   url.Values
		status int
		to     string
	}{
		"plain":        {url.Values{}, http.StatusOK, ""},
		"page":         {url.Values{"post_logout_redirect_uri": {testPage + "/"}, "client_id": {audience}}, http.StatusSeeOther, testPage + "/"},
		"elsewhere":    {url.Values{"post_logout_redirect_uri": {"http://evil.example/"}}, http.StatusBadRequest, ""},
		"callback":     {url.Values{"post_logout_redirect_uri": {testCallback}}, http.StatusBadRequest, ""},
		"other client": {url.Values{"post_logout_redirect_uri": {testPage + "/"}, "client_id": {"other"}}, http.StatusBadRequest, ""},
		"not a token":  {url.Values{"post_logout_redirect_uri": {testPage + "/"}, "id_token_hint": {"x"}}, http.StatusBadRequest, ""},
	} {
		for _, got := range []*httptest.ResponseRecorder{
			call(provider, http.MethodGet, endSessionPath+"?"+test.form.Encode(), nil, nil),
			call(provider, http.MethodPost, endSessionPath, test.form, nil),
		} {
			if got.Code != test.status || got.Header().Get("Location") != test.to {
				t.Errorf("%s: %d to %q, want %d to %q", name, got.Code, got.Header().Get("Location"), test.status, test.to)
			}
		}
	}
}

const testVerifier = "a-verifier-that-is-long-enough-to-be-allowed-0"

func askingQuery() url.Values {
	return url.Values{
		"client_id": {audience}, "redirect_uri": {testCallback}, "response_type": {"code"}, "scope": {"openid email"},
		"state": {"the state"}, "nonce": {"the nonce"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(testVerifier)}, "code_challenge_method": {"S256"},
	}
}

func codeForm(code string) url.Values {
	return url.Values{
		"client_id": {audience}, "redirect_uri": {testCallback}, "grant_type": {"authorization_code"},
		"code": {code}, "code_verifier": {testVerifier},
	}
}

func refreshForm(tokens map[string]any) url.Values {
	return url.Values{"client_id": {audience}, "grant_type": {"refresh_token"}, "refresh_token": {fmt.Sprint(tokens["refresh_token"])}}
}

// prepared is a provider that is called without a network.
func prepared(t *testing.T, users users) *oidcProvider {
	t.Helper()
	provider := newProvider(t.TempDir(), users)
	if err := provider.prepare(); err != nil {
		t.Fatal(err)
	}
	return provider
}

func signInCode(t *testing.T, provider *oidcProvider, email string) string {
	t.Helper()
	got := call(provider, http.MethodPost, authorizePath+"?"+askingQuery().Encode(), url.Values{"email": {email}}, nil)
	code := wentBack(t, got.Code, got.Header()).Get("code")
	if code == "" {
		t.Fatalf("no code in %q", got.Header().Get("Location"))
	}
	return code
}

// wentBack is what the page is told.
func wentBack(t *testing.T, status int, header http.Header) url.Values {
	t.Helper()
	location, err := url.Parse(header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	if status != http.StatusSeeOther || !strings.HasPrefix(location.String(), testCallback+"?") {
		t.Fatalf("%d to %q, want back to the page", status, location)
	}
	return location.Query()
}

func redeem(t *testing.T, provider *oidcProvider, header http.Header, form url.Values) (int, map[string]any) {
	t.Helper()
	got := call(provider, http.MethodPost, tokenPath, form, header)
	var answer map[string]any
	if err := json.Unmarshal(got.Body.Bytes(), &answer); err != nil {
		t.Fatalf("answer %q is not JSON: %v", got.Body, err)
	}
	return got.Code, answer
}

// call sends a form, but for nil.
func call(provider *oidcProvider, method, target string, form url.Values, header http.Header) *httptest.ResponseRecorder {
	request := httptest.NewRequestWithContext(context.Background(), method, target, strings.NewReader(form.Encode()))
	if form != nil && method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	maps.Copy(request.Header, header)
	response := httptest.NewRecorder()
	provider.handler().ServeHTTP(response, request)
	return response
}
