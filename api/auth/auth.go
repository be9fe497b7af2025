// Package auth finds out who is calling from OpenID Connect bearer tokens. What
// they may do is decided elsewhere.
package auth

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/offhours/offhours"
)

const (
	maxTokenBytes = 16 << 10
	maxEmailBytes = 320
	issuerTimeout = 5 * time.Second // of each call to the issuer
	retryPause    = time.Second     // between attempts to discover an issuer that is away
)

// Signatures that are accepted. Nothing symmetric: the audience would know the
// issuer's key.
var algorithms = []string{oidc.RS256, oidc.ES256}

// Verifier verifies the tokens of one issuer. The issuer is discovered when the
// first token comes, so that a command can start while it is away. It is safe
// for concurrent use.
type Verifier struct {
	issuer string
	config oidc.Config
	client *http.Client
	log    *slog.Logger

	mu      sync.Mutex
	known   *discovered // nil until the issuer was discovered
	retryAt time.Time
}

// discovered is what an issuer says of itself.
type discovered struct {
	keys      oidc.KeySet
	endpoints Endpoints
}

// Endpoints are the addresses of an issuer that a page signs people in with.
type Endpoints struct {
	Issuer        string
	Authorization string
	Token         string
	EndSession    string // empty if there is none
}

// New returns a verifier for tokens that the issuer, an URL, made for the
// audience.
func New(issuer, audience string, log *slog.Logger) *Verifier {
	return &Verifier{
		issuer: issuer,
		config: oidc.Config{ClientID: audience, SupportedSigningAlgs: algorithms},
		client: &http.Client{Timeout: issuerTimeout, Transport: &frugal{next: http.DefaultTransport}},
		log:    log,
	}
}

// Email returns the verified email of the caller, from the value of an
// Authorization header. It returns an *offhours.Error: CodeUnauthenticated for
// a header without a valid token that calls its email verified, CodeUnavailable
// while the issuer is away. Neither says anything of the token.
func (v *Verifier) Email(ctx context.Context, authorization string) (string, error) {
	scheme, token, ok := strings.Cut(authorization, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || len(token) > maxTokenBytes {
		return "", unauthenticated()
	}
	known, err := v.discover(ctx)
	if err != nil {
		return "", err
	}
	keys := &watchedKeys{KeySet: known.keys}
	verified, err := oidc.NewVerifier(v.issuer, keys, &v.config).Verify(ctx, token)
	switch {
	case keys.err != nil:
		v.log.WarnContext(ctx, "the issuer's keys cannot be fetched", "error", keys.err)
		return "", unavailable()
	case err != nil:
		return "", unauthenticated()
	}
	return emailOf(verified)
}

// Endpoints returns the issuer's addresses. While the issuer is away it returns
// an *offhours.Error with CodeUnavailable.
func (v *Verifier) Endpoints(ctx context.Context) (Endpoints, error) {
	known, err := v.discover(ctx)
	if err != nil {
		return Endpoints{}, err
	}
	return known.endpoints, nil
}

// discover returns what the issuer says of itself. Callers wait for each other:
// they all need the same answer.
func (v *Verifier) discover(ctx context.Context) (*discovered, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.known != nil {
		return v.known, nil
	}
	if time.Now().Before(v.retryAt) {
		return nil, unavailable()
	}
	// What is discovered outlives the call, so the call must not cancel it.
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), v.client)
	provider, err := oidc.NewProvider(ctx, v.issuer)
	var metadata struct {
		JWKSURI    string `json:"jwks_uri"`
		EndSession string `json:"end_session_endpoint"`
	}
	if err == nil {
		err = provider.Claims(&metadata)
	}
	if err != nil {
		v.retryAt = time.Now().Add(retryPause)
		v.log.WarnContext(ctx, "the issuer cannot be discovered", "issuer", v.issuer, "error", err)
		return nil, unavailable()
	}
	v.known = &discovered{
		keys: oidc.NewRemoteKeySet(ctx, metadata.JWKSURI),
		endpoints: Endpoints{
			Issuer:        v.issuer,
			Authorization: provider.Endpoint().AuthURL,
			Token:         provider.Endpoint().TokenURL,
			EndSession:    metadata.EndSession,
		},
	}
	return v.known, nil
}

// emailOf insists on an email that the issuer calls verified: whoever may choose
// their own would choose an administrator's. Saying nothing of it is not enough.
func emailOf(token *oidc.IDToken) (string, error) {
	var claims struct {
		Email    string `json:"email"`
		Verified any    `json:"email_verified"` // some issuers send "true", a text
	}
	if err := token.Claims(&claims); err != nil {
		return "", unauthenticated()
	}
	verified := claims.Verified == true || claims.Verified == "true"
	if !verified || claims.Email == "" || len(claims.Email) > maxEmailBytes || strings.ContainsFunc(claims.Email, isTrick) {
		return "", unauthenticated()
	}
	return claims.Email, nil
}

// isTrick is for what is in no honest email: control characters, and letters beyond
// ASCII whose lower case is in it, such as the Kelvin sign. Emails are compared in
// lower case, so whoever verified one with such a letter would be somebody else.
func isTrick(r rune) bool {
	return unicode.IsControl(r) || r > unicode.MaxASCII && unicode.ToLower(r) <= unicode.MaxASCII
}

func unauthenticated() *offhours.Error {
	return offhours.Errorf(offhours.CodeUnauthenticated, "Please sign in.")
}

func unavailable() *offhours.Error {
	return offhours.Errorf(offhours.CodeUnavailable, "Signing in is not possible at the moment. Please try again in a few minutes.")
}
