package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/offhours/offhours"
)

// AttachmentsStore is what Attachments needs of the database.
type AttachmentsStore interface {
	ReleaseFiles(ctx context.Context, ref offhours.RequestRef, limit int) (offhours.Released, error)
	RecordFiles(ctx context.Context, ref offhours.RequestRef, done []offhours.Tombstone) error
}

// AttachmentsArchive is what Attachments needs of the archive.
type AttachmentsArchive interface {
	Check(ctx context.Context, file offhours.Stored) error
	RemoveFile(ctx context.Context, accountID int64, key, etag string) (offhours.FileState, error)
}

// Attachments removes the objects of attachments that were deleted with their
// records, and nothing else: an object whose attachment was not deleted by a
// committed transaction, that another record refers to, that is not the one that
// was exported, or whose copy is not in the archive any more, stays.
type Attachments struct {
	Store   AttachmentsStore
	Archive AttachmentsArchive
}

// RemoveResult is how far RemoveFiles came.
type RemoveResult struct {
	Removed      int  `json:"removed"`                // by this attempt
	WindowClosed bool `json:"windowClosed,omitempty"` // some are left; go on in the next window
}

// RemoveFiles removes the objects of a request's deleted attachments. It goes on where
// an earlier attempt or window ended, and may be called again, also after the
// request has ended; then no window is waited for.
func (a *Attachments) RemoveFiles(ctx context.Context, ref offhours.RequestRef) (RemoveResult, error) {
	defer heartbeat(ctx)()
	var result RemoveResult
	for {
		if err := mayGoOn(ctx); err != nil {
			return result, err
		}
		asked := time.Now()
		released, err := a.Store.ReleaseFiles(ctx, ref, recordedFiles)
		mayRemove := func() bool { return released.For == 0 || time.Since(asked) < released.For }
		switch {
		case errors.Is(err, offhours.ErrWindowClosed):
			count(ctx, windowPauses, 1)
			result.WindowClosed = true
			return result, nil
		case errors.Is(err, offhours.ErrBusy):
			err = pause(ctx, busyPause)
		case err == nil && released.Looked == 0:
			return result, nil
		case err == nil:
			err = a.remove(ctx, ref, released.Tombstones, mayRemove, &result)
		}
		if err != nil {
			return result, translate(err)
		}
	}
}

// remove removes released objects, as long as it may, and records what became of
// each, even if it did not come to all of them.
func (a *Attachments) remove(ctx context.Context, ref offhours.RequestRef, released []offhours.Tombstone, mayRemove func() bool, result *RemoveResult) error {
	failed := eachFile(ctx, len(released), func(i int) error {
		state, err := a.removeFile(ctx, ref, released[i], mayRemove)
		if err == nil {
			released[i].State = state
		}
		return err
	})
	before := result.Removed
	var done []offhours.Tombstone
	for _, t := range released {
		if t.State != offhours.FileReleased {
			done = append(done, t)
		}
		if t.State == offhours.FileRemoved {
			result.Removed++
		}
	}
	count(ctx, filesRemoved, result.Removed-before)
	return errors.Join(failed, a.Store.RecordFiles(ctx, ref, done))
}

// removeFile reads the copy once more, because the object is the last other one.
// That may take until the window has closed.
func (a *Attachments) removeFile(ctx context.Context, ref offhours.RequestRef, t offhours.Tombstone, mayRemove func() bool) (offhours.FileState, error) {
	if t.Copy.Key != "" && mayRemove() {
		err := a.Archive.Check(ctx, t.Copy)
		var lost *offhours.Failure
		if errors.As(err, &lost) {
			activity.GetLogger(ctx).Error("the copy of an attachment changed in the archive; its object is kept", "part", t.Part, "number", t.Number)
			return offhours.FileUnproven, nil
		}
		if err != nil {
			return "", err
		}
	}
	if !mayRemove() {
		return offhours.FileReleased, nil
	}
	return a.Archive.RemoveFile(ctx, ref.AccountID, t.Key, t.ETag)
}
