package compose

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/deploy/compose/composetest"
)

func dockerfile(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(composetest.Root(), "deploy", "Dockerfile"))
	require.NoError(t, err)
	return strings.ReplaceAll(string(text), "\\\n", "")
}

// packages are what the image's build names.
func packages(t *testing.T) []string {
	t.Helper()
	build := regexp.MustCompile(`CGO_ENABLED=0 .*go build -trimpath .*-o /out/bin/ +(.+)\n`).FindStringSubmatch(dockerfile(t))
	require.NotNil(t, build, "a static build")
	return strings.Fields(build[1])
}

func TestTheImageIsStaticAndItsUserIsNotRoot(t *testing.T) {
	t.Parallel()
	text := dockerfile(t)
	require.ElementsMatch(t, []string{"./api", "./worker", "./starter", "./deploy/migrate", "./deploy/load", "./deploy/probe"}, packages(t))
	stages := regexp.MustCompile(`(?m)^FROM .*?(\S+) AS (\w+)$`).FindAllStringSubmatch(text, -1)
	require.Len(t, stages, 3)
	require.Equal(t, "page", stages[0][2])
	require.Equal(t, []string{"golang:1.26.8-bookworm", "build"}, stages[1][1:])
	require.Contains(t, text, "\nCOPY --from=page /src/api/web/dist/ api/web/dist/\n")
	// CA certificates and time zones are in it.
	require.Equal(t, []string{"gcr.io/distroless/static-debian12:nonroot", "product"}, stages[2][1:])
	final := text[strings.Index(text, stages[2][0]):]
	require.Contains(t, final, "\nUSER 65532:65532\n")
	require.NotContains(t, final, "RUN")
}

func TestTheMakefileBuildsAsTheImageDoes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(composetest.Root(), "Makefile"))
	require.NoError(t, err)
	require.Contains(t, string(text), "PRODUCT_BUILD := CGO_ENABLED=0 go build -trimpath\n")
}

func TestServicesRunWhatIsInTheImage(t *testing.T) {
	t.Parallel()
	project := composetest.Load(t, composetest.Example(t))
	for name := range sources {
		service := project.Services[name]
		require.Equal(t, filepath.Join(composetest.Root(), "deploy", "Dockerfile"), filepath.Join(service.Build.Context, service.Build.Dockerfile))
		require.Equal(t, "product", service.Build.Target)
		program := slices.Concat([]string(service.Entrypoint), []string(service.Command))
		require.Equal(t, []string{"/usr/local/bin/" + name}, program)
		requireInImage(t, program[0])
		if service.HealthCheck != nil {
			requireInImage(t, service.HealthCheck.Test[1])
		}
	}
}

func requireInImage(t *testing.T, path string) {
	t.Helper()
	require.True(t, slices.ContainsFunc(packages(t), func(name string) bool { return "/usr/local/bin/"+filepath.Base(name) == path }), path)
}

// Every file that the build reads has to reach it past .dockerignore, and what is
// none of its business must not.
func TestTheBuildGetsEveryFileItNeedsAndNoSecrets(t *testing.T) {
	t.Parallel()
	ignores := ignored(t)
	for _, file := range append(sourceFiles(t), "go.mod", "go.sum", "api/web/package-lock.json", "api/web/.npmrc", "api/web/src/main.tsx") {
		if strings.HasPrefix(file, "api/web/dist/") && file != "api/web/dist/placeholder.txt" {
			continue // built in the image
		}
		require.False(t, ignores(file), file)
	}
	for _, file := range []string{".env", ".git/config", "bin/api", ".offhours/postgres/PG_VERSION", "deploy/devstack/main.go", "api/web/node_modules/react/index.js", "api/web/dist/assets/index.js"} {
		require.True(t, ignores(file), file)
	}
}

func ignored(t *testing.T) func(file string) bool {
	t.Helper()
	list, err := os.Open(filepath.Join(composetest.Root(), ".dockerignore"))
	require.NoError(t, err)
	defer list.Close()
	patterns, err := ignorefile.ReadAll(list)
	require.NoError(t, err)
	matcher, err := patternmatcher.New(patterns)
	require.NoError(t, err)
	return func(file string) bool {
		matches, err := matcher.MatchesOrParentMatches(file)
		require.NoError(t, err)
		return matches
	}
}

// sourceFiles are the files of this module that the image's programs are made of.
func sourceFiles(t *testing.T) (files []string) {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", append([]string{"list", "-deps", "-json=Dir,Module,GoFiles,EmbedFiles"}, packages(t)...)...)
	list.Dir, list.Env = composetest.Root(), append(os.Environ(), "CGO_ENABLED=0")
	out, err := list.Output()
	require.NoError(t, err)
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var p struct {
			Dir                 string
			Module              *struct{ Main bool }
			GoFiles, EmbedFiles []string
		}
		require.NoError(t, decoder.Decode(&p))
		if p.Module == nil || !p.Module.Main {
			continue
		}
		for _, name := range append(p.GoFiles, p.EmbedFiles...) {
			file, err := filepath.Rel(composetest.Root(), filepath.Join(p.Dir, name))
			require.NoError(t, err)
			files = append(files, filepath.ToSlash(file))
		}
	}
	require.Contains(t, files, "internal/postgres/migrations/00001_crm.sql")
	return files
}
