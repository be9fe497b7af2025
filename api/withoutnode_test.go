package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

// Whoever has Go and no Node gets an API that lacks the page alone.
func TestAnAPIBuiltWithoutNodeLacksThePageAlone(t *testing.T) {
	t.Parallel()
	w := postgrestest.NewWorld(t)
	p := startProgram(t, buildTracked(t), w, t.TempDir())

	for _, c := range []struct {
		path   string
		token  string
		status int
		body   string
	}{
		{"/", "", http.StatusOK, "page not built: run make web\n"},
		{"/settings", "", http.StatusOK, "page not built: run make web\n"},
		{"/healthz", "", http.StatusOK, ""},
		{"/openapi.yaml", "", http.StatusOK, "openapi: 3."},
		{"/api/v1/me", "", http.StatusUnauthorized, `"code":"unauthenticated"`},
		{"/api/v1/me", p.token, http.StatusOK, w.Admin.Email},
	} {
		p.token = c.token
		response, err := p.get(t, c.path)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, c.status, response.StatusCode, "%s: %s", c.path, body)
		require.Contains(t, string(body), c.body, c.path)
	}
}

// buildTracked builds the API from a copy of what Git tracks, in which no build of
// the page is, and returns the program.
func buildTracked(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	list := exec.Command("git", "ls-files", "-z", "--cached", "--", "*.go", "*.sql", "*.tmpl", "*.yaml", "go.mod", "go.sum", "api/web/dist")
	list.Dir = root
	tracked, err := list.Output()
	require.NoError(t, err)
	copied := t.TempDir()
	for name := range strings.SplitSeq(strings.TrimRight(string(tracked), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted, and not yet committed
		}
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(copied, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(copied, name), text, 0o600))
	}

	program := filepath.Join(copied, "built")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", program, "./api")
	build.Dir = copied
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	output, err := build.CombinedOutput()
	require.NoError(t, err, string(output))
	return program
}
