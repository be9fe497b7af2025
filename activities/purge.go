package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/offhours/offhours"
)

const (
	// purgeRest is left alone after a request's end: no attempt to export, however
	// late, outlives its exportTimeout, so that nothing is written into a folder after
	// it was purged.
	purgeRest = 2 * time.Hour
	// purgeBatch is how many requests one call purges.
	purgeBatch = 100
)

// PurgeStore is what Purge needs of the database.
type PurgeStore interface {
	Purgeable(ctx context.Context, rest time.Duration, after offhours.Purgeable, most int) ([]offhours.Purgeable, error)
	MarkPurged(ctx context.Context, ref offhours.RequestRef, files int) error
}

// PurgeArchive is what Purge needs of the archive.
type PurgeArchive interface {
	PurgeExport(ctx context.Context, ref offhours.RequestRef) (files int, err error)
}

// Purge removes exports that nobody may download any more.
type Purge struct {
	Store   PurgeStore
	Archive PurgeArchive
}

// PurgeInput is the input to Exports: where the call before it ended.
type PurgeInput struct {
	After offhours.Purgeable `json:"after"`
}

// PurgeResult counts what was purged, and says whether there is more to do after
// the last request. A request that failed is tried again by the next schedule.
type PurgeResult struct {
	Requests int                `json:"requests"`
	Files    int                `json:"files"`
	Failed   int                `json:"failed"`
	Last     offhours.Purgeable `json:"last"`
	More     bool               `json:"more"`
}

// Exports purges the next requests, each for itself: one whose folder cannot be
// emptied does not keep the others.
func (p *Purge) Exports(ctx context.Context, in PurgeInput) (PurgeResult, error) {
	defer heartbeat(ctx)()
	found, err := p.Store.Purgeable(ctx, purgeRest, in.After, purgeBatch)
	if err != nil {
		return PurgeResult{}, translate(err)
	}
	result := PurgeResult{Last: in.After, More: len(found) == purgeBatch}
	for _, request := range found {
		files, err := p.purge(ctx, request.RequestRef)
		if ctx.Err() != nil {
			return PurgeResult{}, ctx.Err()
		}
		if result.Last = request; err != nil {
			activity.GetLogger(ctx).Error("an export was not purged", "account", request.AccountID, "request", request.RequestID, "error", err)
			result.Failed++
			continue
		}
		result.Requests++
		result.Files += files
	}
	return result, nil
}

func (p *Purge) purge(ctx context.Context, ref offhours.RequestRef) (files int, err error) {
	if files, err = p.Archive.PurgeExport(ctx, ref); err != nil {
		return 0, err
	}
	return files, p.Store.MarkPurged(ctx, ref, files)
}
