package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
)

const testLimit = 90 * time.Second

// running is a devstack in a process of its own.
type running struct {
	cmd     *exec.Cmd
	output  string // file
	envFile string
	env     map[string]string
	ended   chan struct{}
}

// stackCommand is a devstack that is killed at the end of the test at the latest.
func stackCommand(t *testing.T, folder string, arguments ...string) *exec.Cmd {
	t.Helper()
	return exec.CommandContext(t.Context(), filepath.Join(binFolder(t, "devstack"), "devstack"), append([]string{"--dir", folder}, arguments...)...)
}

// startStack starts devstack and waits until it is ready.
func startStack(t *testing.T, folder string, arguments ...string) *running {
	t.Helper()
	began := time.Now()
	r := beginStack(t, folder, arguments...)
	await(t, "devstack is ready", func() bool {
		select {
		case <-r.ended:
			t.Fatalf("devstack ended:\n%s", readFile(t, r.output))
		default:
		}
		_, err := os.Stat(r.envFile)
		return err == nil
	})
	t.Logf("ready after %s", time.Since(began).Round(time.Millisecond))
	r.readEnv(t)
	return r
}

// beginStack starts devstack.
func beginStack(t *testing.T, folder string, arguments ...string) *running {
	t.Helper()
	own := t.TempDir()
	output, err := os.Create(filepath.Join(own, "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	r := &running{envFile: filepath.Join(own, "stack.env"), output: output.Name(), ended: make(chan struct{})}
	r.cmd = stackCommand(t, folder, append(arguments, "--env-file", r.envFile)...)
	r.cmd.Stdout, r.cmd.Stderr = output, output
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = r.cmd.Wait() // its state is looked at where it matters
		close(r.ended)
	}()
	t.Cleanup(func() { <-r.ended })
	return r
}

// runStack runs a devstack that should refuse to start.
func runStack(t *testing.T, folder string, arguments ...string) (output string, code int) {
	t.Helper()
	cmd := stackCommand(t, folder, arguments...)
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

func (r *running) readEnv(t *testing.T) {
	t.Helper()
	r.env = map[string]string{}
	for line := range strings.Lines(readFile(t, r.envFile)) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok {
			t.Fatalf("line %q of the env file is not KEY=VALUE", line)
		}
		r.env[name] = value
	}
}

// kill ends devstack as a crash would.
func (r *running) kill(t *testing.T) {
	t.Helper()
	if err := r.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-r.ended
}

// interrupt ends devstack as Ctrl-C does and wants exit code 0.
func (r *running) interrupt(t *testing.T) {
	t.Helper()
	if err := r.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	select {
	case <-r.ended:
	case <-time.After(testLimit):
		t.Fatal("devstack did not end")
	}
	if code := r.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d, want 0:\n%s", code, readFile(t, r.output))
	}
}

func freePorts() []string {
	var arguments []string
	for _, c := range (&settings{}).claims() {
		arguments = append(arguments, c.flag, "0")
	}
	return arguments
}

// samePorts are the ports another stack had.
func samePorts(r *running) []string {
	arguments := freePorts()
	for flag, key := range map[string]string{
		"--api-port": "OFFHOURS_HTTP_ADDRESS", "--temporal-port": "TEMPORAL_ADDRESS", "--oidc-port": "OFFHOURS_OIDC_ISSUER",
		"--login-port": "OFFHOURS_LOGIN_URL", "--postgres-port": "DATABASE_URL",
	} {
		_, after, _ := strings.Cut(r.env[key], loopback+":")
		port, _, _ := strings.Cut(after, "/")
		arguments = append(arguments, flag, port) // the last one counts
	}
	return arguments
}

// openFolder is a temporary folder that PostgreSQL's user may enter, which
// those of t.TempDir are not.
func openFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "devstack")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

