// Command worker runs the workflows and activities of bulk export & delete. Any
// number of workers may run; each can be stopped, or killed, at any time.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/caarlos0/env/v11"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"
	_ "gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/s3blob"

	"github.com/offhours/offhours/internal/health"
	"github.com/offhours/offhours/internal/metrics"
	"github.com/offhours/offhours/internal/settings"
	"github.com/offhours/offhours/starter/control"
)

const usage = `Usage: worker [--queues control,bulk,mail]

Runs the workflows and activities of bulk export & delete. It is configured by
its environment:

`

// gcPercent lets the heap grow by so much before it is collected, unless GOGC says
// otherwise. A worker has some 30 MB of live data and makes garbage of every list that
// it reads: it costs some 20 MB, and saves a tenth of a worker's time.
const gcPercent = 200

func main() {
	flags := flag.NewFlagSet("worker", flag.ExitOnError)
	queues := flags.String("queues", "control,bulk,mail", "task `queues` to serve, separated by commas")
	flags.Usage = func() {
		fmt.Fprint(os.Stderr, usage)
		settings.Describe[config](os.Stderr)
		fmt.Fprint(os.Stderr, "\nFlags:\n\n")
		flags.PrintDefaults()
	}
	_ = flags.Parse(os.Args[1:]) // exits on an error
	if flags.NArg() > 0 {
		flags.Usage()
		os.Exit(2)
	}
	chosen := strings.Split(*queues, ",")
	if err := checkQueues(chosen); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(2)
	}
	if was := debug.SetGCPercent(gcPercent); was != 100 {
		debug.SetGCPercent(was) // GOGC says otherwise
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, chosen); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
}

// run wires the rooms together and works until ctx ends.
func run(ctx context.Context, queues []string) error {
	config, err := configFromEnv(env.ToMap(os.Environ()))
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: config.LogLevel}))
	rooms, err := openRooms(ctx, config)
	if err != nil {
		return err
	}
	defer rooms.close()
	counted := metrics.New(logger)
	counted.Pool(rooms.db.Pool)
	counted.Backlog(rooms.db.Backlog)
	operations, err := openOperations(config.MetricsAddress, logger, counted.Handler(), health.Parts{"database": rooms.db.Ping, "bucket": rooms.store.Ping})
	if err != nil {
		return err
	}
	defer operations.close()
	handler, err := counted.Temporal()
	if err != nil {
		return err
	}
	temporal, namespace, err := dial(ctx, logger, handler)
	if err != nil && ctx.Err() != nil {
		return nil // stopped, as asked, before Temporal answered
	}
	if err != nil {
		return err
	}
	defer temporal.Close()
	workflows := control.New(temporal, rooms.db)
	operations.connected(workflows.Ping)
	stop, err := rooms.serve(temporal, queues)
	if err != nil {
		return err
	}
	defer stop()
	logger.Info("the worker runs", "queues", queues)
	if slices.Contains(queues, "control") {
		reconciler := control.NewReconciler(temporal, namespace, rooms.db, false)
		keep := upkeep{db: rooms.db, client: workflows, reconciler: reconciler, metrics: handler, logger: logger}
		keep.run(ctx)
	}
	<-ctx.Done()
	logger.Info("the worker stops: running steps end at their next batch")
	return nil
}

// dial waits for Temporal, so that the order in which things start does not matter.
func dial(ctx context.Context, logger *slog.Logger, handler client.MetricsHandler) (temporal client.Client, namespace string, err error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, "", fmt.Errorf("read Temporal's configuration: %w", err)
	}
	options.Logger = sdklog.NewStructuredLogger(logger)
	options.MetricsHandler = handler
	for {
		temporal, err := client.DialContext(ctx, options)
		if err == nil {
			return temporal, options.Namespace, nil
		}
		logger.Warn("Temporal does not answer; trying again", "error", err)
		select {
		case <-ctx.Done():
			return nil, "", errors.Join(errors.New("stopped while waiting for Temporal"), err)
		case <-time.After(2 * time.Second):
		}
	}
}
