package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

func TestLogin_RefusesWhatIsNotAnEmail(t *testing.T) {
	t.Parallel()
	login := &loginServer{sign: signPlainly}
	for name, body := range map[string]string{
		"empty":         ``,
		"garbage":       `{"email":`,
		"not an object": `["ada@acme.example"]`,
		"unknown field": `{"email":"ada@acme.example","password":"x"}`,
		"missing":       `{}`,
		"blank":         `{"email":""}`,
		"wrong type":    `{"email":7}`,
		"no address":    `{"email":"ada"}`,
		"with a name":   `{"email":"Ada <ada@acme.example>"}`,
		"two objects":   `{"email":"ada@acme.example"}{}`,
		"too long":      `{"email":"` + strings.Repeat("a", maxLoginBody) + `@acme.example"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, answer := post(t, login, body)
			if status != http.StatusBadRequest || answer["error"] == "" {
				t.Errorf("%d %v, want 400 and an error", status, answer)
			}
		})
	}
}

func TestLogin_TakesOnlyPost(t *testing.T) {
	t.Parallel()
	response := httptest.NewRecorder()
	(&loginServer{sign: signPlainly}).handler().ServeHTTP(response, httptest.NewRequest(http.MethodGet, "/login", nil))
	if response.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET answers %d, want 405", response.Code)
	}
}

func TestLogin_LetsEverybodyInWithoutAccounts(t *testing.T) {
	t.Parallel()
	status, answer := post(t, &loginServer{sign: signPlainly}, `{"email":"anyone@example.com"}`)
	if status != http.StatusOK || answer["accessToken"] != "token of anyone@example.com" {
		t.Errorf("%d %v, want 200 and a token", status, answer)
	}
}

func TestLogin_KnowsTheUsersOfTheAccounts(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "accounts.json")
	if err := demoNow(t, time.Now()).write(file); err != nil {
		t.Fatal(err)
	}
	users, err := readUsers(file)
	if err != nil {
		t.Fatal(err)
	}
	login := &loginServer{sign: signPlainly, users: users}

	if status, answer := post(t, login, `{"email":"Ada@ACME.example"}`); status != http.StatusOK || answer["accessToken"] != "token of ada@acme.example" {
		t.Errorf("known user: %d %v, want 200 and the address as the file spells it", status, answer)
	}
	status, answer := post(t, login, `{"email":"eve@acme.example"}`)
	if status != http.StatusNotFound || !strings.Contains(fmt.Sprint(answer["known"]), "ada@acme.example") {
		t.Errorf("unknown user: %d %v, want 404 and the known addresses", status, answer)
	}
}

func TestReadUsers_RefusesAFileNobodyCouldSignInWith(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"garbage": `{`, "no users": `{"accounts":[{"id":1}]}`} {
		file := filepath.Join(t.TempDir(), "accounts.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readUsers(file); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: error %v, want one that names the file", name, err)
		}
	}
}

func TestOIDC_TokensAreVerifiedByAClientOfTheProvider(t *testing.T) {
	t.Parallel()
	provider := startProvider(t, t.TempDir())
	now := time.Now()
	token, err := provider.token("ada@acme.example", now)
	if err != nil {
		t.Fatal(err)
	}
	verified, err := verifyToken(t, provider.issuer(), token)
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := verified.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"iss": provider.issuer(), "sub": "ada@acme.example", "aud": audience,
		"email": "ada@acme.example", "email_verified": true,
		"iat": float64(now.Unix()), "nbf": float64(now.Unix()), "exp": float64(now.Add(12 * time.Hour).Unix()),
	}
	if fmt.Sprint(claims) != fmt.Sprint(want) {
		t.Errorf("claims %v, want %v", claims, want)
	}
}

func TestReadUsers_TakesWhoIsNotSaidToBeInactiveAsActive(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "accounts.json")
	text := `{"accounts":[{"users":[{"email":"a@x.example"},{"email":"b@x.example","active":false}]}]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	users, err := readUsers(file)
	if err != nil || len(users) != 2 || !users[0].Active || users[1].Active {
		t.Errorf("%v, error %v; want the first active and the second not", users, err)
	}
}

func TestOIDC_KeyIsPrivateAndLasts(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first, second := startProvider(t, folder), startProvider(t, folder)
	if !reflect.DeepEqual(first.key, second.key) {
		t.Error("the second start made another key")
	}
	info, err := os.Stat(first.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("key file has mode %s, want 0600", info.Mode())
	}
}

func TestLoadKey_NamesAFileThatIsNoKey(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(file, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := loadKey(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v, want one that names the file", err)
	}
}

func signPlainly(email string, _ time.Time) (string, error) { return "token of " + email, nil }

func post(t *testing.T, login *loginServer, body string) (int, map[string]any) {
	t.Helper()
	response := httptest.NewRecorder()
	login.handler().ServeHTTP(response, httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(body)))
	var answer map[string]any
	if err := json.Unmarshal(response.Body.Bytes(), &answer); err != nil {
		t.Fatalf("answer %q is not JSON: %v", response.Body, err)
	}
	return response.Code, answer
}

func startProvider(t *testing.T, folder string) *oidcProvider {
	t.Helper()
	provider := newProvider(folder, nil)
	provider.port = occupyBriefly(t)
	if err := provider.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := provider.stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return provider
}

func newProvider(folder string, users users) *oidcProvider {
	return &oidcProvider{keyFile: filepath.Join(folder, "oidc", "key.pem"), pages: pageOrigins(8080), users: users}
}

// verifyToken does what the API does with a token.
func verifyToken(t *testing.T, issuer, token string) (*oidc.IDToken, error) {
	t.Helper()
	provider, err := oidc.NewProvider(t.Context(), issuer)
	if err != nil {
		return nil, err
	}
	return provider.Verifier(&oidc.Config{ClientID: audience}).Verify(context.WithoutCancel(t.Context()), token)
}
