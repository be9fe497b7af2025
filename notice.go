package offhours

// NoticeKind says what a mail announces.
type NoticeKind string

// Kinds of notices.
const (
	NoticeCreated NoticeKind = "created"
	NoticeSuccess NoticeKind = "success"
	NoticeFailed  NoticeKind = "failed"
	NoticeRevoked NoticeKind = "revoked"
)

// NoticeState is where a notice stands in the outbox.
type NoticeState string

// States of a notice.
const (
	NoticePending NoticeState = "pending"
	NoticeSent    NoticeState = "sent"     // accepted for delivery
	NoticeGivenUp NoticeState = "given_up" // nobody accepted it
)

// Notice is a mail to one person about a request.
type Notice struct {
	ID             int64
	Kind           NoticeKind
	RecipientName  string
	RecipientEmail string
	AccountName    string
	TimeZone       string // of the account
	Request        Request
}
