package auth_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/api/auth"
	"github.com/offhours/offhours/api/auth/authtest"
)

const email = "admin@acme.example"

func newVerifier(issuer *authtest.Issuer) (*auth.Verifier, *bytes.Buffer) {
	var log bytes.Buffer
	return auth.New(issuer.URL, authtest.Audience, slog.New(slog.NewTextHandler(&log, nil))), &log
}

func TestAGoodTokenTellsTheEmail(t *testing.T) {
	t.Parallel()
	issuer := authtest.New(t)
	verifier, _ := newVerifier(issuer)
	for name, changes := range map[string]map[string]any{
		"verified":          {},
		"verified as text":  {"email_verified": "true"},
		"several audiences": {"aud": []string{"other", authtest.Audience}},
	} {
		got, err := verifier.Email(t.Context(), "bearer "+issuer.Token(t, email, changes))
		require.NoError(t, err, name)
		require.Equal(t, email, got, name)
	}
}

func TestEveryOtherTokenIsRefusedAlike(t *testing.T) {
	t.Parallel()
	issuer := authtest.New(t)
	verifier, log := newVerifier(issuer)
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	strangerRSA, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	claims := issuer.Claims(email)
	good := issuer.Token(t, email)
	head, rest, _ := strings.Cut(good, ".")
	_, signature, _ := strings.Cut(rest, ".")

	for name, authorization := range map[string]string{
		"nothing":                "",
		"no token":               "Bearer",
		"an empty token":         "Bearer ",
		"another scheme":         "Basic " + good,
		"no scheme":              good,
		"no JWT":                 "Bearer secret-opaque-token",
		"too long":               "Bearer " + strings.Repeat("x", 17<<10),
		"expired":                "Bearer " + issuer.Token(t, email, map[string]any{"exp": time.Now().Add(-time.Second).Unix()}),
		"without an expiry":      "Bearer " + issuer.Token(t, email, map[string]any{"exp": nil}),
		"not valid yet":          "Bearer " + issuer.Token(t, email, map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}),
		"another audience":       "Bearer " + issuer.Token(t, email, map[string]any{"aud": "another"}),
		"another issuer":         "Bearer " + issuer.Token(t, email, map[string]any{"iss": "https://issuer.example"}),
		"without an email":       "Bearer " + issuer.Token(t, ""),
		"an unverified email":    "Bearer " + issuer.Token(t, email, map[string]any{"email_verified": false}),
		"an unverified email 2":  "Bearer " + issuer.Token(t, email, map[string]any{"email_verified": "false"}),
		"no verification":        "Bearer " + issuer.Token(t, email, map[string]any{"email_verified": nil}),
		"a strange verification": "Bearer " + issuer.Token(t, email, map[string]any{"email_verified": 1}),
		"another text":           "Bearer " + issuer.Token(t, email, map[string]any{"email_verified": "True"}),
		"a list":                 "Bearer " + issuer.Token(t, email, map[string]any{"email_verified": []bool{true}}),
		"an email with a NUL":    "Bearer " + issuer.Token(t, "a\x00"+email),
		"a Kelvin sign":          "Bearer " + issuer.Token(t, "\u212aate@acme.example"),
		"a dotted I":             "Bearer " + issuer.Token(t, "l\u0130z@acme.example"),
		"another key":            "Bearer " + authtest.Sign(t, jose.ES256, stranger, "key", claims),
		"an unknown key":         "Bearer " + authtest.Sign(t, jose.RS256, strangerRSA, "stranger", claims),
		"alg HS256":              "Bearer " + authtest.Sign(t, jose.HS256, bytes.Repeat([]byte("k"), 32), "key", claims),
		"alg PS256":              "Bearer " + authtest.Sign(t, jose.PS256, strangerRSA, "key", claims),
		"alg none":               "Bearer " + unsigned(t, claims),
		"changed claims":         "Bearer " + head + "." + payload(t, issuer.Claims("other@acme.example")) + "." + signature,
	} {
		_, err := verifier.Email(t.Context(), authorization)
		require.Truef(t, offhours.Is(err, offhours.CodeUnauthenticated), "%s: %v", name, err)
		require.EqualError(t, err, "unauthenticated: Please sign in.", name)
	}
	require.Empty(t, log.String(), "nothing of a token may be logged")
}

func unsigned(t *testing.T, claims map[string]any) string {
	t.Helper()
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + payload(t, claims) + "."
}

func payload(t *testing.T, claims map[string]any) string {
	t.Helper()
	data, err := json.Marshal(claims)
	require.NoError(t, err)
	return base64.RawURLEncoding.EncodeToString(data)
}

func TestTheIssuerMayBeAwayAtTheStart(t *testing.T) {
	t.Parallel()
	issuer := authtest.New(t)
	issuer.Away.Store(true)
	verifier, log := newVerifier(issuer)
	authorization := "Bearer " + issuer.Token(t, email)

	_, err := verifier.Email(t.Context(), authorization)
	require.True(t, offhours.Is(err, offhours.CodeUnavailable))
	require.NotContains(t, err.Error(), "secret")
	require.NotContains(t, log.String(), authorization)

	issuer.Away.Store(false)
	require.Eventually(t, func() bool {
		got, err := verifier.Email(t.Context(), authorization)
		return err == nil && got == email
	}, 5*time.Second, 50*time.Millisecond)
}

func TestKeysThatCannotBeFetchedAreAnOutage(t *testing.T) {
	t.Parallel()
	issuer := authtest.New(t)
	verifier, _ := newVerifier(issuer)
	_, err := verifier.Email(t.Context(), "Bearer x.y.z") // discovers the issuer, needs no key
	require.True(t, offhours.Is(err, offhours.CodeUnauthenticated))
	issuer.Away.Store(true)

	_, err = verifier.Email(t.Context(), "Bearer "+issuer.Token(t, email))

	require.True(t, offhours.Is(err, offhours.CodeUnavailable))
}

// Anybody can send tokens with unknown keys, at any rate.
func TestUnknownKeysDoNotFloodTheIssuer(t *testing.T) {
	t.Parallel()
	issuer := authtest.New(t)
	verifier, _ := newVerifier(issuer)
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)

	var group sync.WaitGroup
	for i := range 50 {
		token := authtest.Sign(t, jose.ES256, stranger, fmt.Sprint("key ", i), issuer.Claims(email))
		group.Go(func() { _, _ = verifier.Email(t.Context(), "Bearer "+token) })
	}
	group.Wait()

	require.LessOrEqual(t, issuer.Fetches.Load(), int32(2))
	_, err = verifier.Email(t.Context(), "Bearer "+issuer.Token(t, email))
	require.NoError(t, err)
}
