package main

import (
	"context"
	"errors"
	"strconv"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
	"github.com/offhours/offhours/internal/mail"
)

// postbox sends the product's notices through the mail room.
type postbox struct {
	transport mail.Transport
	pageURL   string
}

// Send renders a notice and hands it to the transport.
func (p postbox) Send(ctx context.Context, n offhours.Notice) (string, error) {
	message, err := mail.Render(mail.Notice{
		ID:        strconv.FormatInt(n.ID, 10),
		Kind:      n.Kind,
		Recipient: mail.Recipient{Name: n.RecipientName, Email: n.RecipientEmail},
		Request:   n.Request,
		Account:   mail.Account{Name: n.AccountName, TimeZone: n.TimeZone},
		PageURL:   p.pageURL,
	})
	if err != nil {
		return "", &activities.SendError{Err: err}
	}
	id, err := p.transport.Send(ctx, message)
	var send *mail.SendError
	if errors.As(err, &send) {
		return "", &activities.SendError{Permanent: send.Kind == mail.Permanent, RetryAfter: send.RetryAfter, Err: send}
	}
	return id, err
}
