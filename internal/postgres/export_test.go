package postgres

import (
	"context"

	"github.com/offhours/offhours"
)

// DeleteEach is DeleteBatch where not all of its records can be deleted.
func (db *DB) DeleteEach(ctx context.Context, part offhours.Part, rows []offhours.Listed) (offhours.Deleted, error) {
	return db.deleteBatch(ctx, part, rows, false)
}

// The statements whose plans are tested, and the settings they run under.
const (
	DeleteSettings     = deleteSettings
	DeleteAllSQL       = deleteAllSQL
	DeleteEachSQL      = deleteEachSQL
	LockRowsSQL        = lockRowsSQL
	LockAttachmentsSQL = lockAttachmentsSQL
	ProveSettings      = proveSettings
	AnyThereSQL        = anyThereSQL
	StillThereSQL      = stillThereSQL
	ClassifySQL        = classifySQL
	LockFilesSQL       = lockFilesSQL
	ReleaseSQL         = releaseSQL
	KeepReferencedSQL  = keepReferencedSQL
	RecordFilesSQL     = recordFilesSQL
)
