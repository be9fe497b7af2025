package offhours

import "time"

// File kinds of the REST contract.
const (
	FileCSV        = "csv"
	FileAttachment = "attachment"
	FileManifest   = "manifest" // the manifest itself and the delete lists, which prove what was deleted
)

// ManifestVersion is the version of the manifest's form.
const ManifestVersion = 1

// Manifest describes an export. It is written after every file it names was
// verified, so an export without a manifest is not an export.
type Manifest struct {
	Version      int             `json:"version"`
	Request      ManifestRequest `json:"request"`
	Header       []string        `json:"header"`       // columns of every CSV file; empty for Delete Only
	Fields       []Field         `json:"fields"`       // custom fields behind the header, in its order
	FormulaGuard string          `json:"formulaGuard"` // always "none": values are not altered for spreadsheets
	Database     DatabaseID      `json:"database"`
	Records      int             `json:"records"` // distinct records in the files
	// Copied attachments among the files, and those whose object was missing when
	// they were exported.
	Attachments        int            `json:"attachments"`
	MissingAttachments int            `json:"missingAttachments"`
	Files              []ManifestFile `json:"files"` // CSV files and lists, and then the attachments
	WrittenOn          time.Time      `json:"writtenOn"`
}

// ManifestRequest is the part of a request that its export depends on.
type ManifestRequest struct {
	ID           string      `json:"id"`
	AccountID    int64       `json:"accountId"`
	ActivityType int         `json:"activityType"`
	EntityName   string      `json:"entityName"`
	RequestType  RequestType `json:"requestType"`
	Range        DateRange   `json:"range"`
	Selection    Selection   `json:"selection"`
	CreatedOn    time.Time   `json:"createdOn"`
}

// DatabaseID tells one history of a database from another: row versions mean
// nothing outside the one in which they were read.
type DatabaseID struct {
	System   string `json:"system"`   // pg_control_system().system_identifier
	Timeline string `json:"timeline"` // hexadecimal timeline of the write-ahead log
}

// ManifestFile is one verified file of an export. Rows and keys are of CSV files and
// lists only. Keys are "ModifiedOn id" of
// the first and the last row, and empty for a file without rows.
type ManifestFile struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Part     int    `json:"part"`
	Rows     int    `json:"rows"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"` // hexadecimal
	FirstKey string `json:"firstKey,omitempty"`
	LastKey  string `json:"lastKey,omitempty"`
}
