package mail

import "github.com/offhours/offhours"

// Kind says what a notice is about.
type Kind string

// Kinds of notices.
const (
	KindCreated Kind = "created"
	KindSuccess Kind = "success"
	KindFailed  Kind = "failed"
	KindRevoked Kind = "revoked"
)

// status is the status a notice speaks of. A notice of creation speaks of the
// queue even if it is sent when the request has already moved on.
func (k Kind) status() offhours.Status {
	switch k {
	case KindCreated:
		return offhours.StatusInQueue
	case KindSuccess:
		return offhours.StatusSuccess
	case KindFailed:
		return offhours.StatusFailed
	case KindRevoked:
		return offhours.StatusRevoked
	}
	return ""
}

// Account is what a notice says of the account.
type Account struct {
	Name     string
	TimeZone string // IANA name; times are given in it
}

// Notice tells one person what became of a request.
type Notice struct {
	ID        string // becomes the ID of the message
	Kind      Kind
	Recipient Recipient
	Request   offhours.Request // of a notice that is not of creation, in the status of its kind
	Account   Account
	PageURL   string // http or https address of the page, never of a file
}
