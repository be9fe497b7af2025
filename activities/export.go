package activities

import (
	"context"
	"errors"
	"fmt"
	"io"

	"go.temporal.io/sdk/activity"

	"github.com/offhours/offhours"
)

// PartWriter receives a part's rows and makes them durable.
type PartWriter interface {
	io.Writer
	Commit() (offhours.PartFiles, error)
	Abort()
}

// ExportStore is what Export needs of the database.
type ExportStore interface {
	PaceStore
	ClaimPart(ctx context.Context, ref offhours.RequestRef, part int) (offhours.Part, error)
	UncopiedAttachments(ctx context.Context, part offhours.Part, limit int) ([]offhours.Copy, error)
	RecordCopies(ctx context.Context, part offhours.Part, copies []offhours.Copy) (windowOpen bool, err error)
	CopyPart(ctx context.Context, part offhours.Part, to io.Writer, pieces offhours.Pieces) (offhours.Snapshot, error)
	RecordExported(ctx context.Context, part offhours.Part, files offhours.PartFiles, snapshot offhours.Snapshot) error
}

// ExportArchive is what Export needs of the archive.
type ExportArchive interface {
	CreatePart(ctx context.Context, ref offhours.RequestRef, part int, attempt string, shape offhours.PartShape) (PartWriter, error)
	Copy(ctx context.Context, part offhours.Part, attempt string, c offhours.Copy) (offhours.Copy, error)
	Look(ctx context.Context, part offhours.Part, c offhours.Copy) (offhours.Copy, error)
	Remove(ctx context.Context, keys ...string) error
}

// Export writes the files of parts.
type Export struct {
	Store   ExportStore
	Archive ExportArchive

	throttles throttles
}

// ExportPart copies the attachments of a part, and then streams its records from
// the database into files, under names of this attempt alone. A part that is
// exported already is left as it is, and so are attachments that an earlier
// attempt, or window, has copied. While others are at work, it reads in pieces, with
// a pause behind each.
func (e *Export) ExportPart(ctx context.Context, in PartInput) (PartResult, error) {
	part, err := e.Store.ClaimPart(ctx, in.RequestRef, in.Part)
	if err != nil {
		return PartResult{}, translate(err)
	}
	if part.State != offhours.PartPlanned {
		return PartResult{Rows: part.Files.Rows}, nil
	}
	if !part.WindowOpen {
		count(ctx, windowPauses, 1)
		return PartResult{WindowClosed: true}, nil
	}
	windowOpen, err := e.copyAttachments(ctx, part)
	if err != nil {
		return PartResult{}, translate(err)
	}
	if !windowOpen {
		count(ctx, windowPauses, 1)
		return PartResult{WindowClosed: true}, nil
	}
	throttle, done := e.throttles.of(e.Store, part.RequestRef)
	defer done()
	throttle.watch(ctx)
	next, err := throttle.alone(ctx)
	if err != nil {
		return PartResult{}, err
	}
	defer next()
	reading := throttle.reading()
	files, snapshot, err := e.write(ctx, part, reading.pieces())
	if err != nil {
		return PartResult{}, translate(err)
	}
	if err := e.Store.RecordExported(ctx, part, files, snapshot); err != nil {
		e.discard(ctx, err, partKeys(files)...)
		return PartResult{}, translate(err)
	}
	count(ctx, recordsExported, files.Rows)
	reading.rest(ctx, maxPause)
	return PartResult{Rows: files.Rows}, nil
}

func (e *Export) write(ctx context.Context, part offhours.Part, pieces offhours.Pieces) (offhours.PartFiles, offhours.Snapshot, error) {
	w, err := e.Archive.CreatePart(ctx, part.RequestRef, part.Number, attemptName(ctx, part.Epoch), part.Shape)
	if err != nil {
		return offhours.PartFiles{}, offhours.Snapshot{}, err
	}
	snapshot, err := e.Store.CopyPart(ctx, part, w, pieces)
	if err != nil {
		w.Abort()
		return offhours.PartFiles{}, offhours.Snapshot{}, err
	}
	files, err := w.Commit()
	return files, snapshot, err
}

func partKeys(files offhours.PartFiles) []string {
	if files.CSV == nil {
		return []string{files.List.Key}
	}
	return []string{files.List.Key, files.CSV.Key}
}

// discard removes files that certainly no row points at. After any other error
// the row may have been written, so the files stay.
func (e *Export) discard(ctx context.Context, err error, keys ...string) {
	if !errors.Is(err, offhours.ErrFenced) {
		return
	}
	if err := e.Archive.Remove(ctx, keys...); err != nil {
		activity.GetLogger(ctx).Warn("files of a superseded attempt are left over", "error", err)
	}
}

// attemptName is unique to an attempt: the epoch is to the part, and the run to
// requests that were reset.
func attemptName(ctx context.Context, epoch int) string {
	info := activity.GetInfo(ctx)
	return fmt.Sprintf("%d-%s-%s-%d", epoch, info.WorkflowExecution.RunID, info.ActivityID, info.Attempt)
}
