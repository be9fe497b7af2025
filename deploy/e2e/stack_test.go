//go:build unix

package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/offhours/offhours/deploy/rig"
)

// Parts of a devstack.
const (
	everything  = "temporal,ui,postgres,oidc,api,worker"
	onlyServers = "temporal,postgres,oidc" // the test runs api and worker
)

// stack is a devstack on a folder of its own.
type stack struct {
	folder   string
	envFile  string
	env      map[string]string // what the env file says
	devstack *process
}

// startStack starts the parts and waits until they are ready.
func startStack(t *testing.T, parts string) *stack {
	t.Helper()
	s := &stack{folder: openFolder(t)}
	s.envFile = filepath.Join(s.folder, "stack.env")
	t.Cleanup(func() { s.end(t) })
	s.start(t, parts)
	if parts == onlyServers {
		s.run(t, "migrate")
	}
	return s
}

// start starts devstack on the folder, on free ports.
func (s *stack) start(t *testing.T, parts string) {
	t.Helper()
	bin := binaries(t)
	// If the test binary dies, SIGTERM lets devstack stop everything in order.
	s.devstack = launch(t, s.log("devstack"), syscall.SIGTERM, nil, filepath.Join(bin, "devstack"),
		"--dir", s.folder, "--bin", bin, "--only", parts, "--env-file", s.envFile, "--fast-unsafe-postgres", "--grace", "0s",
		"--api-port", "0", "--temporal-port", "0", "--ui-port", "0", "--postgres-port", "0", "--oidc-port", "0", "--login-port", "0")
	eventually(t, "devstack is ready", func() bool {
		if !s.devstack.Runs() {
			t.Fatalf("devstack ended:\n%s", rig.Tail(s.devstack.Log))
		}
		_, err := os.Stat(s.envFile)
		return err == nil
	})
	var err error
	if s.env, err = rig.ReadEnv(s.envFile); err != nil {
		t.Fatal(err)
	}
}

// end makes sure, at the end of a test, that nothing outlived devstack, which
// was killed. It shows the logs of a test that failed.
func (s *stack) end(t *testing.T) {
	noLeftovers(t, s.folder)
	if t.Failed() {
		logs, _ := filepath.Glob(filepath.Join(s.folder, "log", "*.log"))
		for _, log := range logs {
			t.Logf("%s ends with:\n%s", log, rig.Tail(log))
		}
	}
	if err := os.RemoveAll(s.folder); err != nil {
		t.Error(err)
	}
}

// program starts one of the product's commands with the environment of the
// stack and what differs from it. It is killed at the end of the test.
func (s *stack) program(t *testing.T, name string, differs map[string]string, arguments ...string) *process {
	t.Helper()
	environment := maps.Clone(s.env)
	maps.Copy(environment, differs)
	var lines []string
	for key, value := range environment {
		lines = append(lines, key+"="+value)
	}
	return launch(t, s.log(name), syscall.SIGKILL, lines, filepath.Join(binaries(t), name), arguments...)
}

// run runs one of the product's commands to its end.
func (s *stack) run(t *testing.T, name string, arguments ...string) {
	t.Helper()
	s.program(t, name, nil, arguments...).succeeds(t)
}

func (s *stack) log(name string) string { return filepath.Join(s.folder, "log", name+".log") }

// bucket is the folder that the product keeps its files in.
func (s *stack) bucket() string { return filepath.Join(s.folder, "bucket") }

// openFolder is a temporary folder that PostgreSQL's user may enter, which
// those of t.TempDir are not. It is removed with its stack.
func openFolder(t *testing.T) string {
	t.Helper()
	folder, err := rig.Scratch("offhours-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "log"), 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}
