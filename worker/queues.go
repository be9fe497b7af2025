package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
	"github.com/offhours/offhours/internal/archive"
	"github.com/offhours/offhours/internal/mail"
	"github.com/offhours/offhours/internal/postgres"
	"github.com/offhours/offhours/workflows"
)

const (
	// Running steps get so long to end at their next batch when the worker is
	// stopped. Keep it below the grace period of whoever stops the worker.
	stopTimeout = 15 * time.Second
	// Each bulk step uses a connection, and about a core, for each of its lanes: one,
	// and more while the worker has some left.
	bulkConcurrency = 4
	mailConcurrency = 2
	// A step learns from the answer to a heartbeat that its request was cancelled, or
	// its workflow terminated. Until then it goes on.
	heartbeatEvery = time.Second
	// The SDK keeps the state of so many live workflows, at 0.09 MB each, and reads the
	// short history of any other one anew: its own bound of 10,000 is 900 MB.
	cachedWorkflows = 2000
)

// rooms is what activities reach the outside through.
type rooms struct {
	db      *postgres.DB
	store   *archive.Store
	postbox postbox
	grace   time.Duration
}

// openRooms opens what the configuration names. Nothing is asked yet: each may be
// away.
func openRooms(ctx context.Context, c config) (rooms, error) {
	transport, err := mail.Open(mail.Config{URL: c.MailURL, From: c.MailFrom, APIKey: c.SendGridAPIKey})
	if err != nil {
		return rooms{}, err
	}
	db, err := postgres.Open(ctx, c.DatabaseURL)
	if err != nil {
		return rooms{}, fmt.Errorf("DATABASE_URL: %w", err)
	}
	db.SpreadOpenings(c.Spread)
	store, err := archive.Open(ctx, c.BucketURL)
	if err != nil {
		db.Close()
		return rooms{}, fmt.Errorf("OFFHOURS_BUCKET_URL: %w", err)
	}
	return rooms{db: db, store: store, postbox: postbox{transport: transport, pageURL: c.PageURL}, grace: c.Grace}, nil
}

func (r rooms) close() {
	_ = r.store.Close()
	r.db.Close()
}

// queueWorkers makes the worker of each queue that --queues may name.
var queueWorkers = map[string]func(rooms, client.Client) worker.Worker{
	"control": rooms.control,
	"bulk":    rooms.bulk,
	"mail":    rooms.mail,
}

// checkQueues refuses names of queues that do not exist.
func checkQueues(queues []string) error {
	for _, queue := range queues {
		if queueWorkers[queue] == nil {
			return fmt.Errorf("--queues: there is no queue %q; choose from control, bulk, mail", queue)
		}
	}
	return nil
}

// serve starts the worker of each queue. stop gives the running steps of each
// stopTimeout to end at their next batch.
func (r rooms) serve(temporal client.Client, queues []string) (stop func(), err error) {
	var started []worker.Worker
	stop = func() {
		for _, w := range slices.Backward(started) {
			w.Stop()
		}
	}
	worker.SetStickyWorkflowCacheSize(cachedWorkflows)
	for _, queue := range queues {
		w := queueWorkers[queue](r, temporal)
		if err := w.Start(); err != nil {
			stop()
			return nil, fmt.Errorf("start the worker: %w", err)
		}
		started = append(started, w)
	}
	return stop, nil
}

func (r rooms) control(temporal client.Client) worker.Worker {
	w := worker.New(temporal, workflows.ControlQueue, worker.Options{WorkerStopTimeout: stopTimeout})
	workflows.Register(w)
	w.RegisterActivity(&activities.Timing{Store: r.db, Grace: r.grace})
	w.RegisterActivity(&activities.Closing{Store: r.db, Archive: closingArchive{r.store}})
	return w
}

func (r rooms) bulk(temporal client.Client) worker.Worker {
	w := worker.New(temporal, workflows.BulkQueue, worker.Options{
		WorkerStopTimeout:                  stopTimeout,
		MaxConcurrentActivityExecutionSize: bulkConcurrency,
		MaxHeartbeatThrottleInterval:       heartbeatEvery,
		DisableWorkflowWorker:              true,
	})
	verification := &activities.Verification{Store: r.db, Archive: r.store}
	deletion := &activities.Deletion{Store: r.db, Archive: r.store}
	w.RegisterActivity(&activities.Selection{Store: r.db})
	w.RegisterActivity(&activities.Parts{
		Exporting: &activities.Export{Store: r.db, Archive: exportArchive{r.store}}, Verifying: verification, Deleting: deletion,
	})
	w.RegisterActivity(verification.Seal)
	w.RegisterActivity(deletion.ProveGone)
	w.RegisterActivity(&activities.Attachments{Store: r.db, Archive: r.store})
	w.RegisterActivity(&activities.Closing{Store: r.db, Archive: closingArchive{r.store}})
	w.RegisterActivity(&activities.Purge{Store: r.db, Archive: r.store})
	return w
}

func (r rooms) mail(temporal client.Client) worker.Worker {
	w := worker.New(temporal, workflows.MailQueue, worker.Options{
		WorkerStopTimeout:                  stopTimeout,
		MaxConcurrentActivityExecutionSize: mailConcurrency,
		DisableWorkflowWorker:              true,
	})
	w.RegisterActivity(&activities.Notices{Store: r.db, Postbox: r.postbox})
	return w
}

// exportArchive and closingArchive show the archive's writers through the
// activities' interfaces.
type exportArchive struct{ *archive.Store }

func (a exportArchive) CreatePart(ctx context.Context, ref offhours.RequestRef, part int, attempt string, shape offhours.PartShape) (activities.PartWriter, error) {
	return a.Store.CreatePart(ctx, ref, part, attempt, shape)
}

type closingArchive struct{ *archive.Store }

func (a closingArchive) CreateReport(ctx context.Context, ref offhours.RequestRef, attempt string) (activities.ReportWriter, error) {
	return a.Store.CreateReport(ctx, ref, attempt)
}
