package offhours

import (
	"encoding/json"
	"time"
)

// SupportQuery filters the requests of all accounts, for support tooling. Zero
// values filter nothing.
type SupportQuery struct {
	AccountID    int64
	Statuses     []Status // any of them
	ActivityType int      // code
	EntityName   string   // name of the activity type, in any case of letters
	RequestType  RequestType
	Limit        int // at most so many, the newest first
}

// Event is an entry of a request's audit trail.
type Event struct {
	At     time.Time       `json:"at"`
	Actor  string          `json:"actor"` // email of a user, or who the system or support tooling says it is
	Action string          `json:"action"`
	Detail json.RawMessage `json:"detail"`
}

// MailCount says how many mails about one change of a request are in a state:
// pending, sent or given_up.
type MailCount struct {
	Kind  NoticeKind `json:"kind"`
	State string     `json:"state"`
	Count int        `json:"count"`
}
