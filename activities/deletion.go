package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/offhours/offhours"
)

// Sizes of a delete batch. 1,000 records hold their locks for about 20 ms.
const (
	maxBatch = 1000
	minBatch = 1
	// A batch that met locks is tried again a little later.
	busyPause = 100 * time.Millisecond
	// Maintenance that locks the table is waited for, and asked less often.
	tablePause = time.Second
	// Records that stay locked have failed once a part has waited so long for
	// single ones: someone forgot a transaction, and the request must not wait
	// for it for ever.
	lockPatience = 2 * time.Minute
	// Parts are looked for so many at a time, as they were exported and deleted.
	parallelProofs = 2
)

// DeletionStore is what Deletion needs of the database.
type DeletionStore interface {
	PaceStore
	ClaimPart(ctx context.Context, ref offhours.RequestRef, part int) (offhours.Part, error)
	DeleteBatch(ctx context.Context, part offhours.Part, rows []offhours.Listed) (offhours.Deleted, error)
	SkipBatch(ctx context.Context, part offhours.Part, rows []offhours.Listed, reason string) error
	Copies(ctx context.Context, part offhours.Part) ([]offhours.Copy, error)
	Export(ctx context.Context, ref offhours.RequestRef) (offhours.Export, error)
	PartOutcomes(ctx context.Context, part offhours.Part) ([]offhours.RowOutcome, error)
	AnyThere(ctx context.Context, part offhours.Part) (bool, error)
	StillThere(ctx context.Context, ref offhours.RequestRef, deleted []offhours.Listed) (int, error)
}

// DeletionArchive is what Deletion needs of the archive.
type DeletionArchive interface {
	ReadList(ctx context.Context, list offhours.Stored, header []string) ([]offhours.Listed, error)
	Check(ctx context.Context, file offhours.Stored) error
	CheckCopies(ctx context.Context, copies []offhours.Copy) error
}

// Deletion deletes what stands in verified lists, and nothing else.
type Deletion struct {
	Store   DeletionStore
	Archive DeletionArchive

	throttles throttles
}

// DeletePart deletes the records of a sealed part, batch by batch, from where an
// earlier attempt or window ended. The keys are taken from the stored bytes of
// the list, after they proved to be those that were verified.
func (d *Deletion) DeletePart(ctx context.Context, in PartInput) (PartResult, error) {
	part, err := d.Store.ClaimPart(ctx, in.RequestRef, in.Part)
	if err != nil {
		return PartResult{}, translate(err)
	}
	if part.State != offhours.PartVerified {
		return PartResult{}, translate(offhours.ErrFenced)
	}
	if part.Done == part.Files.Rows {
		return PartResult{Rows: part.Files.Rows, Deleted: part.Deleted}, nil
	}
	if err := d.check(ctx, part); err != nil {
		return PartResult{}, translate(err)
	}
	rows, err := d.Archive.ReadList(ctx, part.Files.List, part.Shape.List)
	if err != nil {
		return PartResult{}, translate(err)
	}
	err = d.deleteRows(ctx, &part, rows)
	if errors.Is(err, offhours.ErrWindowClosed) {
		count(ctx, windowPauses, 1)
		return PartResult{Rows: part.Files.Rows, Deleted: part.Deleted, WindowClosed: true}, nil
	}
	return PartResult{Rows: part.Files.Rows, Deleted: part.Deleted}, translate(err)
}

// check reads the manifest, the CSV file and the copies of attachments once more:
// they were verified when the part was sealed, which may be nights ago.
func (d *Deletion) check(ctx context.Context, part offhours.Part) error {
	if err := d.Archive.Check(ctx, part.Manifest); err != nil || part.Files.CSV == nil {
		return err
	}
	if err := d.Archive.Check(ctx, *part.Files.CSV); err != nil {
		return err
	}
	copies, err := d.Store.Copies(ctx, part)
	if err != nil {
		return err
	}
	return d.Archive.CheckCopies(ctx, copies)
}

