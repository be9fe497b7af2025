package offhours

import "time"

// EventKind is what happened to a request.
type EventKind string

// What the audit trail of a request tells of.
const (
	EventCreated     EventKind = "created"
	EventRevokeAsked EventKind = "revoke_asked" // with a reason; whether it was in time is told by what follows
	EventRevoked     EventKind = "revoked"
	EventStarted     EventKind = "started"
	EventPaused      EventKind = "paused"
	EventResumed     EventKind = "resumed"
	EventSuccess     EventKind = "success"
	EventFailed      EventKind = "failed"
	EventMailGivenUp EventKind = "mail_given_up"
	EventPurged      EventKind = "purged"
)

// RequestEvent is an entry of a request's audit trail as the administrators of
// its account see it, in the JSON form of the REST contract.
type RequestEvent struct {
	At     time.Time `json:"at"`
	Event  EventKind `json:"event"`
	By     *string   `json:"by"`     // email of a user, or who support tooling says it is; nil for the system
	Reason *string   `json:"reason"` // in a person's words
}
