package offhours

import "time"

// RequestType says whether the deleted records are kept as files.
type RequestType string

// Request types.
const (
	ExportAndDelete RequestType = "export_and_delete"
	DeleteOnly      RequestType = "delete_only"
)

// Valid reports whether t is a known request type.
func (t RequestType) Valid() bool { return t == ExportAndDelete || t == DeleteOnly }

// Label returns the words of the page: "Export & Delete" or "Delete Only".
func (t RequestType) Label() string {
	if t == ExportAndDelete {
		return "Export & Delete"
	}
	return "Delete Only"
}

// SubjectLabel returns the words of mail subjects: "Export & Delete" or "Delete".
func (t RequestType) SubjectLabel() string {
	if t == ExportAndDelete {
		return "Export & Delete"
	}
	return "Delete"
}

// Status is where a request stands, as users see it.
type Status string

// Statuses of a request.
const (
	StatusInQueue    Status = "in_queue"
	StatusInProgress Status = "in_progress"
	StatusSuccess    Status = "success"
	StatusFailed     Status = "failed"
	StatusRevoked    Status = "revoked"
)

// Label returns the words of the page, such as "In Queue".
func (s Status) Label() string {
	switch s {
	case StatusInQueue:
		return "In Queue"
	case StatusInProgress:
		return "In Progress"
	case StatusSuccess:
		return "Success"
	case StatusFailed:
		return "Failed"
	case StatusRevoked:
		return "Revoked"
	}
	return string(s)
}

// Ended reports whether no further move is possible.
func (s Status) Ended() bool {
	return s == StatusSuccess || s == StatusFailed || s == StatusRevoked
}

// CanMove reports whether a request may move from s to next.
func (s Status) CanMove(next Status) bool {
	switch s {
	case StatusInQueue:
		return next == StatusInProgress || next == StatusRevoked
	case StatusInProgress:
		return next == StatusSuccess || next == StatusFailed
	}
	return false
}

// Phase is what a request in progress is doing. It is empty at all other times.
type Phase string

// Phases in the order in which they happen.
const (
	PhasePlanning  Phase = "planning"
	PhaseExporting Phase = "exporting" // export and read-back verification
	PhaseDeleting  Phase = "deleting"  // reached only with every part verified and the manifest read back
	PhaseReporting Phase = "reporting" // nothing is deleted any more
)

// Outcome is what became of one selected record.
type Outcome string

// Outcomes of a record. Every selected record has exactly one.
const (
	OutcomeDeleted        Outcome = "deleted"
	OutcomeKeptChanged    Outcome = "keptChanged"    // modified since creation, export or selection
	OutcomeKeptAttachment Outcome = "keptAttachment" // a file came since
	OutcomeAlreadyGone    Outcome = "alreadyGone"
	OutcomeFailed         Outcome = "failed"
	OutcomeNotProcessed   Outcome = "notProcessed"
)

// Outcomes counts the records of a request by outcome.
type Outcomes struct {
	Deleted        int `json:"deleted"`
	KeptChanged    int `json:"keptChanged"`
	KeptAttachment int `json:"keptAttachment"`
	AlreadyGone    int `json:"alreadyGone"`
	Failed         int `json:"failed"`
	NotProcessed   int `json:"notProcessed"`
}

// Total is the number of records that have an outcome.
func (o Outcomes) Total() int {
	return o.Deleted + o.KeptChanged + o.KeptAttachment + o.AlreadyGone + o.Failed + o.NotProcessed
}

// Balanced reports whether every one of the request's records has an outcome.
func (o Outcomes) Balanced(records int) bool { return o.Total() == records }

// Complete reports whether the outcomes allow Success: they balance, and no
// record failed or was left out.
func (o Outcomes) Complete(records int) bool {
	return o.Balanced(records) && o.Failed == 0 && o.NotProcessed == 0
}

// Progress counts the records of a request that passed each phase. PausedUntil is
// set while one In Progress waits for its next window; SlowedBy is never nil.
type Progress struct {
	Phase       Phase      `json:"phase"`
	Exported    int        `json:"exported"`
	Verified    int        `json:"verified"`
	Deleted     int        `json:"deleted"`
	ExpectedEnd *time.Time `json:"expectedEnd"`
	PausedUntil *time.Time `json:"pausedUntil"`
	// Why it goes more slowly than it could at the moment: empty at full speed.
	SlowedBy []SlowReason `json:"slowedBy"`
}

// RequestRef names a request and the account it belongs to. Both are tested
// wherever data is touched, so nothing crosses accounts.
type RequestRef struct {
	AccountID int64  `json:"accountId"`
	RequestID string `json:"requestId"`
}

// Request is a bulk export & delete of one account's records of one type, in
// the JSON form of the REST contract.
type Request struct {
	ID            string      `json:"id"`
	AccountID     int64       `json:"-"`
	ActivityType  int         `json:"activityType"`
	EntityName    string      `json:"entityName"`
	RequestType   RequestType `json:"requestType"`
	Range         DateRange   `json:"range"`
	Selection     Selection   `json:"selection"`
	Status        Status      `json:"status"`
	StatusDetail  string      `json:"statusDetail"`
	Records       int         `json:"records"`
	Outcomes      Outcomes    `json:"outcomes"`
	Progress      Progress    `json:"progress"`
	CreatedBy     string      `json:"createdBy"`
	CreatedOn     time.Time   `json:"createdOn"`
	StartsAt      *time.Time  `json:"startsAt"`
	StartedOn     *time.Time  `json:"startedOn"`
	CompletedOn   *time.Time  `json:"completedOn"`
	RevokedBy     *string     `json:"revokedBy"`
	DownloadUntil *time.Time  `json:"downloadUntil"`
	DaysLeft      *int        `json:"daysLeft"`
	Failure       *Failure    `json:"failure"`
}

// Ref names the request.
func (r Request) Ref() RequestRef { return RequestRef{AccountID: r.AccountID, RequestID: r.ID} }

// KeepsFiles reports whether the request offers files for download, now or once
// it has ended: an Export & Delete that was not revoked, and did not fail before
// anything was deleted.
func (r Request) KeepsFiles() bool {
	switch {
	case r.RequestType != ExportAndDelete, r.Status == StatusRevoked:
		return false
	case r.Status == StatusFailed:
		return r.Outcomes.Deleted > 0
	}
	return true
}

// Limits of the product.
const (
	MaxRecordsPerRequest = 200_000             // exactly this many are allowed
	MaxQueuedRecords     = 1_000_000           // In Queue and In Progress of one account, together
	DownloadPeriod       = 30 * 24 * time.Hour // from creation
	DownloadReserve      = 7 * 24 * time.Hour  // what must be left of it when deleting starts
	MaxBodyBytes         = 64 << 10
	MaxKeyLength         = 255 // of an idempotency key, see ValidKey
	MaxReasonLength      = 500 // of what the audit trail keeps of a person's words, in characters
)

// DownloadUntil is the instant at which the files of a request created then
// stop being available.
func DownloadUntil(createdOn time.Time) time.Time { return createdOn.Add(DownloadPeriod) }

// DeleteDeadline is the instant from which an Export & Delete request may not
// delete any more, so that nobody loses the only copy to the calendar.
func DeleteDeadline(createdOn time.Time) time.Time {
	return DownloadUntil(createdOn).Add(-DownloadReserve)
}

// DaysLeft is the number of days, rounded up, until the files of a request
// stop being available; 0 once they are not.
func DaysLeft(until, now time.Time) int {
	left := until.Sub(now)
	if left <= 0 {
		return 0
	}
	return int((left + 24*time.Hour - 1) / (24 * time.Hour))
}
