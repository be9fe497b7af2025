package offhours

import (
	"errors"
	"fmt"
)

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
	FailureArchiveFull       FailureCode = "archive_full"        // the archive has no space left for the export
	FailureTypeChanged       FailureCode = "type_changed"        // the activity type is gone or no longer custom
	FailureUnexportable      FailureCode = "not_exportable"      // PostgreSQL cannot show the records as CSV
	FailureDeadline          FailureCode = "download_time_too_short"
	FailureNotGone           FailureCode = "not_gone"   // a deleted record is still there
	FailureCancelled         FailureCode = "cancelled"  // by an operator, in Temporal
	FailureTerminated        FailureCode = "terminated" // its workflow ended, or vanished, without it
	FailureIncomplete        FailureCode = "incomplete" // some records could not be processed
	FailureInternal          FailureCode = "internal"
)

// ErrFenced means that a newer attempt has taken over: this one may change
// nothing any more. If it is the one that should go on, it has to begin anew.
var ErrFenced = errors.New("fenced: a newer attempt has taken over")

// ErrEnded means that the request has ended or is ending: nothing is exported
// or deleted for it any more.
var ErrEnded = errors.New("the request has ended")

// ErrWindowClosed means that business hours have begun, or are too near for one
// more step.
var ErrWindowClosed = errors.New("the off-business-hours window is closed")

// ErrBusy means that other sessions hold locks on the records of a batch, or on a
// notice. A smaller batch, a little later, may pass.
var ErrBusy = errors.New("locked by other sessions")

// ErrTimedOut means that a batch took longer than its statements may, which is an
// ErrBusy, too: a smaller one may pass.
var ErrTimedOut = fmt.Errorf("timed out: %w", ErrBusy)

// ErrTableBusy means that another session holds a lock on the whole table, as
// maintenance does, or on the request, as a change of business hours does. It
// passes; no record is to blame.
var ErrTableBusy = errors.New("the table is locked by another session")

// ErrReferenced means that a row of another table refers to a record of a batch.
var ErrReferenced = errors.New("a record is referred to by another table")

// ErrCorrupt means that a file reads back differently from what was written, or
// is not what an export of its selection may hold.
var ErrCorrupt = errors.New("the file does not read back as it was written")

// ErrArchiveFull means that the archive has no space left.
var ErrArchiveFull = errors.New("the archive is full")

// MoreThanConfirmed is why a request fails that found records nobody confirmed.
func MoreThanConfirmed(found, confirmed int) *Failure {
	return &Failure{Code: FailureMoreThanConfirmed, Detail: fmt.Sprintf(
		"%d records match now, but only %d were confirmed when the request was created. Nothing was deleted. Create a new request.", found, confirmed)}
}

// ArchiveFull is why a request fails whose export does not fit into the archive.
func ArchiveFull() *Failure {
	return &Failure{Code: FailureArchiveFull,
		Detail: "The archive has no space left for the export, so nothing more was deleted. Ask your operator for space, then create a new request."}
}

// TooLateToDelete is why a request fails that would begin to delete past its
// deadline.
func TooLateToDelete() *Failure { return tooLate("nothing") }

// TooLateToDeleteMore is why a request fails whose deadline passes while it
// deletes, or waits for the next window to go on.
func TooLateToDeleteMore() *Failure { return tooLate("nothing more") }

func tooLate(nothing string) *Failure {
	return &Failure{Code: FailureDeadline, Detail: fmt.Sprintf(
		"Less than %d of the %d days for downloading the files are left, so %s was deleted. Create a new request.",
		int(DownloadReserve.Hours()/24), int(DownloadPeriod.Hours()/24), nothing)}
}

// Terminated is why a request fails whose workflow was terminated or deleted by
// an operator, or was lost.
func Terminated() *Failure {
	return &Failure{Code: FailureTerminated, Detail: "The request was stopped from outside: an operator ended its workflow, or it was lost. " +
		"The report says what was deleted and what was not. Create a new request for what is left."}
}
