package postgres

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// requestFromRow is the only place that turns a row into what users see of a
// request, by the database's clock.
func requestFromRow(row dbsqlc.RequestDetailsRow) (offhours.Request, error) {
	r := row.Request
	request := offhours.Request{
		ID:           r.ID,
		AccountID:    r.AccountID,
		ActivityType: r.TypeCode,
		EntityName:   r.EntityName,
		RequestType:  offhours.RequestType(r.RequestType),
		Selection:    offhours.Selection{Before: r.SelBefore.UTC(), After: utc(r.SelAfter), Until: utc(r.SelUntil)},
		Status:       offhours.Status(r.Status),
		Records:      r.Records,
		Outcomes:     outcomesOf(row),
		Progress:     progressOf(row),
		CreatedBy:    row.CreatedByEmail,
		CreatedOn:    r.CreatedOn.UTC(),
		StartsAt:     utc(r.StartsAt),
		StartedOn:    utc(r.StartedOn),
		CompletedOn:  utc(r.CompletedOn),
		RevokedBy:    r.RevokedBy,
		Failure:      failureOf(r),
	}
	if err := json.Unmarshal(r.Range, &request.Range); err != nil {
		return offhours.Request{}, fmt.Errorf("read the range of request %s: %w", r.ID, err)
	}
	if request.KeepsFiles() {
		until := offhours.DownloadUntil(request.CreatedOn)
		left := offhours.DaysLeft(until, row.SeenOn)
		request.DownloadUntil, request.DaysLeft = &until, &left
	}
	request.StatusDetail = statusDetail(request, row)
	if row.MailGivenUp {
		request.StatusDetail += " A mail about this request could not be delivered."
	}
	return request, nil
}

// outcomesOf returns the final outcomes of a request that ended. Before that
// only what was deleted is known: the others stay 0, because a record that was
// passed over may still be exported anew and deleted.
func outcomesOf(row dbsqlc.RequestDetailsRow) offhours.Outcomes {
	r := row.Request
	if !offhours.Status(r.Status).Ended() {
		return offhours.Outcomes{Deleted: int(row.DeletedSoFar)}
	}
	return offhours.Outcomes{
		Deleted:        r.Deleted,
		KeptChanged:    r.KeptChanged,
		KeptAttachment: r.KeptAttachment,
		AlreadyGone:    r.AlreadyGone,
		Failed:         r.Failed,
		NotProcessed:   r.NotProcessed,
	}
}

func progressOf(row dbsqlc.RequestDetailsRow) offhours.Progress {
	return offhours.Progress{
		Phase:       phaseOf(row.Request),
		Exported:    int(row.Exported),
		Verified:    int(row.Verified),
		Deleted:     int(row.DeletedSoFar),
		ExpectedEnd: expectedEnd(row),
		PausedUntil: pausedUntil(row),
		SlowedBy:    slowedBy(row),
	}
}

// slowedBy is empty for a request that neither exports nor deletes at the moment.
func slowedBy(row dbsqlc.RequestDetailsRow) []offhours.SlowReason {
	phase := phaseOf(row.Request)
	if phase != offhours.PhaseExporting && phase != offhours.PhaseDeleting || pausedUntil(row) != nil {
		return []offhours.SlowReason{}
	}
	return slowReasons(row.SlowedBy)
}

func phaseOf(r dbsqlc.Request) offhours.Phase {
	if r.Phase == nil {
		return ""
	}
	return offhours.Phase(*r.Phase)
}

// failureOf is nil while the report of a failure is still being written.
func failureOf(r dbsqlc.Request) *offhours.Failure {
	if r.Status != string(offhours.StatusFailed) || r.FailureCode == nil {
		return nil
	}
	failure := &offhours.Failure{Code: offhours.FailureCode(*r.FailureCode)}
	if r.FailureDetail != nil {
		failure.Detail = *r.FailureDetail
	}
	return failure
}

// Deleting a record takes about twice as long as exporting and verifying it.
const deleteWeight = 2

// expectedEnd guesses from the time since the start and the share of work done.
// It is nil where a guess would be worth nothing: before a part was verified,
// while paused, when only the report is missing, and where the guess lies after
// the window's close, so that a pause will come between.
func expectedEnd(row dbsqlc.RequestDetailsRow) *time.Time {
	r, now := row.Request, row.SeenOn
	phase := phaseOf(r)
	running := phase == offhours.PhaseExporting || phase == offhours.PhaseDeleting
	if !running || r.StartedOn == nil || row.Verified == 0 || pausedUntil(row) != nil {
		return nil
	}
	total := int64(r.Records)
	if r.Listed != nil {
		total = int64(*r.Listed)
	}
	total *= 1 + deleteWeight
	done := row.Verified + deleteWeight*row.Processed
	elapsed := now.Sub(*r.StartedOn)
	left := float64(total-done) / float64(done)
	end := now.Add(time.Duration(left * float64(elapsed))).UTC().Truncate(time.Second)
	if total < done || r.WindowClose != nil && end.After(*r.WindowClose) {
		return nil
	}
	return &end
}

// pausedUntil is when the next window opens for a request that waits for it.
// Once it is open the request goes on, though it may take a moment until the row
// says so.
func pausedUntil(row dbsqlc.RequestDetailsRow) *time.Time {
	until := row.Request.PausedUntil
	if until == nil || row.Request.Status != string(offhours.StatusInProgress) || !until.After(row.SeenOn) {
		return nil
	}
	return utc(until)
}

// statusDetail is one short sentence beside the status. Times are in UTC, for
// readers of the API; the page shows them in the reader's zone.
func statusDetail(r offhours.Request, row dbsqlc.RequestDetailsRow) string {
	switch r.Status {
	case offhours.StatusInQueue:
		return queueDetail(r, row.SeenOn)
	case offhours.StatusInProgress:
		if until := r.Progress.PausedUntil; until != nil {
			return fmt.Sprintf("Paused until %s for business hours.", minute(*until))
		}
		return phaseDetail(r)
	case offhours.StatusSuccess:
		return fmt.Sprintf("%d of %d records were deleted.", r.Outcomes.Deleted, r.Records)
	case offhours.StatusFailed:
		return r.Failure.Detail
	case offhours.StatusRevoked:
		return fmt.Sprintf("Revoked by %s. Nothing was deleted.", *r.RevokedBy)
	}
	return ""
}

func queueDetail(r offhours.Request, now time.Time) string {
	if r.StartsAt == nil || !r.StartsAt.After(now) {
		return "About to start."
	}
	return fmt.Sprintf("Waiting until %s, the earliest start in off-business hours.", minute(*r.StartsAt))
}

func phaseDetail(r offhours.Request) string {
	switch p := r.Progress; p.Phase {
	case offhours.PhasePlanning:
		return "Planning."
	case offhours.PhaseExporting:
		if r.RequestType == offhours.DeleteOnly {
			return fmt.Sprintf("Listing: %d of %d records are verified.", p.Verified, r.Records)
		}
		return fmt.Sprintf("Exporting: %d of %d records are verified.", p.Verified, r.Records)
	case offhours.PhaseDeleting:
		return fmt.Sprintf("Deleting: %d of %d records are deleted.", p.Deleted, r.Records)
	}
	return "Writing the report."
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 (UTC)") }

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	inUTC := t.UTC()
	return &inUTC
}
