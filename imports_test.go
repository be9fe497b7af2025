package offhours_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/offhours/offhours"

// mayImport says what the code of each room may import besides the standard
// library and its own internal folders. "." is the domain, "./x" a room of this
// module; "/..." allows everything below. Arrows point one way: commands →
// workflows → activities → domain, and adapters know neither each other nor
// Temporal.
var mayImport = map[string][]string{
	".":                   {},
	"./workflows":         {".", "./activities", "go.temporal.io/api/enums/v1", "go.temporal.io/sdk/converter", "go.temporal.io/sdk/temporal", "go.temporal.io/sdk/worker", "go.temporal.io/sdk/workflow"},
	"./activities":        {".", "github.com/google/uuid", "go.temporal.io/sdk/activity", "go.temporal.io/sdk/temporal", "golang.org/x/sync/errgroup"},
	"./internal/postgres": {".", "github.com/google/uuid", "github.com/jackc/pgx/v5/...", "github.com/pressly/goose/v3"},
	"./internal/archive":  {".", "github.com/google/uuid", "gocloud.dev/blob", "gocloud.dev/gcerrors", "golang.org/x/sync/errgroup"},
	"./internal/mail":     {".", "github.com/sendgrid/..."},
	"./internal/dataset":  {".", "go.yaml.in/yaml/v3"},
	"./internal/health":   {},
	// What stands between a program and its servers knows their protocols, and nothing
	// of the product.
	"./deploy/chaos/wire": {"github.com/jackc/pgx/v5/pgproto3", "go.temporal.io/api/...", "google.golang.org/grpc/...", "google.golang.org/protobuf/types/known/durationpb"},
	"./internal/settings": {"github.com/caarlos0/env/v11"},
	// What carries the SDK's metrics to Prometheus is the one thing of Temporal's
	// that an adapter knows.
	"./internal/metrics": {".", "github.com/jackc/pgx/v5/pgxpool", "github.com/prometheus/client_golang/...", "go.opentelemetry.io/otel/...", "go.temporal.io/sdk/contrib/opentelemetry"},
	"./starter/control":  {".", "./workflows", "go.temporal.io/..."},
	"./deploy/rig":       {".", "github.com/google/uuid"},
	"./api/openapi":      {".", "github.com/gin-gonic/gin/...", "github.com/oapi-codegen/runtime/..."},
	"./api/auth":         {".", "github.com/coreos/go-oidc/v3/oidc"},
	"./api/web":          {},
	"./api/server":       {".", "./api/openapi", "./internal/health", "github.com/gin-gonic/gin/...", "github.com/google/uuid", "github.com/hashicorp/golang-lru/v2", "golang.org/x/time/rate"},
}

// commands wire the rooms together, so nothing is closed to them but what only
// tests need.
var commands = []string{"./api", "./worker", "./starter", "./deploy/migrate", "./deploy/load", "./deploy/demo", "./deploy/chaos", "./deploy/probe", "./deploy/mutants", "./deploy/bench"}

func TestEveryRoomImportsWhatTheTableAllowsAndNothingElse(t *testing.T) {
	t.Parallel()
	used := map[string][]string{} // by room, the patterns of the table
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return skip(file, d)
		case path.Ext(file) == ".go" && !strings.HasSuffix(file, "_test.go"):
			room := roomOf(filepath.ToSlash(file))
			used[room] = append(used[room], checkImports(t, room, file)...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for room, patterns := range mayImport {
		for _, pattern := range patterns {
			if !slices.Contains(used[room], pattern) {
				t.Errorf("%s does not import %s: take it out of mayImport", room, pattern)
			}
		}
	}
}

// skip stays out of nested modules and of folders without code of ours.
func skip(dir string, d fs.DirEntry) error {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	nested := err == nil && dir != "."
	if nested || d.Name() == "testdata" || d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && dir != "." {
		return fs.SkipDir
	}
	return nil
}

// checkImports returns the patterns of the table that the file needs.
func checkImports(t *testing.T, room, file string) (used []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(room, "test") {
		return nil // such as postgrestest: nothing but tests can import it, see below
	}
	allowed, known := mayImport[room]
	command := slices.Contains(commands, room)
	if !known && !command {
		t.Errorf("%s: %s is a new room: say in mayImport what it may import", file, room)
	}
	for _, spec := range parsed.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		if rest, ok := strings.CutPrefix(imported, module); ok {
			imported = "." + rest
		}
		if !mayUse(room, imported, allowed, command) {
			t.Errorf("%s: %s may not import %s", file, room, imported)
		}
		if i := slices.IndexFunc(allowed, func(pattern string) bool { return covers(pattern, imported) }); i >= 0 {
			used = append(used, allowed[i])
		}
	}
	return used
}

// roomOf names the folder of a file, without internal folders of the room's own.
func roomOf(file string) string {
	dir := path.Dir(file)
	if dir == "." {
		return "."
	}
	if rest, ok := strings.CutPrefix(dir, "internal/"); ok {
		room, _, _ := strings.Cut(rest, "/internal/")
		return "./internal/" + room
	}
	room, _, _ := strings.Cut(dir, "/internal/")
	return "./" + room
}

func mayUse(room, imported string, allowed []string, command bool) bool {
	switch {
	case !strings.Contains(imported, "."): // standard library
		return true
	case command:
		return !strings.HasSuffix(imported, "test")
	case strings.HasPrefix(imported, room+"/internal/"):
		return true
	}
	return slices.ContainsFunc(allowed, func(pattern string) bool { return covers(pattern, imported) })
}

func covers(pattern, imported string) bool {
	root, deep := strings.CutSuffix(pattern, "/...")
	return imported == root || deep && strings.HasPrefix(imported, root+"/")
}

// A table that allowed everything would pass as well.
func TestTheTableRefusesWhatItDoesNotName(t *testing.T) {
	t.Parallel()
	for room, imported := range map[string]string{
		".":                   "github.com/google/uuid",
		"./workflows":         "./internal/postgres",
		"./activities":        "./internal/archive",
		"./internal/archive":  "./internal/postgres",
		"./internal/postgres": "go.temporal.io/sdk/client",
		"./api/server":        "./internal/postgres",
		"./api/auth":          "./api/server",
		"./internal/metrics":  "go.temporal.io/sdk/client",
	} {
		if mayUse(room, imported, mayImport[room], false) {
			t.Errorf("%s may import %s", room, imported)
		}
	}
	if mayUse("./worker", "./internal/postgres/postgrestest", nil, true) {
		t.Error("a command may import a package for tests")
	}
}
