package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestStack_SurvivesAKillAndKeepsItsData(t *testing.T) {
	t.Parallel()
	folder := openFolder(t)
	parts := []string{"--only", "postgres,temporal,oidc"}

	first := startStack(t, folder, slices.Concat(parts, freePorts())...)
	checkNamespace(t, first)
	startWorkflow(t, first, "kept")
	execute(t, first, "CREATE TABLE kept AS SELECT 42 AS answer")
	token := signIn(t, first, "ada@acme.example")
	server := postmasterPID(t, folder)
	first.kill(t)
	await(t, "PostgreSQL is gone", func() bool { return !alive(server) })

	// A lock of a process that runs and is no PostgreSQL must not stop it.
	writePostmasterPID(t, filepath.Join(folder, "postgres"), os.Getpid())
	second := startStack(t, folder, slices.Concat(parts, samePorts(first))...)
	checkNamespace(t, second)
	if id := describeWorkflow(t, second, "kept"); id != "kept" {
		t.Errorf("workflow %q, want the one of the first run", id)
	}
	if got := query(t, second, "SELECT answer FROM kept"); got != 42 {
		t.Errorf("row %d, want the 42 of the first run", got)
	}
	if _, err := verifyToken(t, second.env["OFFHOURS_OIDC_ISSUER"], token); err != nil {
		t.Errorf("token of the first run: %v", err)
	}
	if log := readFile(t, filepath.Join(folder, "log", "temporal.log")); strings.Contains(log, `"level":"error"`) {
		t.Errorf("the Temporal server logged errors:\n%s", log)
	}
	second.interrupt(t)
}

func TestStack_StopsAServerThatAKilledOneLeft(t *testing.T) {
	t.Parallel()
	folder := openFolder(t)
	first := startStack(t, folder, "--only", "postgres", "--postgres-port", "0", "--fast-unsafe-postgres")
	first.interrupt(t)

	left := startServer(t, folder)
	second := startStack(t, folder, "--only", "postgres", "--postgres-port", "0", "--fast-unsafe-postgres")
	if err := left.Wait(); err != nil {
		t.Errorf("the server that was left ended with %v, want a clean end", err)
	}
	if got := query(t, second, "SELECT 1"); got != 1 {
		t.Errorf("SELECT 1 = %d", got)
	}
	if got := queryText(t, second, "SHOW fsync"); got != "off" {
		t.Errorf("fsync is %s with --fast-unsafe-postgres, want off", got)
	}
	second.interrupt(t)
}

