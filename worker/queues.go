package main

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
	"github.com/offhours/offhours/internal/archive"
	"github.com/offhours/offhours/internal/postgres"
	"github.com/offhours/offhours/workflows"
)

const (
	// Running steps get so long to end at their next batch when the worker is
	// stopped. Keep it below the grace period of whoever stops the worker.
	stopTimeout = 15 * time.Second
	// Each bulk step uses a connection and about a core.
	bulkConcurrency = 4
	mailConcurrency = 2
)

// rooms is what activities reach the outside through.
type rooms struct {
	db      *postgres.DB
	store   *archive.Store
	postbox postbox
	grace   time.Duration
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
		DisableWorkflowWorker:              true,
	})
	w.RegisterActivity(&activities.Selection{Store: r.db})
	w.RegisterActivity(&activities.Export{Store: r.db, Archive: exportArchive{r.store}})
	w.RegisterActivity(&activities.Verification{Store: r.db, Archive: r.store})
	w.RegisterActivity(&activities.Deletion{Store: r.db, Archive: r.store})
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
