// Command api serves the REST API of bulk export & delete and its page. It starts while the
// database, Temporal, the bucket or the issuer are away, and says so in /readyz.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/caarlos0/env/v11"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"
	_ "gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/s3blob"

	"github.com/offhours/offhours/api/auth"
	"github.com/offhours/offhours/api/server"
	"github.com/offhours/offhours/api/web"
	"github.com/offhours/offhours/internal/archive"
	"github.com/offhours/offhours/internal/metrics"
	"github.com/offhours/offhours/internal/postgres"
	"github.com/offhours/offhours/internal/settings"
	"github.com/offhours/offhours/starter/control"
)

const usage = `Usage: api

Serves the REST API of bulk export & delete. It is configured by its environment:

`

func main() {
	flags := flag.NewFlagSet("api", flag.ExitOnError)
	flags.Usage = func() {
		fmt.Fprint(os.Stderr, usage)
		settings.Describe[config](os.Stderr)
	}
	_ = flags.Parse(os.Args[1:]) // exits on an error
	if flags.NArg() > 0 {
		flags.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}

// run wires the rooms together and serves until ctx ends.
func run(ctx context.Context) error {
	config, err := configFromEnv(env.ToMap(os.Environ()))
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: config.LogLevel}))
	db, err := postgres.Open(ctx, config.DatabaseURL)
	if err != nil {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	defer db.Close()
	db.SpreadOpenings(config.Spread)
	store, err := archive.Open(ctx, config.BucketURL)
	if err != nil {
		return fmt.Errorf("OFFHOURS_BUCKET_URL: %w", err)
	}
	defer func() { _ = store.Close() }()
	counted := metrics.New(logger)
	counted.Pool(db.Pool)
	temporal, err := lazyTemporal(logger, counted)
	if err != nil {
		return err
	}
	defer temporal.Close()

	verifier := auth.New(config.OIDCIssuer, config.OIDCAudience, logger)
	page, err := newPage(config, verifier)
	if err != nil {
		return err
	}

	return serve(ctx, config.HTTPAddress, logger, server.New(server.Config{
		Store:       db,
		Workflows:   control.New(temporal, db),
		Files:       store,
		Auth:        verifier,
		Metrics:     counted.Calls(),
		MetricsPage: counted.Handler(),
		Page:        page,
		Log:         logger,
		Grace:       config.Grace,
		Limits:      server.Limits{UserCalls: config.UserCalls, AccountCalls: config.AccountCalls},
	}))
}

func newPage(config config, verifier *auth.Verifier) (http.Handler, error) {
	return web.New(web.SignIn{
		Endpoints: func(ctx context.Context) (web.Endpoints, error) {
			endpoints, err := verifier.Endpoints(ctx)
			return web.Endpoints(endpoints), err
		},
		ClientID: config.clientID(),
		Audience: config.OIDCAudience,
		Scopes:   config.OIDCScopes,
	})
}

// lazyTemporal connects when it is first used.
func lazyTemporal(logger *slog.Logger, counted *metrics.Metrics) (client.Client, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, fmt.Errorf("read Temporal's configuration: %w", err)
	}
	options.Logger = sdklog.NewStructuredLogger(logger)
	if options.MetricsHandler, err = counted.Temporal(); err != nil {
		return nil, err
	}
	temporal, err := client.NewLazyClient(options)
	if err != nil {
		return nil, fmt.Errorf("open Temporal: %w", err)
	}
	return temporal, nil
}