// startServer starts PostgreSQL on the folder as nobody's child.
func startServer(t *testing.T, folder string) *exec.Cmd {
	t.Helper()
	data := filepath.Join(folder, "postgres")
	binaries, err := findPostgres(data)
	if err != nil {
		t.Fatal(err)
	}
	owner, err := findOwner()
	if err != nil {
		t.Fatal(err)
	}
	server := &postgres{binaries: binaries, owner: owner, root: folder, data: data, port: occupyBriefly(t)}
	cmd := server.command("postgres", server.arguments()...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	await(t, "the server that was left is up", func() bool { return server.ensureDatabase(t.Context()) == nil })
	return cmd
}

func postmasterPID(t *testing.T, folder string) int {
	t.Helper()
	first, _, _ := strings.Cut(readFile(t, filepath.Join(folder, "postgres", "postmaster.pid")), "\n")
	return number(t, first)
}

func checkNamespace(t *testing.T, r *running) {
	t.Helper()
	c := dial(t, r)
	described, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: "default"})
	if err != nil {
		t.Fatal(err)
	}
	if kept := described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(); kept < 72*time.Hour {
		t.Errorf("retention %s, want at least 72h", kept)
	}
	attributes, err := c.OperatorService().ListSearchAttributes(t.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: "default"})
	if err != nil {
		t.Fatal(err)
	}
	for name, kind := range searchAttributes {
		if got := attributes.GetCustomAttributes()[name]; got != kind {
			t.Errorf("search attribute %s is of type %s, want %s", name, got, kind)
		}
	}
}

// startWorkflow starts a workflow no worker will run, with a search attribute.
func startWorkflow(t *testing.T, r *running, id string) {
	t.Helper()
	_, err := dial(t, r).ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: id, TaskQueue: "nobody",
		TypedSearchAttributes: temporal.NewSearchAttributes(temporal.NewSearchAttributeKeyKeyword("OffhoursStatus").ValueSet("in_queue")),
	}, "Nothing")
	if err != nil {
		t.Fatal(err)
	}
}

func describeWorkflow(t *testing.T, r *running, id string) string {
	t.Helper()
	var found string
	await(t, "the workflow is listed by its search attribute", func() bool {
		list, err := dial(t, r).ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: "default", Query: fmt.Sprintf("OffhoursStatus = 'in_queue' AND WorkflowId = '%s'", id),
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, execution := range list.GetExecutions() {
			found = execution.GetExecution().GetWorkflowId()
		}
		return found != ""
	})
	return found
}

func dial(t *testing.T, r *running) client.Client {
	t.Helper()
	c, err := client.DialContext(t.Context(), client.Options{
		HostPort: r.env["TEMPORAL_ADDRESS"], Namespace: r.env["TEMPORAL_NAMESPACE"],
		Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func execute(t *testing.T, r *running, statement string) {
	t.Helper()
	if _, err := connect(t, r).Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func query(t *testing.T, r *running, statement string) (value int) {
	t.Helper()
	if err := connect(t, r).QueryRow(t.Context(), statement).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func queryText(t *testing.T, r *running, statement string) (value string) {
	t.Helper()
	if err := connect(t, r).QueryRow(t.Context(), statement).Scan(&value); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return value
}

func connect(t *testing.T, r *running) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), r.env["DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func signIn(t *testing.T, r *running, email string) string {
	t.Helper()
	response, err := http.Post(r.env["OFFHOURS_LOGIN_URL"], "application/json", strings.NewReader(fmt.Sprintf(`{"email":%q}`, email)))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		AccessToken string `json:"accessToken"`
		Error       string `json:"error"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if _, err := verifyToken(t, r.env["OFFHOURS_OIDC_ISSUER"], answer.AccessToken); err != nil {
		t.Fatalf("token of %s: %v (%s)", email, err, answer.Error)
	}
	return answer.AccessToken
}

// await polls until done returns true.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	err := poll(t.Context(), what, testLimit, nil, func(context.Context) error {
		if done() {
			return nil
		}
		return errors.New("not yet")
	})
	if err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
