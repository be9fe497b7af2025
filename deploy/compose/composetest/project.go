// Package composetest reads docker-compose.yml as Docker Compose would.
package composetest

import (
	"path/filepath"
	"runtime"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/types"
)

// Root is the folder of docker-compose.yml.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..")
}

// Example returns the variables of .env.example that have to be set, each with a
// value that says where it was used.
func Example(t testing.TB) map[string]string {
	t.Helper()
	example, err := dotenv.Read(filepath.Join(Root(), ".env.example"))
	if err != nil {
		t.Fatal(err)
	}
	for name := range example {
		example[name] = "the-" + name
	}
	return example
}

// Load reads the project with the variables of an .env file, and with no others.
func Load(t testing.TB, variables map[string]string) *types.Project {
	t.Helper()
	var env []string
	for name, value := range variables {
		env = append(env, name+"="+value)
	}
	options, err := cli.NewProjectOptions([]string{filepath.Join(Root(), "docker-compose.yml")}, cli.WithEnv(env), cli.WithProfiles([]string{"*"}))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}