// deleteRows goes through the list. A batch that meets locks is halved until it
// passes, down to the one record that is locked; each one that passes lets the
// next be twice as large. The throttle may want still smaller ones.
func (d *Deletion) deleteRows(ctx context.Context, part *offhours.Part, rows []offhours.Listed) error {
	size := maxBatch
	patience := lockPatience
	throttle, done := d.throttles.of(d.Store, part.RequestRef)
	defer done()
	for part.Done < len(rows) {
		if err := mayGoOn(ctx); err != nil {
			return err
		}
		batch := rows[part.Done:min(part.Done+min(size, throttle.batch(ctx)), len(rows))]
		began := time.Now()
		err := d.deleteBatch(ctx, throttle, part, batch)
		if reason := giveUp(err, len(batch), patience); reason != "" {
			count(ctx, recordsGivenUp, len(batch))
			if err = d.Store.SkipBatch(ctx, *part, batch, reason); err == nil {
				batchDone(ctx, part, len(batch), 0) // what is given up one by one was waited for already
			}
		}
		switch {
		case errors.Is(err, offhours.ErrTableBusy):
			count(ctx, lockWaits, 1)
			err = pause(ctx, tablePause)
		case errors.Is(err, offhours.ErrBusy), errors.Is(err, offhours.ErrReferenced):
			count(ctx, lockWaits, 1)
			if errors.Is(err, offhours.ErrTimedOut) {
				throttle.timedOut(len(batch))
			}
			size = max(len(batch)/2, minBatch)
			part.Uneven = part.Uneven || errors.Is(err, offhours.ErrReferenced)
			if err = pause(ctx, busyPause); len(batch) == minBatch {
				patience -= time.Since(began)
			}
		case err == nil:
			size = min(size*2, maxBatch)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// deleteBatch deletes a batch and rests. In company no other part has its turn
// before that is over.
func (d *Deletion) deleteBatch(ctx context.Context, throttle *throttle, part *offhours.Part, batch []offhours.Listed) error {
	next, err := throttle.alone(ctx)
	if err != nil {
		return err
	}
	defer next()
	began := time.Now()
	deleted, err := d.Store.DeleteBatch(ctx, *part, batch)
	if err != nil {
		return err
	}
	part.Uneven = 0 < deleted.Records && deleted.Records < len(batch)
	batchDone(ctx, part, len(batch), deleted.Records)
	return throttle.rest(ctx, len(batch), time.Since(began), deleted.Waiters)
}

// batchDone counts a batch that is committed.
func batchDone(ctx context.Context, part *offhours.Part, records, deleted int) {
	part.Done += records
	part.Deleted += deleted
	count(ctx, deleteBatches, 1)
	count(ctx, recordsDeleted, deleted)
	activity.RecordHeartbeat(ctx, part.Done)
}

// giveUp returns why a single record cannot be deleted, and "" as long as it is
// worth another try.
func giveUp(err error, records int, patience time.Duration) (reason string) {
	switch {
	case records > minBatch:
		return ""
	case errors.Is(err, offhours.ErrReferenced):
		return "another table refers to it"
	case errors.Is(err, offhours.ErrBusy) && patience <= 0:
		return "locked by another session"
	}
	return ""
}

// errStopping makes another worker go on from where this one stops.
var errStopping = errors.New("the worker is stopping")

// mayGoOn is asked at the edge of each batch.
func mayGoOn(ctx context.Context) error {
	select {
	case <-activity.GetWorkerStopChannel(ctx):
		return errStopping
	default:
		return ctx.Err()
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// ProveGone looks for every record that is accounted as deleted once more, with
// fresh eyes: none may be left, or the request fails.
func (d *Deletion) ProveGone(ctx context.Context, ref offhours.RequestRef) error {
	defer heartbeat(ctx)()
	export, err := d.Store.Export(ctx, ref)
	if err != nil {
		return translate(err)
	}
	return translate(atOnce(ctx, len(export.Parts), parallelProofs, func(ctx context.Context, i int) error {
		left, err := d.left(ctx, export.Parts[i])
		if err != nil {
			return err
		}
		if left > 0 {
			return &offhours.Failure{Code: offhours.FailureNotGone,
				Detail: "Records that were deleted are still there. Ask your operator to look at the database."}
		}
		return nil
	}))
}

// left counts the records of a part that are still there though they should not.
// Where a part was, there is nearly always nothing. Its list has to be what it was in
// any case: the report is made of it.
func (d *Deletion) left(ctx context.Context, part offhours.Part) (int, error) {
	if err := d.Archive.Check(ctx, part.Files.List); err != nil {
		return 0, err
	}
	if there, err := d.Store.AnyThere(ctx, part); err != nil || !there {
		return 0, err
	}
	rows, err := d.Archive.ReadList(ctx, part.Files.List, part.Shape.List)
	if err != nil {
		return 0, err
	}
	outcomes, err := d.Store.PartOutcomes(ctx, part)
	if err != nil {
		return 0, err
	}
	var deleted []offhours.Listed
	for i, row := range rows {
		if outcomes[i].Outcome == offhours.OutcomeDeleted {
			deleted = append(deleted, row)
		}
	}
	return d.Store.StillThere(ctx, part.RequestRef, deleted)
}
