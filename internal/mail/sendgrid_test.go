package mail

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const testKey = "SG.test-key.0123456789"

// contract is the part of SendGrid's mail/send body that we use. Anything else
// in a body fails the test.
type contract struct {
	Personalizations []struct {
		To         []contractMailbox `json:"to"`
		CustomArgs map[string]string `json:"custom_args"`
	} `json:"personalizations"`
	From    contractMailbox `json:"from"`
	Subject string          `json:"subject"`
	Content []struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	} `json:"content"`
	Headers  map[string]string          `json:"headers"`
	Tracking map[string]map[string]bool `json:"tracking_settings"`
}

type contractMailbox struct {
	Name  *string `json:"name"`
	Email string  `json:"email"`
}

func (m contractMailbox) String() string {
	if m.Name == nil {
		return m.Email
	}
	return *m.Name + " <" + m.Email + ">"
}

// fakeSendGrid checks every call against the contract, keeps what it was sent,
// and then answers as the test wants.
type fakeSendGrid struct {
	*httptest.Server
	answer http.HandlerFunc

	mu    sync.Mutex
	calls []letter
}

func newFake(t *testing.T, answer http.HandlerFunc) *fakeSendGrid {
	f := &fakeSendGrid{answer: answer}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.keep(checkCall(t, r))
		f.answer(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *fakeSendGrid) keep(l letter) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, l)
}

func (f *fakeSendGrid) sent() []letter {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

func (f *fakeSendGrid) open(t *testing.T) *sendGrid {
	t.Helper()
	transport, err := Open(Config{URL: "sendgrid://" + f.Listener.Addr().String(), From: sender, APIKey: testKey})
	require.NoError(t, err)
	s := transport.(*sendGrid)
	t.Cleanup(s.client.HTTPClient.CloseIdleConnections)
	return s
}

func sendGridPost(t *testing.T) post {
	f := newFake(t, accept)
	return post{f.open(t), func(*testing.T) []letter { return f.sent() }}
}

func accept(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Message-Id", "14c5d75ce93.dfd.64b469")
	w.WriteHeader(http.StatusAccepted)
}

// checkCall uses t.Error alone: it runs on the server's goroutines.
func checkCall(t *testing.T, r *http.Request) letter {
	check := func(ok bool, what string) {
		if !ok {
			t.Error("the call breaks the contract: ", what)
		}
	}
	check(r.Method == http.MethodPost, "method "+r.Method)
	check(r.URL.Path == "/v3/mail/send" && r.URL.RawQuery == "", "path "+r.URL.String())
	check(r.Header.Get("Authorization") == "Bearer "+testKey, "Authorization")
	check(r.Header.Get("Content-Type") == "application/json", "Content-Type")
	check(r.ContentLength > 0, "Content-Length")
	var c contract
	body := json.NewDecoder(r.Body)
	body.DisallowUnknownFields()
	if err := body.Decode(&c); err != nil {
		t.Error("the body breaks the contract: ", err)
		return letter{}
	}
	_, rest := body.Token()
	check(rest == io.EOF, "more than one value")
	if len(c.Personalizations) != 1 || len(c.Personalizations[0].To) != 1 || len(c.Content) != 2 {
		t.Error("the body breaks the contract: not one recipient and two contents")
		return letter{}
	}
	to := c.Personalizations[0].To[0]
	check(c.Content[0].Type == "text/plain" && c.Content[1].Type == "text/html", "order of contents")
	check(to.Name == nil || *to.Name != "" && !strings.ContainsAny(*to.Name, `(),:;<>@[]"\`), "recipient's name")
	check(c.Headers["Auto-Submitted"] == "auto-generated" && len(c.Headers) == 1, "headers")
	for _, kind := range []string{"click_tracking", "open_tracking", "subscription_tracking", "ganalytics"} {
		enable, given := c.Tracking[kind]["enable"]
		check(given && !enable, kind)
	}
	inText, given := c.Tracking["click_tracking"]["enable_text"]
	check(given && !inText, "click tracking in text")
	return letter{
		ID: c.Personalizations[0].CustomArgs["notification_id"], From: c.From.String(), To: to.String(),
		Subject: c.Subject, Text: c.Content[0].Value, HTML: c.Content[1].Value,
	}
}

// echo answers with a status and repeats what it should not.
func echo(status int, header http.Header) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for key, values := range header {
			w.Header()[key] = values
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"errors":[{"message":"asha@example.com Site Visit `+testKey+`"}]}`)
	}
}

func TestSendGridReturnsTheMessageID(t *testing.T) {
	t.Parallel()
	f := newFake(t, accept)
	id, err := f.open(t).Send(t.Context(), plain())
	require.NoError(t, err)
	require.Equal(t, "14c5d75ce93.dfd.64b469", id)
}

func TestAnswersDecideWhetherToTryAgain(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 4, 30, 12, 0, 0, 0, time.UTC)
	reset := func(d time.Duration) http.Header {
		return http.Header{"X-Ratelimit-Reset": {strconv.FormatInt(now.Add(d).Unix(), 10)}}
	}
	after := func(v string) http.Header { return http.Header{"Retry-After": {v}} }
	both := reset(time.Minute)
	both.Set("Retry-After", "20")
	for name, c := range map[string]struct {
		status int
		header http.Header
		kind   FailureKind
		wait   time.Duration
	}{
		"bad request":            {400, nil, Permanent, 0},
		"too large":              {413, nil, Permanent, 0},
		"bad type":               {415, nil, Permanent, 0},
		"key or credits":         {401, after("1"), Retryable, 10 * time.Minute},
		"blocked for a time":     {403, nil, Retryable, 10 * time.Minute},
		"wrong host":             {404, nil, Retryable, 10 * time.Minute},
		"wrong method":           {405, nil, Retryable, 10 * time.Minute},
		"sandbox":                {200, nil, Retryable, 10 * time.Minute},
		"moved":                  {302, http.Header{"Location": {"/v3/mail/send"}}, Retryable, 10 * time.Minute},
		"moved with its body":    {307, http.Header{"Location": {"/v3/mail/send"}}, Retryable, 10 * time.Minute},
		"slow request":           {408, nil, Retryable, 0},
		"limit":                  {429, reset(90 * time.Second), Retryable, 90 * time.Second},
		"limit, no header":       {429, nil, Retryable, 0},
		"limit, reset long ago":  {429, reset(-time.Hour), Retryable, 0},
		"limit, reset next year": {429, reset(9000 * time.Hour), Retryable, time.Hour},
		"limit, bad header":      {429, http.Header{"X-Ratelimit-Reset": {"soon"}}, Retryable, 0},
		"limit, huge header":     {429, http.Header{"X-Ratelimit-Reset": {"9223372036854775807"}}, Retryable, time.Hour},
		"seconds":                {429, after("30"), Retryable, 30 * time.Second},
		"huge seconds":           {503, after("99999999999"), Retryable, time.Hour},
		"negative seconds":       {503, after("-5"), Retryable, 0},
		"date":                   {503, after(now.Add(time.Minute).Format(http.TimeFormat)), Retryable, time.Minute},
		"the longer of both":     {429, both, Retryable, time.Minute},
		"internal":               {500, nil, Retryable, 0},
		"gateway":                {502, nil, Retryable, 0},
		"gateway time-out":       {504, after("7"), Retryable, 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, echo(c.status, c.header))
			s := f.open(t)
			s.now = func() time.Time { return now }
			_, err := s.Send(t.Context(), plain())
			e := requireFailure(t, err, c.kind)
			require.Equal(t, c.wait, e.RetryAfter)
			require.Equal(t, c.status, e.Status)
			require.Len(t, f.sent(), 1, "it is for the caller to try again")
		})
	}
}