func TestStack_ConfiguresPostgreSQL(t *testing.T) {
	t.Parallel()
	stack := startStack(t, openFolder(t), "--only", "postgres", "--postgres-port", "0")
	for setting, want := range map[string]string{
		"data_checksums":          "on",
		"server_encoding":         "UTF8",
		"lc_collate":              "C.UTF-8",
		"timezone":                "UTC",
		"wal_compression":         "lz4",
		"max_connections":         "200",
		"shared_buffers":          "256MB",
		"max_wal_size":            "2GB",
		"fsync":                   "on",
		"full_page_writes":        "on",
		"listen_addresses":        "127.0.0.1",
		"unix_socket_directories": "",
	} {
		if got := queryText(t, stack, "SHOW "+setting); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	stack.interrupt(t)
}

func TestStack_InterruptedWhileItStartsLeavesNothing(t *testing.T) {
	t.Parallel()
	folder := openFolder(t)
	stack := beginStack(t, folder, append(freePorts(), "--only", "postgres,temporal,oidc")...)
	await(t, "it starts", func() bool { return strings.Contains(readFile(t, stack.output), "Starting in") })
	stack.interrupt(t)
	if _, err := os.Stat(filepath.Join(folder, "postgres", "postmaster.pid")); !os.IsNotExist(err) {
		t.Errorf("stat of postmaster.pid: %v, want that PostgreSQL has ended", err)
	}
	again := startStack(t, folder, append(freePorts(), "--only", "postgres,temporal,oidc")...)
	checkNamespace(t, again)
	again.interrupt(t)
}

func TestStack_RefusesASecondOneOnTheSameFolder(t *testing.T) {
	t.Parallel()
	folder := openFolder(t)
	first := startStack(t, folder, "--only", "oidc", "--oidc-port", "0", "--login-port", "0")
	output, code := runStack(t, folder, "--only", "oidc", "--oidc-port", "0", "--login-port", "0")
	want := fmt.Sprintf("another devstack (pid %d) uses %s", first.cmd.Process.Pid, folder)
	if code != 1 || !strings.Contains(output, want) {
		t.Errorf("exit code %d, output %q; want 1 and %q", code, output, want)
	}
	first.interrupt(t)
}

func TestStack_RefusesATakenPortBeforeItStartsAnything(t *testing.T) {
	t.Parallel()
	folder := openFolder(t)
	taken := occupy(t)
	output, code := runStack(t, folder, "--only", "postgres,oidc", "--postgres-port", "0", "--oidc-port", "0", "--login-port", strconv.Itoa(taken))
	want := fmt.Sprintf("port %d is in use and the sign-in wants it", taken)
	if code != 1 || !strings.Contains(output, want) {
		t.Errorf("exit code %d, output %q; want 1 and %q", code, output, want)
	}
	if _, err := os.Stat(filepath.Join(folder, "postgres")); !os.IsNotExist(err) {
		t.Errorf("stat of the database: %v, want that there is none", err)
	}
}

func TestStack_NamesAllBinariesThatAreMissing(t *testing.T) {
	t.Parallel()
	folder := openFolder(t)
	output, code := runStack(t, folder, append(freePorts(), "--demo", "--bin", binFolder(t, "api"))...)
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	for _, name := range []string{"migrate", "load", "worker"} {
		if !strings.Contains(output, "the binary "+name+" is missing") {
			t.Errorf("output does not name %s:\n%s", name, output)
		}
	}
}

func TestStack_RunsTheProductAndRestartsIt(t *testing.T) {
	t.Parallel()
	folder := openFolder(t)
	bin := binFolder(t, "migrate", "load", "api", "worker")
	stack := startStack(t, folder, append(freePorts(), "--demo", "--bin", bin, "--fast-unsafe-postgres")...)
	if want := "migrated " + stack.env["DATABASE_URL"]; !strings.Contains(readFile(t, filepath.Join(folder, "log", "migrate.log")), want) {
		t.Errorf("migrate.log does not say %q", want)
	}
	loads := readFile(t, filepath.Join(folder, "log", "load.log"))
	for _, want := range []string{
		fmt.Sprintf(`load ["accounts" "%s/accounts.json"]`, folder),
		`load ["generate" "--account" "Acme Field Services" "--records" "20000" "--seed" "1" "--attachments" "0.05" "--if-empty"]`,
	} {
		if !strings.Contains(loads, want) {
			t.Errorf("load.log does not have %q:\n%s", want, loads)
		}
	}
	signIn(t, stack, "ada@acme.example")
	page := stack.env["OFFHOURS_PAGE_URL"]
	if page != stack.env["OFFHOURS_API_URL"]+"/" {
		t.Errorf("the page of mails is %s, want the API's", page)
	}
	// The env file comes before the addresses are printed.
	firstRow := regexp.MustCompile(`(?m)^Ready after .*\n\n  Page +` + regexp.QuoteMeta(page) + `$`)
	await(t, "the page is said first", func() bool { return firstRow.MatchString(readFile(t, stack.output)) })

	before := stack.env["OFFHOURS_WORKER_PID"]
	if err := syscall.Kill(number(t, before), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, "the worker runs again", func() bool {
		stack.readEnv(t)
		return stack.env["OFFHOURS_WORKER_PID"] != before
	})
	if output := readFile(t, stack.output); !strings.Contains(output, "worker ended (signal: killed); it starts again in 1s") {
		t.Errorf("the terminal does not say that the worker ended:\n%s", output)
	}
	// It has said that it works, so it also handles the signal to end.
	await(t, "the new worker works", func() bool {
		return strings.Count(readFile(t, filepath.Join(folder, "log", "worker.log")), "worker works") == 2
	})
	stack.interrupt(t)
	for name, want := range map[string]string{"api": "api ended gracefully", "worker": "worker ended gracefully"} {
		if log := readFile(t, filepath.Join(folder, "log", name+".log")); !strings.Contains(log, want) {
			t.Errorf("%s.log does not say %q:\n%s", name, want, log)
		}
	}
	if _, err := os.Stat(stack.envFile); !os.IsNotExist(err) {
		t.Errorf("stat of the env file after the stop: %v, want that it is gone", err)
	}
}

func TestStack_KilledLeavesNothingAndStartsAgainAtOnce(t *testing.T) {
	t.Parallel()
	folder := openFolder(t)
	arguments := []string{"--bin", binFolder(t, "migrate", "api", "worker"), "--fast-unsafe-postgres"}
	first := startStack(t, folder, slices.Concat(arguments, freePorts())...)
	pids := []int{number(t, first.env["OFFHOURS_API_PID"]), number(t, first.env["OFFHOURS_WORKER_PID"]), postmasterPID(t, folder)}
	first.kill(t)
	second := startStack(t, folder, slices.Concat(arguments, samePorts(first))...)
	for _, pid := range pids {
		if alive(pid) {
			t.Errorf("process %d of the killed stack still runs", pid)
		}
	}
	second.interrupt(t)
}

func TestStack_FailsWithTheLogOfABrokenMigration(t *testing.T) {
	t.Parallel()
	folder := openFolder(t)
	cmd := stackCommand(t, folder, append(freePorts(), "--only", "postgres,worker", "--bin", binFolder(t, "migrate", "worker"), "--fast-unsafe-postgres")...)
	cmd.Env = append(os.Environ(), "PLAY_BROKEN_MIGRATION=1")
	output, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(output), "migration 7 is broken") {
		t.Errorf("ended with %v and\n%s\nwant exit code 1 and the end of the log", err, output)
	}
	if _, err := os.Stat(filepath.Join(folder, "postgres", "postmaster.pid")); !os.IsNotExist(err) {
		t.Errorf("stat of postmaster.pid: %v, want that PostgreSQL has ended", err)
	}
}
