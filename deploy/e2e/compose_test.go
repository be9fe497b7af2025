//go:build unix

package e2e

import (
	"debug/buildinfo"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/compose/composetest"
	"github.com/offhours/offhours/deploy/rig"
	"github.com/offhours/offhours/internal/archive/archivetest"
)

// The programs of the image run in the environment of docker-compose.yml and no
// other variable, with an S3 store and a role that is no superuser. Only what
// stands at which address differs.
func TestTheProductRunsInTheEnvironmentOfDockerCompose(t *testing.T) {
	parallel(t)
	c := startComposed(t)
	c.service(t, "migrate").succeeds(t)
	api, worker := c.service(t, "api"), c.service(t, "worker")
	for name, service := range map[string]*process{"api": api, "worker": worker} {
		eventually(t, name+" is healthy", func() bool {
			if !service.Runs() {
				t.Fatalf("%s ended:\n%s", name, rig.Tail(service.Log))
			}
			return exec.CommandContext(t.Context(), filepath.Join(binaries(t), "probe"), c.moved.Replace(c.project.Services[name].HealthCheck.Test[2])).Run() == nil
		})
	}

	c.loadAccounts(t)
	c.generate(t, openAccount, 2_000)
	db, caller := c.database(t), c.signIn(t, ada)
	db.witness(t)
	code := caller.typeCode(t, documents)
	p := proof{db: db, admin: caller, account: openAccount, before: db.records(t, openAccount, code)}
	created := caller.create(t, code, offhours.ExportAndDelete)
	p.checks(t, caller.ended(t, created.ID, offhours.StatusSuccess))

	c.service(t, "starter", "show", created.ID).succeeds(t)
	eventually(t, "both mails are sent", func() bool {
		mails, err := filepath.Glob(filepath.Join(c.folder, "mail", "*.eml"))
		return err == nil && len(mails) == 2
	})
	worker.stop(t)
	api.stop(t)
}

// composed is a stack in the place of the containers that are not ours.
type composed struct {
	*stack
	project *types.Project
	moved   *strings.Replacer // addresses in the network of the containers to those here
}

func startComposed(t *testing.T) *composed {
	t.Helper()
	variables := composetest.Example(t)
	c := &composed{stack: startStack(t, onlyServers)}
	variables["OFFHOURS_OIDC_ISSUER"], variables["OFFHOURS_OIDC_AUDIENCE"] = c.env["OFFHOURS_OIDC_ISSUER"], c.env["OFFHOURS_OIDC_AUDIENCE"]
	variables["OFFHOURS_PAGE_URL"], variables["OFFHOURS_MAIL_FROM"] = "https://crm.example/bulk", "Offhours <offhours@crm.example>"
	variables["OFFHOURS_GRACE"] = "0s"
	c.project = composetest.Load(t, variables)

	c.createDatabases(t)
	c.move(t)
	for _, name := range []string{"api", "worker"} { // the test's own way to the same places
		for variable, value := range c.project.Services[name].Environment {
			c.env[variable] = c.moved.Replace(*value)
		}
	}
	return c
}

// move says what stands where.
func (c *composed) move(t *testing.T) {
	t.Helper()
	database, err := url.Parse(c.env["DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	api, metrics := freeAddress(t), freeAddress(t)
	c.moved = strings.NewReplacer(
		"postgres:5432", database.Host,
		"temporal:7233", c.env["TEMPORAL_ADDRESS"],
		"http://s3:9000", archivetest.NewS3(t, "offhours").Endpoint,
		"file:///var/mail/offhours", "file://"+filepath.Join(c.folder, "mail"),
		"0.0.0.0:8080", api, "127.0.0.1:8080", api,
		"0.0.0.0:9090", metrics, "127.0.0.1:9090", metrics,
	)
}

// createDatabases does what PostgreSQL's container does when it first starts.
func (c *composed) createDatabases(t *testing.T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), strings.Replace(c.env["DATABASE_URL"], "/offhours?", "/postgres?", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	script, err := os.ReadFile(filepath.Join(composetest.Root(), "deploy", "compose", "databases.sql"))
	if err != nil {
		t.Fatal(err)
	}
	environment := c.project.Services["postgres"].Environment
	passwords := strings.NewReplacer(":'offhours'", "'"+*environment["OFFHOURS_DB_PASSWORD"]+"'", ":'temporal'", "'"+*environment["TEMPORAL_DB_PASSWORD"]+"'")
	statements := []string{"DROP DATABASE offhours WITH (FORCE)"} // the dev stack's own
	for line := range strings.Lines(passwords.Replace(string(script))) {
		if !strings.HasPrefix(line, "--") && !strings.HasPrefix(line, `\`) {
			statements = append(statements, line)
		}
	}
	for _, statement := range statements {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// service starts the program of a service with the service's environment alone.
func (c *composed) service(t *testing.T, name string, arguments ...string) *process {
	t.Helper()
	service := c.project.Services[name]
	program := slices.Concat([]string(service.Entrypoint), []string(service.Command), arguments)
	path := filepath.Join(binaries(t), filepath.Base(program[0]))
	wantStatic(t, path)
	alone := []string{"-i"}
	for variable, value := range service.Environment {
		moved := c.moved.Replace(*value)
		for other := range c.project.Services {
			if regexp.MustCompile(`\b` + other + `:\d`).MatchString(moved) {
				t.Errorf("%s=%s of %s still leads into the network of the containers", variable, moved, name)
			}
		}
		alone = append(alone, variable+"="+moved)
	}
	env, err := exec.LookPath("env")
	if err != nil {
		t.Fatal(err)
	}
	return launch(t, c.log(name), syscall.SIGKILL, nil, env, slices.Concat(alone, []string{path}, program[1:])...)
}

// wantStatic wants a program that needs nothing of the image.
func wantStatic(t *testing.T, path string) {
	t.Helper()
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(info.Settings, debug.BuildSetting{Key: "CGO_ENABLED", Value: "0"}) {
		t.Errorf("%s is not static: build it with make", path)
	}
}

// freeAddress is a loopback address that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
