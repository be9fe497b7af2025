// Package authtest is an OpenID Connect issuer for tests.
package authtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Audience is the audience of the tokens.
const Audience = "offhours-test"

// Issuer is a real issuer on a local address, with one key.
type Issuer struct {
	*httptest.Server
	Away    atomic.Bool  // answers 503 to everything
	Fetches atomic.Int32 // of the keys
	key     *ecdsa.PrivateKey
}

// New returns an issuer that stops when the test ends.
func New(t testing.TB) *Issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issuer := &Issuer{key: key}
	issuer.Server = httptest.NewServer(issuer)
	t.Cleanup(issuer.Close)
	return issuer
}

// ServeHTTP answers the discovery document and the keys.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if i.Away.Load() {
		http.Error(w, "the issuer's secret reason", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": i.URL, "jwks_uri": i.URL + "/keys"})
	case "/keys":
		i.Fetches.Add(1)
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
			{Key: i.key.Public(), KeyID: "key", Algorithm: string(jose.ES256), Use: "sig"},
		}})
	default:
		http.NotFound(w, r)
	}
}

// Token returns a good token for an email, with some claims changed, or left out
// where they are changed to nil.
func (i *Issuer) Token(t testing.TB, email string, changes ...map[string]any) string {
	t.Helper()
	return Sign(t, jose.ES256, i.key, "key", i.Claims(email, changes...))
}

// Claims returns the claims of [Issuer.Token].
func (i *Issuer) Claims(email string, changes ...map[string]any) map[string]any {
	claims := map[string]any{
		"iss":            i.URL,
		"aud":            Audience,
		"sub":            email,
		"email":          email,
		"email_verified": true,
		"iat":            time.Now().Unix(),
		"exp":            time.Now().Add(time.Hour).Unix(),
	}
	for _, change := range changes {
		maps.Copy(claims, change)
	}
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return claims
}

// Sign signs claims with any key.
func Sign(t testing.TB, algorithm jose.SignatureAlgorithm, key any, keyID string, claims map[string]any) string {
	t.Helper()
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", keyID)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}
