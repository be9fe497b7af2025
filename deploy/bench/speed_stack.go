package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
)

const (
	// account is the one that is measured, neighbour another whose records lie
	// between its own.
	account, neighbour = 1, 2
	typeName           = "Site Visit"
	admin              = "ada@bench.example"

	// filesShare is the share of records with attachments, where there are any:
	// each has one to three.
	filesShare = 0.02

	productPatience = time.Minute
	runPatience     = 10 * time.Minute
)

// serverSettings are those of a small server in production, for the records of one
// bench run. Everything else is PostgreSQL's default: it flushes, and writes full
// pages.
var serverSettings = []string{
	"shared_buffers=1GB", "max_wal_size=4GB", "checkpoint_timeout=15min", "wal_compression=lz4",
	"effective_cache_size=4GB", "maintenance_work_mem=256MB", "random_page_cost=1.1",
}

// stack is the servers, and the product where it runs.
type stack struct {
	bin, dir string
	servers  *rig.Devstack
	env      map[string]string // of the product's programs
	template string            // address of the server's databases, with %s for the name
	temporal client.Client
	api      string // address
}

func startStack(ctx context.Context, bin, dir string) (*stack, error) {
	flags := []string{"--only", "temporal,postgres,oidc", "--grace", "0s"}
	for _, setting := range serverSettings {
		flags = append(flags, "--postgres-set", setting)
	}
	s := &stack{bin: bin, dir: dir}
	var err error
	s.servers, err = rig.StartDevstack(ctx, bin, filepath.Join(dir, "stack"), filepath.Join(dir, "devstack.log"), nil, flags...)
	if err != nil {
		return nil, err
	}
	api, err := freeAddress()
	if err != nil {
		s.stop()
		return nil, err
	}
	s.env = maps.Clone(s.servers.Env)
	maps.Copy(s.env, map[string]string{
		"OFFHOURS_HTTP_ADDRESS": api, "OFFHOURS_PAGE_URL": "http://" + api + "/",
		"OFFHOURS_USER_CALLS": "0", "OFFHOURS_ACCOUNT_CALLS": "0", "OFFHOURS_LOG_LEVEL": "WARN",
	})
	s.api = "http://" + api
	address, err := url.Parse(s.env["DATABASE_URL"])
	if err != nil {
		s.stop()
		return nil, err
	}
	address.Path = "/%s"
	s.template = strings.Replace(address.String(), "%25s", "%s", 1)
	s.temporal, err = client.NewLazyClient(client.Options{
		HostPort: s.env["TEMPORAL_ADDRESS"], Namespace: s.env["TEMPORAL_NAMESPACE"],
		Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *stack) stop() {
	if s.temporal != nil {
		s.temporal.Close()
	}
	s.servers.Stop()
}

// address is that of a database.
func (s *stack) address(database string) string { return fmt.Sprintf(s.template, database) }

// database is the one that is measured in.
const database = "offhours"

// connect opens a session that the caller closes. It bears the product's name: a
// request would make room for users at work, and who only watches is none.
func (s *stack) connect(ctx context.Context, name string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(s.address(name))
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["application_name"] = "offhours"
	return pgx.ConnectConfig(ctx, config)
}

// exec runs statements in a database, each in a transaction of its own.
func (s *stack) exec(ctx context.Context, name string, statements ...string) error {
	conn, err := s.connect(ctx, name)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%.60s: %w", statement, err)
		}
	}
	return nil
}

// once runs one of the product's commands on a database to its end.
func (s *stack) once(ctx context.Context, name string, env map[string]string, command string, arguments ...string) error {
	all := maps.Clone(s.env)
	maps.Copy(all, env)
	all["DATABASE_URL"] = s.address(name)
	p, err := rig.Launch(filepath.Join(s.dir, command+".log"), syscall.SIGKILL, rig.CleanEnvironment(all), filepath.Join(s.bin, command), arguments...)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, p.Kill)()
	return p.Succeeded()
}

// makeCell makes the database that every run of a cell starts from: as many
// records of another account lie between ours, in the order of the weeks in which
// they were modified, as a table grows.
func (s *stack) makeCell(ctx context.Context, c cell) error {
	name := c.database()
	if err := s.exec(ctx, "postgres", "CREATE DATABASE "+name); err != nil {
		return err
	}
	accounts, err := s.writeAccounts()
	if err != nil {
		return err
	}
	bucket := s.bucketOf(c)
	if err := os.MkdirAll(bucket, 0o755); err != nil {
		return err
	}
	env := map[string]string{"OFFHOURS_BUCKET_URL": bucketURL(bucket)}
	if err := s.once(ctx, name, env, "migrate"); err != nil {
		return err
	}
	if err := s.once(ctx, name, env, "load", "accounts", accounts); err != nil {
		return err
	}
	share := "0"
	if c.Files {
		share = strconv.FormatFloat(filesShare, 'f', -1, 64)
	}
	until := time.Now().UTC().AddDate(0, 0, -40).Format(time.DateOnly)
	for _, id := range []int{account, neighbour} {
		err := s.once(ctx, name, env, "load", "generate", "--account", strconv.Itoa(id), "--type", typeName,
			"--records", strconv.Itoa(c.Size), "--seed", strconv.Itoa(id), "--attachments", share, "--modified-to", until)
		if err != nil {
			return err
		}
	}
	return s.exec(ctx, name,
		"CREATE INDEX bench_order ON records (date_trunc('week', modified_on AT TIME ZONE 'UTC'), id)",
		"CLUSTER records USING bench_order", "DROP INDEX bench_order", "VACUUM (FREEZE, ANALYZE)")
}

