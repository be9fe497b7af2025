package main

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"time"
)

const (
	// audience is the client id tokens are made for. The client is public: it
	// has no secret.
	audience = "offhours"
	// tokenLife outlasts a working day.
	tokenLife = 12 * time.Hour
	// codeLife is for the page to come back and fetch its tokens.
	codeLife = time.Minute
	// refreshLife outlasts the token that is to be renewed.
	refreshLife = 2 * tokenLife

	issuerPath      = "/oidc"
	discoveryPath   = issuerPath + "/.well-known/openid-configuration"
	keysPath        = issuerPath + "/.well-known/jwks.json"
	authorizePath   = issuerPath + "/authorize"
	tokenPath       = issuerPath + "/token"
	endSessionPath  = issuerPath + "/end-session"
	callbackPath    = "/sign-in/callback" // of the page
	maxFormBody     = 16 << 10
	readHeaderLimit = 5 * time.Second
)

// oidcProvider signs people in with a browser, by authorization code with PKCE
// (RFC 6749, RFC 7636, OpenID Connect Core 1.0), and publishes the key that all
// tokens of the stack are signed with. It asks for no password and keeps no
// session of its own: every sign-in is a choice.
type oidcProvider struct {
	keyFile string
	port    int
	// pages are the origins of the page. People are sent back there and nowhere
	// else, and no other origin may read what is answered to scripts.
	pages []string
	users users

	key       signingKey
	codes     tickets
	refreshes tickets
	server    *http.Server
}

// start reads the key, or makes it on the first run, and listens.
func (o *oidcProvider) start() error {
	if err := o.prepare(); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address(o.port))
	if err != nil {
		return fmt.Errorf("listen for the OIDC provider: %w", err)
	}
	o.server = &http.Server{Handler: o.handler(), ReadHeaderTimeout: readHeaderLimit}
	go func() { _ = o.server.Serve(listener) }() // ends with stop
	return nil
}

func (o *oidcProvider) prepare() (err error) {
	o.codes.life, o.refreshes.life = codeLife, refreshLife
	o.key, err = loadSigningKey(o.keyFile)
	return err
}

func (o *oidcProvider) stop(ctx context.Context) error {
	if o.server == nil {
		return nil
	}
	return o.server.Shutdown(ctx)
}

func (o *oidcProvider) issuer() string { return o.url(issuerPath) }

func (o *oidcProvider) url(path string) string { return "http://" + address(o.port) + path }

func (o *oidcProvider) handler() http.Handler {
	mux := http.NewServeMux()
	o.share(mux, http.MethodGet, discoveryPath, o.serveDiscovery)
	o.share(mux, http.MethodGet, keysPath, o.serveKeys)
	o.share(mux, http.MethodPost, tokenPath, o.serveToken)
	mux.HandleFunc("GET "+authorizePath, o.serveChooser)
	mux.HandleFunc("POST "+authorizePath, o.serveChoice)
	mux.HandleFunc("GET "+endSessionPath, o.serveEndSession)
	mux.HandleFunc("POST "+endSessionPath, o.serveEndSession)
	return mux
}

// share lets scripts of the page read the answers (CORS), and nobody else's.
func (o *oidcProvider) share(mux *http.ServeMux, method, path string, handle http.HandlerFunc) {
	mux.HandleFunc(method+" "+path, func(w http.ResponseWriter, r *http.Request) {
		o.allowPage(w, r)
		handle(w, r)
	})
	mux.HandleFunc(http.MethodOptions+" "+path, func(w http.ResponseWriter, r *http.Request) {
		if o.allowPage(w, r) {
			w.Header().Set("Access-Control-Allow-Methods", method)
			w.Header().Set("Access-Control-Allow-Headers", "Content-Type")
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

func (o *oidcProvider) allowPage(w http.ResponseWriter, r *http.Request) bool {
	w.Header().Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	allowed := slices.Contains(o.pages, origin)
	if allowed {
		w.Header().Set("Access-Control-Allow-Origin", origin)
	}
	return allowed
}

// serveDiscovery says what there is (OpenID Connect Discovery 1.0, 3).
func (o *oidcProvider) serveDiscovery(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"issuer":                                         o.issuer(),
		"authorization_endpoint":                         o.url(authorizePath),
		"token_endpoint":                                 o.url(tokenPath),
		"end_session_endpoint":                           o.url(endSessionPath),
		"jwks_uri":                                       o.url(keysPath),
		"scopes_supported":                               scopes,
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{"query"},
		"grant_types_supported":                          []string{"authorization_code", "refresh_token"},
		"subject_types_supported":                        []string{"public"},
		"id_token_signing_alg_values_supported":          []string{string(algorithm)},
		"token_endpoint_auth_methods_supported":          []string{"none"},
		"code_challenge_methods_supported":               []string{"S256"},
		"claims_supported":                               []string{"iss", "sub", "aud", "iat", "nbf", "exp", "nonce", "sid", "email", "email_verified", "name"},
		"authorization_response_iss_parameter_supported": true,
		"claims_parameter_supported":                     false,
		"request_parameter_supported":                    false,
		"request_uri_parameter_supported":                false,
	})
}

func (o *oidcProvider) serveKeys(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, o.key.published())
}

// token signs an access token for the user with this e-mail address.
func (o *oidcProvider) token(email string, now time.Time) (string, error) {
	return o.sign(email, now, nil)
}

// sign signs a token with more claims than every token has.
func (o *oidcProvider) sign(email string, now time.Time, more map[string]any) (string, error) {
	claims := map[string]any{
		"iss":            o.issuer(),
		"sub":            email,
		"aud":            audience,
		"email":          email,
		"email_verified": true,
		"iat":            now.Unix(),
		"nbf":            now.Unix(),
		"exp":            now.Add(tokenLife).Unix(),
	}
	maps.Copy(claims, more)
	token, err := o.key.sign(claims)
	if err != nil {
		return "", fmt.Errorf("sign token for %s: %w", email, err)
	}
	return token, nil
}
