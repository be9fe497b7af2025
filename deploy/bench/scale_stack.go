package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"

	"github.com/offhours/offhours/deploy/rig"
	"github.com/offhours/offhours/internal/postgres"
	"github.com/offhours/offhours/starter/control"
)

const (
	scaleWorkers = 2
	// A stop gives running steps their time to end.
	programPatience = 30 * time.Second
	readyPatience   = time.Minute
)

// scaleRun is one run: a stack, and what was found out with it.
type scaleRun struct {
	settings scaleSettings
	fair     bool
	dir      string
	out      io.Writer
	began    time.Time

	devstack *rig.Devstack
	env      map[string]string
	api      *rig.Process
	workers  []*rig.Process
	metrics  []string // addresses of the workers' metrics
	memory   *memory

	db        *postgres.DB
	pool      *pgxpool.Pool
	temporal  client.Client
	workflows *control.Client

	heavy    scaleAccount
	small    []scaleAccount
	requests []scaleRequest
	opening  time.Time
	outcome  scaleOutcome
}

// start starts the servers, the API and the workers.
func (r *scaleRun) start(ctx context.Context) (err error) {
	r.devstack, err = rig.StartDevstack(ctx, r.settings.bin, filepath.Join(r.dir, "stack"), filepath.Join(r.dir, "devstack.log"), nil,
		"--only", "temporal,postgres,oidc", "--grace", "0s", "--spread", r.settings.spread.String(), fmt.Sprintf("--fairness=%t", r.fair))
	if err != nil {
		return err
	}
	r.env = maps.Clone(r.devstack.Env)
	r.env["OFFHOURS_USER_CALLS"], r.env["OFFHOURS_ACCOUNT_CALLS"] = "0", "0"
	r.env["OFFHOURS_LOG_LEVEL"] = "WARN"
	migrate, err := r.launch("migrate", nil)
	if err != nil {
		return err
	}
	if err := migrate.Succeeded(); err != nil {
		return err
	}
	if r.api, err = r.launch("api", nil); err != nil {
		return err
	}
	for range scaleWorkers {
		address, err := freeAddress()
		if err != nil {
			return err
		}
		w, err := r.launch("worker", map[string]string{"OFFHOURS_METRICS_ADDRESS": address})
		if err != nil {
			return err
		}
		r.workers, r.metrics = append(r.workers, w), append(r.metrics, address)
	}
	return r.connect(ctx)
}

func (r *scaleRun) connect(ctx context.Context) (err error) {
	if r.db, err = postgres.Open(ctx, r.env["DATABASE_URL"]); err != nil {
		return err
	}
	r.db.SpreadOpenings(r.settings.spread)
	if r.pool, err = pgxpool.New(ctx, r.env["DATABASE_URL"]+"&application_name=offhours"); err != nil { // who only watches is no company
		return err
	}
	r.temporal, err = client.Dial(client.Options{HostPort: r.env["TEMPORAL_ADDRESS"], Namespace: r.env["TEMPORAL_NAMESPACE"], Logger: quiet{}})
	if err != nil {
		return err
	}
	r.workflows = control.New(r.temporal, r.db)
	for _, address := range append([]string{r.env["OFFHOURS_HTTP_ADDRESS"]}, r.metrics...) {
		err := rig.Poll(ctx, "the product", readyPatience, nil, func(ctx context.Context) (bool, error) {
			_, err := fetch(ctx, "http://"+address+"/readyz")
			return err == nil, nil
		})
		if err != nil {
			return err
		}
	}
	r.say("API and %d workers run, fairness is %s", scaleWorkers, onOff(r.fair))
	return nil
}

func (r *scaleRun) launch(name string, differs map[string]string) (*rig.Process, error) {
	env := maps.Clone(r.env)
	maps.Copy(env, differs)
	log := filepath.Join(r.dir, fmt.Sprintf("%s%d.log", name, len(r.workers)+1))
	return rig.Launch(log, syscall.SIGKILL, rig.CleanEnvironment(env), filepath.Join(r.settings.bin, name))
}

// stop ends everything, the product first.
func (r *scaleRun) stop() {
	if r.memory != nil {
		r.memory.stop()
	}
	if r.temporal != nil {
		r.temporal.Close()
	}
	if r.pool != nil {
		r.pool.Close()
	}
	if r.db != nil {
		r.db.Close()
	}
	for _, program := range append(r.workers, r.api) {
		if program != nil {
			program.Stop(programPatience)
		}
	}
	if r.devstack != nil {
		r.devstack.Stop()
	}
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// quiet is a log of Temporal's client that nobody reads.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}