func (s *stack) writeAccounts() (path string, err error) {
	entry := func(id int, email string) map[string]any {
		return map[string]any{
			"id": id, "name": fmt.Sprintf("Account %d", id), "featureEnabled": true,
			"schedule": map[string]any{"timeZone": "UTC", "businessHours": map[string]any{}}, // a window that never closes
			"users":    []any{map[string]any{"email": email, "name": "Ada", "role": offhours.RoleAdministrator}},
		}
	}
	text, err := json.Marshal(map[string]any{"accounts": []any{entry(account, admin), entry(neighbour, "bea@bench.example")}})
	if err != nil {
		return "", err
	}
	path = filepath.Join(s.dir, "accounts.json")
	return path, os.WriteFile(path, text, 0o644)
}

func (s *stack) bucketOf(c cell) string { return filepath.Join(s.dir, c.database()) }

// bucket is the one that is measured in.
func (s *stack) bucket() string { return filepath.Join(s.dir, "bucket") }

func bucketURL(dir string) string { return "file://" + dir + "?create_dir=true" }

// reset brings database and bucket back to where every run of a cell starts, and
// everything to the disk.
func (s *stack) reset(ctx context.Context, c cell) error {
	if err := os.RemoveAll(s.bucket()); err != nil {
		return err
	}
	if err := linkAll(s.bucketOf(c), s.bucket()); err != nil {
		return err
	}
	return s.exec(ctx, "postgres", "DROP DATABASE IF EXISTS "+database+" WITH (FORCE)",
		"CREATE DATABASE "+database+" TEMPLATE "+c.database()+" STRATEGY file_copy", "CHECKPOINT")
}

// linkAll copies a folder. Its files are linked: the product removes files, and
// never writes into one.
func linkAll(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, inside), 0o755)
		}
		return os.Link(path, filepath.Join(to, inside))
	})
}

// selected counts the records of the account that are left.
func (s *stack) selected(ctx context.Context) (n int, err error) {
	conn, err := s.connect(ctx, database)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return n, conn.QueryRow(ctx, "SELECT count(*) FROM records WHERE account_id = $1", account).Scan(&n)
}

// product is the API and a worker.
type product struct {
	api, worker *rig.Process
	metrics     string // address of the worker's
}

// startProduct starts the product on the database that is measured in, and waits
// until it is ready.
func (s *stack) startProduct(ctx context.Context) (p product, err error) {
	metrics, err := freeAddress()
	if err != nil {
		return p, err
	}
	env := maps.Clone(s.env)
	maps.Copy(env, map[string]string{
		"DATABASE_URL": s.address(database), "OFFHOURS_BUCKET_URL": bucketURL(s.bucket()), "OFFHOURS_METRICS_ADDRESS": metrics,
	})
	defer func() {
		if err != nil {
			p.stop()
		}
	}()
	for name, into := range map[string]**rig.Process{"api": &p.api, "worker": &p.worker} {
		*into, err = rig.Launch(filepath.Join(s.dir, name+".log"), syscall.SIGKILL, rig.CleanEnvironment(env), filepath.Join(s.bin, name))
		if err != nil {
			return p, err
		}
	}
	p.metrics = "http://" + metrics
	for address, program := range map[string]*rig.Process{s.api: p.api, p.metrics: p.worker} {
		if err := ready(ctx, address+"/readyz", program); err != nil {
			return p, fmt.Errorf("%w\n%s", err, rig.Tail(program.Log))
		}
	}
	return p, nil
}

func ready(ctx context.Context, address string, program *rig.Process) error {
	return rig.Poll(ctx, program.Name, productPatience, program.Ended(), func(ctx context.Context) (bool, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return false, err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false, nil // it does not listen yet
		}
		return response.StatusCode == http.StatusOK, response.Body.Close()
	})
}

func (p product) stop() {
	for _, program := range []*rig.Process{p.worker, p.api} {
		if program != nil {
			program.Stop(productPatience)
		}
	}
}
