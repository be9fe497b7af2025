package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/offhours/offhours"
)

// Mails that nobody accepts are tried again for three days, which outlasts a
// weekend without credits, and then given up and shown.
const noticePatience = 72 * time.Hour

// SendError says what to do about a mail that was not accepted.
type SendError struct {
	Permanent  bool          // it never will be
	RetryAfter time.Duration // wait at least so long; 0 leaves it to the retry policy
	Err        error         // without any address
}

// Error returns the inner error's text.
func (e *SendError) Error() string { return e.Err.Error() }

// Unwrap returns the inner error.
func (e *SendError) Unwrap() error { return e.Err }

// NoticesStore is what Notices needs of the database.
type NoticesStore interface {
	PendingNotices(ctx context.Context, ref offhours.RequestRef, kind offhours.NoticeKind) ([]offhours.Notice, error)
	NoticeSent(ctx context.Context, id int64, messageID string) error
	NoticeFailed(ctx context.Context, id int64, giveUp bool) error
}

// Postbox sends a notice and returns the id of its message. Its errors are
// *SendError.
type Postbox interface {
	Send(ctx context.Context, notice offhours.Notice) (messageID string, err error)
}

// Notices empties the outbox.
type Notices struct {
	Store   NoticesStore
	Postbox Postbox
}

// DeliverInput is the input to Deliver.
type DeliverInput struct {
	offhours.RequestRef
	Kind offhours.NoticeKind `json:"kind"`
}

// Deliver sends the pending notices of one kind. One that was accepted is marked
// at once, so that a retry sends the others only: a mail goes out twice only if
// the answer, or the process, was lost between the two.
func (n *Notices) Deliver(ctx context.Context, in DeliverInput) error {
	defer heartbeat(ctx)()
	notices, err := n.Store.PendingNotices(ctx, in.RequestRef, in.Kind)
	if err != nil {
		return translate(err)
	}
	var later *SendError
	for _, notice := range notices {
		messageID, err := n.Postbox.Send(ctx, notice)
		if err == nil {
			err = n.Store.NoticeSent(ctx, notice.ID, messageID)
		} else if err = n.failed(ctx, notice, err, &later); err == nil {
			continue
		}
		if err != nil {
			return translate(err)
		}
	}
	if later == nil {
		return nil
	}
	return temporal.NewApplicationErrorWithOptions("a mail was not accepted yet", "MailLater",
		temporal.ApplicationErrorOptions{NextRetryDelay: later.RetryAfter, Cause: later.Err})
}

// failed records a failed attempt; of those to be tried again it remembers the
// one that wants to wait longest.
func (n *Notices) failed(ctx context.Context, notice offhours.Notice, err error, later **SendError) error {
	send := &SendError{Err: err}
	errors.As(err, &send)
	expired := time.Since(activity.GetInfo(ctx).ScheduledTime) > noticePatience
	giveUp := send.Permanent || expired
	if giveUp {
		activity.GetLogger(ctx).Error("a mail was given up", "notice", notice.ID, "error", send.Err)
	} else if *later == nil || send.RetryAfter > (*later).RetryAfter {
		*later = send
	}
	return n.Store.NoticeFailed(ctx, notice.ID, giveUp)
}
