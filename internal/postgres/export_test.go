package postgres

// The statements whose plans are tested, and the settings they run under.
const (
	DeleteSettings     = deleteSettings
	DeleteAllSQL       = deleteAllSQL
	DeleteEachSQL      = deleteEachSQL
	LockRowsSQL        = lockRowsSQL
	LockAttachmentsSQL = lockAttachmentsSQL
	ProveSettings      = proveSettings
	StillThereSQL      = stillThereSQL
	ClassifySQL        = classifySQL
	LockFilesSQL       = lockFilesSQL
	ReleaseSQL         = releaseSQL
	KeepReferencedSQL  = keepReferencedSQL
	RecordFilesSQL     = recordFilesSQL
)
