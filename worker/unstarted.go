package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres"
	"github.com/offhours/offhours/starter/control"
)

const (
	unstartedEvery = 5 * time.Second
	// The API starts the workflow itself, right after it admitted the request.
	unstartedAfter = 10 * time.Second
	startTimeout   = 3 * time.Second
)

// startUnstarted starts the workflows of requests that were admitted, and
// answered 201, but not started because the API or Temporal went away between.
// It returns when ctx ends. Any number of workers may do so at the same time.
func startUnstarted(ctx context.Context, db *postgres.DB, client *control.Client, logger *slog.Logger) {
	ticker := time.NewTicker(unstartedEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		refs, err := db.Unstarted(ctx, unstartedAfter)
		if err != nil && ctx.Err() == nil {
			logger.Warn("cannot look for unstarted requests", "error", err)
		}
		for _, ref := range refs {
			err := start(ctx, db, client, ref)
			if err != nil {
				logger.Warn("a request is not started yet", "request", ref.RequestID, "error", err)
				continue
			}
			logger.Info("a request was started late", "request", ref.RequestID)
		}
	}
}

func start(ctx context.Context, db *postgres.DB, client *control.Client, ref offhours.RequestRef) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := client.Start(ctx, ref.AccountID, ref.RequestID); err != nil {
		return err
	}
	return db.MarkWorkflowStarted(ctx, ref.RequestID)
}