// hangUp closes the connection without an answer; the body was read.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestALostAnswerIsUnknown(t *testing.T) {
	t.Parallel()
	f := newFake(t, hangUp)
	_, err := f.open(t).Send(t.Context(), plain())
	requireFailure(t, err, Unknown)
	require.Len(t, f.sent(), 1)
}

func TestALostAnswerOnAUsedConnectionIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	var once sync.Once
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		first := false
		once.Do(func() { first = true })
		if !first {
			hangUp(w, r)
		}
		accept(w, r)
	})
	s := f.open(t)
	_, err := s.Send(t.Context(), plain())
	require.NoError(t, err)
	_, err = s.Send(t.Context(), plain())
	requireFailure(t, err, Unknown)
	require.Len(t, f.sent(), 2)
}

func TestAnAcceptanceWhoseBodyIsCutOffIsAnAcceptance(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		accept(w, r)
	})
	id, err := f.open(t).Send(t.Context(), plain())
	require.NoError(t, err)
	require.NotEmpty(t, id)
}

// silent reads the call and does not answer until the caller has gone.
func silent(called chan<- struct{}) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		called <- struct{}{}
		<-r.Context().Done()
	}
}

func TestATimeOutIsUnknown(t *testing.T) {
	t.Parallel()
	f := newFake(t, silent(make(chan struct{}, 1)))
	s := f.open(t)
	s.client.HTTPClient.Timeout = 200 * time.Millisecond
	_, err := s.Send(t.Context(), plain())
	requireFailure(t, err, Unknown)
	require.ErrorContains(t, err, "timed out")
}

func TestCancellingACallOnTheWayIsUnknown(t *testing.T) {
	t.Parallel()
	called := make(chan struct{}, 1)
	f := newFake(t, silent(called))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-called
		cancel()
	}()
	_, err := f.open(t).Send(ctx, plain())
	requireFailure(t, err, Unknown)
	require.ErrorIs(t, err, context.Canceled)
}

func TestNothingWasSentWhereThereIsNoConnection(t *testing.T) {
	t.Parallel()
	f := newFake(t, accept)
	refusing := f.open(t)
	f.Close()
	_, err := refusing.Send(t.Context(), plain())
	requireFailure(t, err, Retryable)
	require.ErrorContains(t, err, "refused")
}

func TestACertificateThatIsNotTrustedIsSaidSo(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(accept))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	_, err := newSendGrid(server.URL, testKey, Recipient{Email: "noreply@offhours.example"}).Send(t.Context(), plain())
	requireFailure(t, err, Retryable)
	require.ErrorContains(t, err, "certificate")
}

func TestEveryCallHasATimeOut(t *testing.T) {
	t.Parallel()
	require.Equal(t, sendGridTimeout, newSendGrid("", testKey, Recipient{}).client.HTTPClient.Timeout)
}
