package mail

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sendgrid/rest"
	"github.com/sendgrid/sendgrid-go"
	sgmail "github.com/sendgrid/sendgrid-go/helpers/mail"
)

// sendGridTimeout covers a whole call. SendGrid answers in well under a second;
// giving up too early makes duplicates.
const sendGridTimeout = 30 * time.Second

// sendGrid sends by SendGrid's v3 API. It uses the requests and the payload of
// sendgrid-go, but not its client, which keeps each body on a shared value,
// never times out, and sleeps through cancellation when it is told to wait.
type sendGrid struct {
	base   string // empty: SendGrid's global host
	key    string
	from   Recipient
	client *rest.Client
	now    func() time.Time
}

func newSendGrid(base, key string, from Recipient) *sendGrid {
	client := &http.Client{
		Timeout:   sendGridTimeout,
		Transport: http.DefaultTransport.(*http.Transport).Clone(),
		// The key and the message are for this host alone.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &sendGrid{base: base, key: key, from: from, client: &rest.Client{HTTPClient: client}, now: time.Now}
}

// Send returns SendGrid's X-Message-Id. It makes one call and never retries.
func (s *sendGrid) Send(ctx context.Context, m Message) (string, error) {
	if err := m.validate(); err != nil {
		return "", err
	}
	request, err := s.request(m)
	if err != nil {
		return "", permanent("the message cannot be encoded")
	}
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	// With an error there is still a response if only its body was cut off,
	// and the status says all.
	response, err := s.client.SendWithContext(traced, request)
	if response == nil {
		return "", unanswered(err, connected.Load())
	}
	return s.judge(response.StatusCode, http.Header(response.Headers))
}

func (s *sendGrid) request(m Message) (rest.Request, error) {
	body, err := json.Marshal(s.payload(m))
	request := sendgrid.GetRequest(s.key, "/v3/mail/send", s.base)
	request.Method = rest.Post
	request.Headers["Content-Type"] = "application/json"
	request.Body = body
	return request, err
}

func (s *sendGrid) payload(m Message) *sgmail.SGMailV3 {
	p := sgmail.NewPersonalization()
	p.AddTos(mailbox(m.To))
	p.SetCustomArg("notification_id", m.ID) // comes back in SendGrid's events
	payload := sgmail.NewV3Mail()
	payload.SetFrom(mailbox(s.from))
	payload.Subject = m.Subject
	payload.AddPersonalizations(p)
	payload.AddContent(sgmail.NewContent("text/plain", m.Text), sgmail.NewContent("text/html", m.HTML))
	payload.SetHeader("Auto-Submitted", "auto-generated")
	payload.SetTrackingSettings(untracked())
	return payload
}

// untracked switches off what would rewrite links, load an image or add a
// footer, whatever the settings of the SendGrid account are.
func untracked() *sgmail.TrackingSettings {
	return sgmail.NewTrackingSettings().
		SetClickTracking(sgmail.NewClickTrackingSetting().SetEnable(false).SetEnableText(false)).
		SetOpenTracking(sgmail.NewOpenTrackingSetting().SetEnable(false)).
		SetSubscriptionTracking(sgmail.NewSubscriptionTrackingSetting().SetEnable(false)).
		SetGoogleAnalytics(sgmail.NewGaSetting().SetEnable(false))
}

// mailbox leaves out of names what SendGrid, instead of quoting it, takes for a
// part of the address: it answers 202 and then drops the mail
// (github.com/sendgrid/sendgrid-python/issues/291, sendgrid-ruby/issues/394).
func mailbox(r Recipient) *sgmail.Email {
	name := strings.Map(func(c rune) rune {
		if strings.ContainsRune(`(),:;<>@[]"\`, c) {
			return ' '
		}
		return c
	}, r.Name)
	return sgmail.NewEmail(line(name), r.Email)
}
