// Package mail words the notices of requests and sends them.
//
// [Render] turns a [Notice] into a [Message], in the words of templates/. A
// [Transport] hands messages on: to SendGrid, or to a directory of .eml files.
// Who is told what, and what is tried again, is decided by the callers: this
// package keeps no state.
package mail

import (
	"context"
	netmail "net/mail"
	"regexp"
	"unicode/utf8"
)

// Transport hands a message on. It is safe for concurrent use.
//
// Send returns how the transport calls the message, which may be empty. Every
// error is a *[SendError], which says whether to try again. No error text holds
// an address, a key or a part of the message. Success means that the message
// was accepted, not that it was read or even delivered.
type Transport interface {
	Send(ctx context.Context, m Message) (messageID string, err error)
}

// Recipient is a person with a mailbox. The name may be empty.
type Recipient struct {
	Name  string
	Email string // the bare address
}

// Message is a mail to one person, ready to send. The transport knows the sender.
type Message struct {
	ID      string // of the notice, for tracing: 1 to 64 of A-Z a-z 0-9 . _ -
	To      Recipient
	Subject string // one line
	Text    string
	HTML    string // the same as Text
}

// maxHeaderBytes bounds subjects and names, so that no line of a mail exceeds
// the 998 bytes of RFC 5322 even where it has no space to be folded at.
const maxHeaderBytes = 500

var validID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// validate is asked by every transport. What [Render] returns passes if the
// notice's ID and address do.
func (m Message) validate() error {
	switch {
	case !validID.MatchString(m.ID):
		return permanent("the message's ID is not 1 to 64 of A-Z a-z 0-9 . _ -")
	case !validAddress(m.To.Email):
		return permanent("the recipient's address is not valid")
	case !validHeader(m.To.Name):
		return permanent("the recipient's name is too long or holds control characters")
	case m.Subject == "" || !validHeader(m.Subject):
		return permanent("the subject is empty, too long or holds control characters")
	case m.Text == "" || m.HTML == "":
		return permanent("the message has no text or no HTML")
	}
	return nil
}

// validAddress accepts the bare form alone, without name, comment or quotes.
func validAddress(email string) bool {
	a, err := netmail.ParseAddress(email)
	return err == nil && a.Address == email && len(email) <= 320
}

func validHeader(text string) bool {
	return len(text) <= maxHeaderBytes && utf8.ValidString(text) && line(text) == text
}
