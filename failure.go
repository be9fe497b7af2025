package offhours

import "errors"

// Failure says why a request failed. It is an error that no retry can mend. The
// detail is for users: constant texts and counts, never an inner error.
type Failure struct {
	Code   FailureCode `json:"code"`
	Detail string      `json:"detail"`
}

// Error returns the code and the detail.
func (f *Failure) Error() string { return string(f.Code) + ": " + f.Detail }

// FailureCode is the stable name of a reason for which a request failed.
type FailureCode string

// Reasons for which a request fails.
const (
	FailureMoreThanConfirmed FailureCode = "more_than_confirmed" // more records match than were confirmed
	FailureSchemaUnsafe      FailureCode = "schema_unsafe"       // a foreign key would delete rows nobody exported
	FailureSchemaChanged     FailureCode = "schema_changed"      // the tables changed since the export was planned
	FailureUnstable          FailureCode = "selection_unstable"  // records kept moving between parts
	FailureExportCorrupt     FailureCode = "export_corrupt"      // a file kept reading back differently
	FailureArchiveChanged    FailureCode = "archive_changed"     // a verified file is missing or differs
	FailureDeadline          FailureCode = "download_time_too_short"
	FailureNotGone           FailureCode = "not_gone"   // a deleted record is still there
	FailureCancelled         FailureCode = "cancelled"  // by an operator, in Temporal
	FailureIncomplete        FailureCode = "incomplete" // some records could not be processed
)

// ErrFenced means that a newer attempt, or the end of the request, has taken
// over: this attempt may change nothing any more.
var ErrFenced = errors.New("fenced: a newer attempt or the end of the request has taken over")

// ErrWindowClosed means that business hours have begun, or are too near for one
// more step.
var ErrWindowClosed = errors.New("the off-business-hours window is closed")

// ErrBusy means that other sessions hold locks on the records of a batch. A
// smaller batch, a little later, may pass.
var ErrBusy = errors.New("records are locked by other sessions")
