package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"

	"github.com/offhours/offhours/internal/postgres"
	"github.com/offhours/offhours/internal/settings"
	"github.com/offhours/offhours/starter/control"
)

// config is everything the command is told by its environment. Temporal's own
// variables are read by the SDK's envconfig.
type config struct {
	DatabaseURL string        `env:"DATABASE_URL,required,notEmpty" help:"PostgreSQL, such as postgres://user@host/offhours"`
	Grace       time.Duration `env:"OFFHOURS_GRACE" envDefault:"15m" help:"time to revoke that every request is given at least, as the API has it"`
	Spread      time.Duration `env:"OFFHOURS_SPREAD" envDefault:"1m" help:"how far apart the accounts begin whose windows open at the same time; the same for all programs"`
}

// configure reports all problems at once.
func (t *tool) configure() (config, client.Options, error) {
	c, err := settings.Parse[config](t.environment)
	if c.Grace < 0 {
		err = errors.Join(err, fmt.Errorf("OFFHOURS_GRACE is %s, want 0 or more", c.Grace))
	}
	if c.Spread < 0 {
		err = errors.Join(err, fmt.Errorf("OFFHOURS_SPREAD is %s, want 0 or more", c.Spread))
	}
	temporal, temporalErr := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{EnvLookup: lookup(t.environment)})
	if problems := errors.Join(err, temporalErr); problems != nil {
		return c, temporal, usagef("read the configuration:\n%v\nSee starter --help", problems)
	}
	temporal.Logger = sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
	return c, temporal, nil
}

// lookup is an environment as envconfig reads it.
type lookup map[string]string

func (l lookup) LookupEnv(name string) (string, bool) { value, ok := l[name]; return value, ok }

func (l lookup) Environ() []string {
	var all []string
	for name, value := range l {
		all = append(all, name+"="+value)
	}
	slices.Sort(all)
	return all
}

// rooms are what the subcommands work with.
type rooms struct {
	db        *postgres.DB
	temporal  client.Client
	namespace string // of Temporal
	workflows *control.Client
}

// open reads the configuration and opens the rooms. Nothing is asked yet: follow
// waits for what is away.
func (t *tool) open(ctx context.Context) (*rooms, config, error) {
	c, options, err := t.configure()
	if err != nil {
		return nil, c, err
	}
	db, err := postgres.Open(ctx, c.DatabaseURL)
	if err != nil {
		return nil, c, err
	}
	db.SpreadOpenings(c.Spread)
	temporal, err := t.dial(options)
	if err != nil {
		db.Close()
		return nil, c, fmt.Errorf("open Temporal: %w", err)
	}
	return &rooms{db: db, temporal: temporal, namespace: options.Namespace, workflows: control.New(temporal, db)}, c, nil
}

func (r *rooms) close() {
	r.temporal.Close()
	r.db.Close()
}
