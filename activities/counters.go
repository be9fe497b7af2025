package activities

import (
	"context"

	"go.temporal.io/sdk/activity"
)

// Counters of what activities did, through the SDK's metrics: the worker shows
// them at /metrics, with the labels of the SDK. They count attempts, and are for
// watching: what became of a request stands in the database.
const (
	recordsExported  = "offhours_records_exported"
	recordsVerified  = "offhours_records_verified"
	recordsDeleted   = "offhours_records_deleted"
	deleteBatches    = "offhours_delete_batches"
	lockWaits        = "offhours_lock_waits"    // a batch met locks and is tried again
	filesCopied      = "offhours_files_copied"  // of attachments, into exports
	filesRemoved     = "offhours_files_removed" // of attachments, after their records
	recordsGivenUp   = "offhours_records_given_up"
	partsCorrupt     = "offhours_parts_corrupt" // did not read back
	windowPauses     = "offhours_window_pauses" // a part stopped because the window closed
	mailsSent        = "offhours_mails_sent"
	mailsNotAccepted = "offhours_mails_not_accepted" // and tried again later
	mailsGivenUp     = "offhours_mails_given_up"
	stepTime         = "offhours_step"           // time that a part took, by step
	throttlePause    = "offhours_throttle_pause" // time, by reason
	throttleBatch    = "offhours_throttle_batch_records"
)

// count adds n to a counter.
func count(ctx context.Context, counter string, n int) {
	activity.GetMetricsHandler(ctx).Counter(counter).Inc(int64(n))
}
