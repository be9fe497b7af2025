package mail

import "github.com/offhours/offhours"

// statusOf is the status a notice speaks of. A notice of creation speaks of the
// queue even if it is sent when the request has already moved on.
func statusOf(kind offhours.NoticeKind) offhours.Status {
	switch kind {
	case offhours.NoticeCreated:
		return offhours.StatusInQueue
	case offhours.NoticeSuccess:
		return offhours.StatusSuccess
	case offhours.NoticeFailed:
		return offhours.StatusFailed
	case offhours.NoticeRevoked:
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
	Kind      offhours.NoticeKind
	Recipient Recipient
	Request   offhours.Request // of a notice that is not of creation, in the status of its kind
	Account   Account
	PageURL   string // http or https address of the page, never of a file
}
