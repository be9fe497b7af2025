package mail

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// letter is what a reader would see of a message, whatever way it came.
type letter struct{ ID, From, To, Subject, Text, HTML string }

// post is a transport with a way to read what it sent.
type post struct {
	Transport
	delivered func(t *testing.T) []letter
}

const sender = "Offhours <noreply@offhours.example>"

var posts = map[string]func(t *testing.T) post{
	"file":     filePost,
	"sendgrid": sendGridPost,
}

// everyTransport runs one test over all of them.
func everyTransport(t *testing.T, run func(t *testing.T, p post)) {
	t.Parallel()
	for name, open := range posts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, open(t))
		})
	}
}

func plain() Message {
	return Message{
		ID: "42", To: Recipient{Name: "Asha Rao", Email: "asha@example.com"},
		Subject: "In Queue: Delete of Site Visit", Text: "Hello,\n\nplain text.\n", HTML: "<p>Hello</p>\n",
	}
}

func with(change func(*Message)) Message {
	m := plain()
	change(&m)
	return m
}

func TestMessagesArriveAsTheyWereSent(t *testing.T) {
	long := strings.Repeat("no-space-", 2000) + "\n" + strings.Repeat("with spaces ", 2000)
	messages := map[string]Message{
		"plain":           plain(),
		"empty name":      with(func(m *Message) { m.To.Name = "" }),
		"unicode subject": with(func(m *Message) { m.Subject = "Failed: Delete of स्थल यात्रा 🏠 Straße" }),
		"unicode name":    with(func(m *Message) { m.To.Name = "आशा राव" }),
		"unicode body":    with(func(m *Message) { m.Text, m.HTML = "स्थल – ✓\n", "<p>स्थल – ✓</p>\n" }),
		"long subject":    with(func(m *Message) { m.Subject = strings.TrimSpace(strings.Repeat("very long ", 50)) }),
		"long word":       with(func(m *Message) { m.Subject = strings.Repeat("x", 500) }),
		"long unicode":    with(func(m *Message) { m.Subject = strings.Repeat("ü", 250) }),
		"long lines":      with(func(m *Message) { m.Text, m.HTML = long, "<p>"+long+"</p>" }),
		"line ends":       with(func(m *Message) { m.Text = "trailing space \n.\n\tFrom me\n-- \n=3D\n" }),
		"boundaries":      with(func(m *Message) { m.Text = "--\n--boundary--\n\nSubject: x\n" }),
		"quotes":          with(func(m *Message) { m.Subject = `<b>O'Neil "x"</b> Bcc: a@b \ end` }),
		"one-letter name": with(func(m *Message) { m.To.Name = "A" }),
		"uuid":            with(func(m *Message) { m.ID = "0190a6b0-5f2e-7c11-9f0e-3b1d2c4e5f60" }),
		"plus address":    with(func(m *Message) { m.To.Email = "asha+crm@mail.example.co.in" }),
	}
	for name, m := range messages {
		t.Run(name, func(t *testing.T) {
			everyTransport(t, func(t *testing.T, p post) {
				id, err := p.Send(t.Context(), m)
				require.NoError(t, err)
				require.NotEmpty(t, id)
				to := m.To.Email
				if m.To.Name != "" {
					to = m.To.Name + " <" + to + ">"
				}
				require.Equal(t, []letter{{m.ID, sender, to, m.Subject, m.Text, m.HTML}}, p.delivered(t))
			})
		})
	}
}

func TestPunctuationInANameNeverChangesTheAddress(t *testing.T) {
	everyTransport(t, func(t *testing.T, p post) {
		for i, name := range []string{`Rao, Asha`, `Asha; Rao`, `"Asha" <a@b>`, `Asha (CRM) [x]`, `a@b.c:`, `\`, `,`} {
			_, err := p.Send(t.Context(), with(func(m *Message) { m.To.Name = name }))
			require.NoError(t, err)
			got := p.delivered(t)[i].To
			require.Equal(t, "asha@example.com", strings.Trim(got[strings.LastIndex(got, " ")+1:], "<>"))
		}
	})
}

func TestWhatCouldForgeAHeaderIsRefusedAndNeverSent(t *testing.T) {
	everyTransport(t, func(t *testing.T, p post) {
		for name, m := range map[string]Message{
			"lines in the subject":   with(func(m *Message) { m.Subject += "\r\nBcc: a@b" }),
			"lines in the name":      with(func(m *Message) { m.To.Name += "\r\nBcc: a@b" }),
			"lines in the address":   with(func(m *Message) { m.To.Email += "\r\nBcc: a@b" }),
			"lines in the ID":        with(func(m *Message) { m.ID += "\r\nBcc: a@b" }),
			"two addresses":          with(func(m *Message) { m.To.Email += ", a@b" }),
			"an address with a name": with(func(m *Message) { m.To.Email = "Asha <asha@example.com>" }),
			"no address":             with(func(m *Message) { m.To.Email = "" }),
			"half an address":        with(func(m *Message) { m.To.Email = "asha" }),
			"a path as ID":           with(func(m *Message) { m.ID = "../../etc/passwd" }),
			"no ID":                  with(func(m *Message) { m.ID = "" }),
			"no subject":             with(func(m *Message) { m.Subject = "" }),
			"an endless subject":     with(func(m *Message) { m.Subject = strings.Repeat("x", 501) }),
			"broken UTF-8":           with(func(m *Message) { m.Subject = "\xff" }),
			"no text":                with(func(m *Message) { m.Text = "" }),
			"no HTML":                with(func(m *Message) { m.HTML = "" }),
		} {
			_, err := p.Send(t.Context(), m)
			requireFailure(t, err, Permanent)
			require.NotContains(t, err.Error(), "a@b", name)
		}
		require.Empty(t, p.delivered(t))
	})
}

func TestACancelledContextSendsNothingAndMayBeTriedAgain(t *testing.T) {
	everyTransport(t, func(t *testing.T, p post) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := p.Send(ctx, plain())
		requireFailure(t, err, Retryable)
		require.ErrorIs(t, err, context.Canceled)
		require.Empty(t, p.delivered(t))
	})
}

func TestManyMessagesAtATimeDoNotMix(t *testing.T) {
	everyTransport(t, func(t *testing.T, p post) {
		var sending sync.WaitGroup
		for i := range 30 {
			sending.Go(func() {
				_, err := p.Send(t.Context(), with(func(m *Message) {
					m.ID = fmt.Sprint(i)
					m.Subject, m.Text, m.HTML = "S"+m.ID, "T"+m.ID, "H"+m.ID
					m.To = Recipient{Email: "u" + m.ID + "@example.com"}
				}))
				if err != nil {
					t.Error(err)
				}
			})
		}
		sending.Wait()
		got := p.delivered(t)
		require.Len(t, got, 30)
		for _, l := range got {
			require.Equal(t, letter{l.ID, sender, "u" + l.ID + "@example.com", "S" + l.ID, "T" + l.ID, "H" + l.ID}, l)
		}
	})
}

// requireFailure checks the kind of an error, and that it repeats nothing of
// the message or the key.
func requireFailure(t *testing.T, err error, kind FailureKind) *SendError {
	t.Helper()
	var e *SendError
	require.ErrorAs(t, err, &e)
	require.Equal(t, kind, e.Kind, err)
	for _, secret := range []string{"asha", "Asha", "Site Visit", "plain text", "noreply", testKey} {
		require.NotContains(t, err.Error(), secret)
	}
	return e
}
