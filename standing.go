package offhours

import "time"

// Standing is how a request stands in the database, and for how long it has, by
// the database's clock.
type Standing struct {
	RequestRef
	Status Status
	For    time.Duration
}

// PendingNotices names the notices of one change of a request that are still to
// be sent.
type PendingNotices struct {
	RequestRef
	Kind NoticeKind
}

// Purgeable names an ended request whose export may go, and when it ended.
type Purgeable struct {
	RequestRef
	CompletedOn time.Time `json:"completedOn"`
}
