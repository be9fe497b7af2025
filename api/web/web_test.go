package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

var issuer = Endpoints{
	Issuer:        "https://issuer.example",
	Authorization: "https://issuer.example/authorize",
	Token:         "https://tokens.example/token",
	EndSession:    "https://issuer.example/end",
}

var built = fstest.MapFS{
	"index.html":     {Data: []byte(`<meta name="n" content="{{.Nonce}}" /><meta name="s" content="{{.SignIn}}" />`)},
	"assets/page.js": {Data: []byte(strings.Repeat("page();", 1000))},
	"favicon.svg":    {Data: []byte("<svg/>")},
}

func signIn(endpoints Endpoints, err error) SignIn {
	return SignIn{
		Endpoints: func(context.Context) (Endpoints, error) { return endpoints, err },
		ClientID:  "page", Audience: "page", Scopes: "openid email",
	}
}

func get(t *testing.T, files fstest.MapFS, how SignIn, path, accept string) (*http.Response, string) {
	t.Helper()
	handler, err := newHandler(files, how)
	require.NoError(t, err)
	request := httptest.NewRequest(http.MethodGet, path, nil)
	request.Header.Set("Accept-Encoding", accept)
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	response := recorder.Result()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(body)
}

func TestWithoutNodeThePageSaysHowToBuildIt(t *testing.T) {
	t.Parallel()
	response, body := get(t, fstest.MapFS{"placeholder.txt": {}}, signIn(issuer, nil), "/", "")
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "page not built: run make web\n", body)
}

func TestEveryViewIsTheSamePageWithANonceOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, path := range []string{"/", "/settings", "/requests/1", "/sign-in/callback"} {
		response, body := get(t, built, signIn(issuer, nil), path, "")
		require.Equal(t, "no-store", response.Header.Get("Cache-Control"))
		nonce := regexp.MustCompile(`content="(\w{26})"`).FindStringSubmatch(body)[1]
		require.False(t, seen[nonce])
		seen[nonce] = true
		require.Equal(t, "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-"+nonce+"'; img-src 'self'; "+
			"connect-src 'self' https://tokens.example; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			response.Header.Get("Content-Security-Policy"))
	}
}

func TestThePageLearnsHowToSignInAndThatItCannot(t *testing.T) {
	t.Parallel()
	_, body := get(t, built, signIn(issuer, nil), "/", "")
	require.Contains(t, body, "&#34;tokenEndpoint&#34;:&#34;https://tokens.example/token&#34;")
	require.Contains(t, body, "&#34;token&#34;:&#34;id_token&#34;")

	other := signIn(issuer, nil)
	other.Audience = "the api"
	_, body = get(t, built, other, "/", "")
	require.Contains(t, body, "&#34;token&#34;:&#34;access_token&#34;")

	response, body := get(t, built, signIn(Endpoints{}, errors.New("away")), "/", "")
	require.Contains(t, body, `<meta name="s" content="" />`)
	require.Contains(t, response.Header.Get("Content-Security-Policy"), "connect-src 'self';")
}

func TestFilesAreCompressedForWhoTakesThat(t *testing.T) {
	t.Parallel()
	for accept, coding := range map[string]string{"": "", "br, gzip;q=0.5": "gzip", "gzip;q=0, br": "", "GZIP": "gzip", "gzip; q=0.000": ""} {
		response, body := get(t, built, signIn(issuer, nil), "/assets/page.js", accept)
		require.Equal(t, coding, response.Header.Get("Content-Encoding"), accept)
		require.Equal(t, "public, max-age=31536000, immutable", response.Header.Get("Cache-Control"))
		require.Equal(t, "text/javascript; charset=utf-8", response.Header.Get("Content-Type"))
		require.Equal(t, coding == "", strings.HasPrefix(body, "page();"))
	}
	response, body := get(t, built, signIn(issuer, nil), "/favicon.svg", "gzip")
	require.Equal(t, "<svg/>", body, "what would grow stays as it is")
	require.Equal(t, "image/svg+xml", response.Header.Get("Content-Type"))
	response, _ = get(t, built, signIn(issuer, nil), "/assets/old.js", "")
	require.Equal(t, http.StatusNotFound, response.StatusCode)
	require.Equal(t, "no-store", response.Header.Get("Cache-Control"))
}
