package mail

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func filePost(t *testing.T) post {
	dir := filepath.Join(t.TempDir(), "not", "there yet")
	transport, err := Open(Config{URL: "file://" + strings.ReplaceAll(dir, " ", "%20"), From: sender})
	require.NoError(t, err)
	return post{transport, func(t *testing.T) []letter { return readAll(t, dir) }}
}

// readAll reads the directory as the dev stack does, in the order of names.
func readAll(t *testing.T, dir string) []letter {
	t.Helper()
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	var letters []letter
	for _, f := range files {
		require.Equal(t, ".eml", filepath.Ext(f.Name()), "nothing half-written is left behind")
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		require.NoError(t, err)
		letters = append(letters, readLetter(t, data))
	}
	return letters
}

func readLetter(t *testing.T, data []byte) letter {
	t.Helper()
	requireStrictLines(t, data)
	m, err := netmail.ReadMessage(bytes.NewReader(data))
	require.NoError(t, err)
	require.Len(t, m.Header, 8, "exactly the headers that are meant")
	_, err = m.Header.Date()
	require.NoError(t, err)
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	require.NoError(t, err)
	id, _, _ := strings.Cut(strings.TrimPrefix(m.Header.Get("Message-ID"), "<"), "@")
	l := letter{ID: id, From: readAddress(t, m, "From"), To: readAddress(t, m, "To"), Subject: subject}

	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.Equal(t, "multipart/alternative", kind)
	parts := multipart.NewReader(m.Body, params["boundary"])
	l.Text, l.HTML = readPart(t, parts, "text/plain; charset=utf-8"), readPart(t, parts, "text/html; charset=utf-8")
	_, err = parts.NextPart()
	require.ErrorIs(t, err, io.EOF)
	return l
}

// requireStrictLines checks what RFC 5322 says of lines, and that all is ASCII.
func requireStrictLines(t *testing.T, data []byte) {
	t.Helper()
	for l := range bytes.Lines(data) {
		require.True(t, bytes.HasSuffix(l, []byte("\r\n")), "%q", l)
		require.LessOrEqual(t, len(l), 998)
		require.NotEqual(t, " \r\n", string(l), "a folded line has words")
		for _, c := range bytes.TrimSuffix(l, []byte("\r\n")) {
			require.True(t, c == '\t' || c >= ' ' && c <= '~', "%q", l)
		}
	}
}

func readAddress(t *testing.T, m *netmail.Message, header string) string {
	t.Helper()
	list, err := m.Header.AddressList(header)
	require.NoError(t, err)
	require.Len(t, list, 1)
	if list[0].Name == "" {
		return list[0].Address
	}
	return list[0].Name + " <" + list[0].Address + ">"
}

func readPart(t *testing.T, parts *multipart.Reader, contentType string) string {
	t.Helper()
	p, err := parts.NextPart() // it decodes quoted-printable
	require.NoError(t, err)
	require.Equal(t, contentType, p.Header.Get("Content-Type"))
	body, err := io.ReadAll(p)
	require.NoError(t, err)
	return strings.ReplaceAll(string(body), "\r\n", "\n")
}

func fixedFile(t *testing.T) *fileTransport {
	at := time.Date(2026, 4, 30, 14, 5, 9, 7, time.FixedZone("", 5*3600))
	return &fileTransport{dir: t.TempDir(), from: Recipient{Email: "noreply@offhours.example"}, now: func() time.Time { return at }}
}

func TestAFileIsNamedByTimeAndNotice(t *testing.T) {
	t.Parallel()
	f := fixedFile(t)
	id, err := f.Send(t.Context(), plain())
	require.NoError(t, err)
	require.Equal(t, "42@offhours.example", id)
	info, err := os.Stat(filepath.Join(f.dir, "20260430T090509.000000007Z-42.eml"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode(), "mails are private")
}

func TestAFileIsNeverReplaced(t *testing.T) {
	t.Parallel()
	f := fixedFile(t)
	_, err := f.Send(t.Context(), plain())
	require.NoError(t, err)
	_, err = f.Send(t.Context(), with(func(m *Message) { m.Text = "another" }))
	requireFailure(t, err, Retryable)
	require.ErrorIs(t, err, os.ErrExist)
	require.Equal(t, plain().Text, readAll(t, f.dir)[0].Text)
}

func TestAMissingDirectoryMayComeBack(t *testing.T) {
	t.Parallel()
	f := fixedFile(t)
	require.NoError(t, os.Remove(f.dir))
	_, err := f.Send(t.Context(), plain())
	requireFailure(t, err, Retryable)
}

func TestLongHeadersAreFoldedWhereTheyHaveSpaces(t *testing.T) {
	t.Parallel()
	for _, subject := range []string{strings.Repeat("with spaces ", 40) + "end", strings.Repeat("ü ", 150) + "end"} {
		data, err := encode(with(func(m *Message) { m.Subject = subject }), Recipient{Email: "a@b"}, "1@b", time.Time{})
		require.NoError(t, err)
		head, _, _ := bytes.Cut(data, []byte("\r\n\r\n"))
		for l := range bytes.Lines(head) {
			require.LessOrEqual(t, len(l), 90, "%q", l)
		}
	}
}

func TestOpenRefusesWhatItCannotSendBy(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, c := range []Config{
		{},
		{URL: "file:///tmp/x"},
		{URL: "file:relative", From: sender},
		{URL: "file://host/dir", From: sender},
		{URL: "file://" + file, From: sender},
		{URL: "file:///tmp/x?mode=0", From: sender},
		{URL: "smtp://localhost", From: sender, APIKey: testKey},
		{URL: "sendgrid://", From: sender},
		{URL: "sendgrid://", From: sender, APIKey: testKey + "\n"},
		{URL: "sendgrid://", From: "noreply", APIKey: testKey},
		{URL: "sendgrid://", From: "a@b, c@d", APIKey: testKey},
		{URL: "sendgrid://", From: sender + "\r\nBcc: a@b", APIKey: testKey},
		{URL: "sendgrid://" + testKey + "@host", From: sender, APIKey: testKey},
		{URL: "sendgrid://host?key=" + testKey, From: sender, APIKey: testKey},
		{URL: "sendgrid://host/path", From: sender, APIKey: testKey},
		{URL: "sendgrid://%zz" + testKey, From: sender, APIKey: testKey},
	} {
		transport, err := Open(c)
		require.Error(t, err, c.URL)
		require.Nil(t, transport)
		require.NotContains(t, err.Error(), testKey)
		require.NotContains(t, err.Error(), "offhours.example")
	}
}

func TestOpenReportsEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Open(Config{URL: "sendgrid://"})
	require.ErrorContains(t, err, "sender")
	require.ErrorContains(t, err, "API key")
}

func TestOnlyThisMachineIsSpokenToWithoutTLS(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"sendgrid://":                                   "",
		"sendgrid:///":                                  "",
		"sendgrid://api.eu.sendgrid.com":                "https://api.eu.sendgrid.com",
		"sendgrid://10.0.0.1:8080":                      "https://10.0.0.1:8080",
		"sendgrid://localhost.evil.com":                 "https://localhost.evil.com",
		"sendgrid://localhost:8080":                     "http://localhost:8080",
		"sendgrid://127.0.0.1:8080":                     "http://127.0.0.1:8080",
		"sendgrid://" + net.JoinHostPort("::1", "8080"): "http://[::1]:8080",
	} {
		transport, err := Open(Config{URL: url, From: sender, APIKey: testKey})
		require.NoError(t, err, url)
		require.Equal(t, want, transport.(*sendGrid).base)
	}
}
