package mail

import (
	"bytes"
	"fmt"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"time"
)

// messageID is the same for every attempt to send a message, so that mail
// programs may show a duplicate once.
func messageID(m Message, from Recipient) string {
	return m.ID + from.Email[strings.LastIndexByte(from.Email, '@'):]
}

// encode writes a message as RFC 5322 and MIME want it: lines end with CRLF and
// are short, and what is not ASCII is encoded. Addresses that are not ASCII
// stay as they are (RFC 6532).
func encode(m Message, from Recipient, id string, date time.Time) ([]byte, error) {
	var parts bytes.Buffer
	w := multipart.NewWriter(&parts)
	if err := writeParts(w, m); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, h := range [][2]string{
		{"Date", date.Format(time.RFC1123Z)},
		{"From", address(from)},
		{"To", address(m.To)},
		{"Subject", mime.QEncoding.Encode("utf-8", m.Subject)},
		{"Message-ID", "<" + id + ">"},
		{"Auto-Submitted", "auto-generated"},
		{"MIME-Version", "1.0"},
		{"Content-Type", "multipart/alternative; boundary=" + w.Boundary()},
	} {
		fmt.Fprintf(&out, "%s: %s\r\n", h[0], fold(h[1], len(h[0])+2))
	}
	out.WriteString("\r\n")
	out.Write(parts.Bytes())
	return out.Bytes(), nil
}

// writeParts writes the plainest part first, as RFC 2046 wants it.
func writeParts(w *multipart.Writer, m Message) error {
	for _, part := range [][2]string{{"text/plain", m.Text}, {"text/html", m.HTML}} {
		p, err := w.CreatePart(textproto.MIMEHeader{
			"Content-Type":              {part[0] + "; charset=utf-8"},
			"Content-Transfer-Encoding": {"quoted-printable"},
		})
		if err != nil {
			return err
		}
		q := quotedprintable.NewWriter(p)
		if _, err := q.Write([]byte(part[1])); err != nil {
			return err
		}
		if err := q.Close(); err != nil {
			return err
		}
	}
	return w.Close()
}

func address(r Recipient) string {
	return (&netmail.Address{Name: r.Name, Address: r.Email}).String()
}

// fold breaks a header's value at spaces into lines of at most 76 bytes, where
// it has spaces. used is what the header's name takes of the first line.
func fold(value string, used int) string {
	var b strings.Builder
	for i, word := range strings.Split(value, " ") {
		switch {
		case i == 0:
		case used+1+len(word) > 76:
			b.WriteString("\r\n ")
			used = 1
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += len(word)
	}
	return b.String()
}
