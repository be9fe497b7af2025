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
	DeliverNotice(ctx context.Context, id int64, send func(context.Context) (state offhours.NoticeState, messageID string)) error
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

// Deliver sends the pending notices of one kind. Each is locked while it is sent
// and marked at once when it was accepted: a retry, or a delivery that a killed
// one left behind, sends the others only. A mail goes out twice only if the
// answer, or the process, was lost between the two.
func (n *Notices) Deliver(ctx context.Context, in DeliverInput) error {
	defer heartbeat(ctx)()
	notices, err := n.Store.PendingNotices(ctx, in.RequestRef, in.Kind)
	if err != nil {
		return translate(err)
	}
	var later *SendError
	for _, notice := range notices {
		err := n.Store.DeliverNotice(ctx, notice.ID, func(ctx context.Context) (offhours.NoticeState, string) {
			messageID, err := n.Postbox.Send(ctx, notice)
			if err != nil {
				return failed(ctx, notice, err, &later), ""
			}
			count(ctx, mailsSent, 1)
			return offhours.NoticeSent, messageID
		})
		if errors.Is(err, offhours.ErrBusy) {
			later = longer(later, &SendError{Err: err})
		} else if err != nil {
			return translate(err)
		}
	}
	if later == nil {
		return nil
	}
	return temporal.NewApplicationErrorWithOptions("a mail was not accepted yet", "MailLater",
		temporal.ApplicationErrorOptions{NextRetryDelay: later.RetryAfter, Cause: later.Err})
}

// failed says what becomes of a notice that was not accepted.
func failed(ctx context.Context, notice offhours.Notice, err error, later **SendError) offhours.NoticeState {
	send := &SendError{Err: err}
	errors.As(err, &send)
	expired := time.Since(activity.GetInfo(ctx).ScheduledTime) > noticePatience
	if send.Permanent || expired {
		count(ctx, mailsGivenUp, 1)
		activity.GetLogger(ctx).Error("a mail was given up", "notice", notice.ID, "error", send.Err)
		return offhours.NoticeGivenUp
	}
	count(ctx, mailsNotAccepted, 1)
	*later = longer(*later, send)
	return offhours.NoticePending
}

// longer is the one of two failed attempts that wants to wait longer.
func longer(one, other *SendError) *SendError {
	if one == nil || other.RetryAfter > one.RetryAfter {
		return other
	}
	return one
}
