package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
	"github.com/offhours/offhours/internal/mail"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

// sendGrid answers calls one after the other as it is told, and with 202 when
// nothing is left to tell.
type sendGrid struct {
	mu      sync.Mutex
	answers []http.HandlerFunc
	calls   atomic.Int64
}

func (s *sendGrid) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls.Add(1)
	if len(s.answers) == 0 {
		w.Header().Set("X-Message-Id", "accepted")
		w.WriteHeader(http.StatusAccepted)
		return
	}
	next := s.answers[0]
	s.answers = s.answers[1:]
	next(w, r)
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func limited(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(90*time.Second).Unix(), 10))
	w.WriteHeader(http.StatusTooManyRequests)
}

func lost(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// delivery is the outbox of a request with one notice, on a real database, and a
// SendGrid that answers as it is told.
type delivery struct {
	postgrestest.World
	sendGrid *sendGrid
	env      *testsuite.TestActivityEnvironment
	notices  *activities.Notices
	ref      offhours.RequestRef
}

func newDelivery(t *testing.T, answers ...http.HandlerFunc) *delivery {
	t.Helper()
	d := &delivery{World: postgrestest.NewWorld(t), sendGrid: &sendGrid{answers: answers}}
	server := httptest.NewServer(d.sendGrid)
	t.Cleanup(server.Close)
	transport, err := mail.Open(mail.Config{URL: "sendgrid://" + strings.TrimPrefix(server.URL, "http://"), From: "noreply@offhours.example", APIKey: "key"})
	require.NoError(t, err)
	d.notices = &activities.Notices{Store: d.DB, Postbox: postbox{transport: transport, pageURL: "https://crm.example/page"}}
	d.env = new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment()
	d.env.RegisterActivity(d.notices)
	d.ref = offhours.RequestRef{AccountID: d.Account.ID, RequestID: d.Queue(201, 3)}
	d.Exec(`INSERT INTO notices (request_id, kind, recipient) VALUES ($1, 'created', $2)`, d.ref.RequestID, d.Admin.ID)
	return d
}

// deliver tries once, and returns what the activity wants to be tried again
// after, or -1 if it does not.
func (d *delivery) deliver() time.Duration {
	d.T.Helper()
	_, err := d.env.ExecuteActivity(d.notices.Deliver, activities.DeliverInput{RequestRef: d.ref, Kind: offhours.NoticeCreated})
	if err == nil {
		return -1
	}
	var later *temporal.ApplicationError
	require.ErrorAs(d.T, err, &later)
	require.Equal(d.T, "MailLater", later.Type())
	require.False(d.T, later.NonRetryable())
	for _, secret := range []string{"acme.example", "offhours.example", "Queued"} {
		require.NotContains(d.T, err.Error(), secret, "histories hold nothing of a mail")
	}
	return later.NextRetryDelay()
}

// notice is the state of the only notice.
func (d *delivery) notice() (state string) {
	d.T.Helper()
	d.Scan(&state, `SELECT state || ' after ' || attempts || ' as ' || coalesce(message_id, '-') FROM notices`)
	return state
}

func TestAMailIsTriedUntilItIsAccepted(t *testing.T) {
	t.Parallel()
	d := newDelivery(t, status(500), limited, status(401), lost)

	require.Zero(t, d.deliver(), "the retry policy decides")
	require.InDelta(t, 90, d.deliver().Seconds(), 2, "the reset of the limit")
	require.Equal(t, 10*time.Minute, d.deliver(), "of credits that are used up")
	require.Equal(t, "pending after 3 as -", d.notice())
	require.Zero(t, d.deliver())
	require.EqualValues(t, 4, d.sendGrid.calls.Load(), "a lost answer is not asked for at once")
	require.Equal(t, "pending after 4 as -", d.notice())

	require.EqualValues(t, -1, d.deliver())
	require.Equal(t, "sent after 5 as accepted", d.notice())
	require.EqualValues(t, -1, d.deliver())
	require.EqualValues(t, 5, d.sendGrid.calls.Load(), "it is never sent again")
}

func TestAMailThatWillNeverBeAcceptedIsGivenUpAtOnce(t *testing.T) {
	t.Parallel()
	for _, code := range []int{400, 413} {
		d := newDelivery(t, status(code))
		require.EqualValues(t, -1, d.deliver())
		require.Equal(t, "given_up after 1 as -", d.notice())
	}
}

func TestOneMailThatIsRefusedDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	d := newDelivery(t, status(503), status(400))
	for _, email := range []string{"second@acme.example", "third@acme.example"} {
		d.AddUser(d.Account.ID, email, offhours.RoleAdministrator)
		d.Exec(`INSERT INTO notices (request_id, kind, recipient) SELECT $1, 'created', id FROM users WHERE email = $2`, d.ref.RequestID, email)
	}
	require.Zero(t, d.deliver())
	var states string
	d.Scan(&states, `SELECT string_agg(state, ' ' ORDER BY id) FROM notices`)
	require.Equal(t, "pending given_up sent", states)
	require.EqualValues(t, -1, d.deliver())
	d.Scan(&states, `SELECT string_agg(state, ' ' ORDER BY id) FROM notices`)
	require.Equal(t, "sent given_up sent", states)
	require.EqualValues(t, 4, d.sendGrid.calls.Load())
}

// slow is a store of one notice and a postbox that refuses it after a while.
type slow struct {
	after time.Duration
	state offhours.NoticeState
}

func (s *slow) PendingNotices(context.Context, offhours.RequestRef, offhours.NoticeKind) ([]offhours.Notice, error) {
	return []offhours.Notice{{ID: 1}}, nil
}

func (s *slow) DeliverNotice(ctx context.Context, _ int64, send func(context.Context) (offhours.NoticeState, string)) error {
	s.state, _ = send(ctx)
	return nil
}

func (s *slow) Send(context.Context, offhours.Notice) (string, error) {
	time.Sleep(s.after) // of the test's own clock
	return "", &activities.SendError{Err: errors.New("no credits")}
}

func TestAMailIsGivenUpAfterThreeDays(t *testing.T) {
	t.Parallel()
	for after, state := range map[time.Duration]offhours.NoticeState{71 * time.Hour: offhours.NoticePending, 73 * time.Hour: offhours.NoticeGivenUp} {
		synctest.Test(t, func(t *testing.T) {
			s := &slow{after: after}
			notices := &activities.Notices{Store: s, Postbox: s}
			env := new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment()
			env.SetTestTimeout(100 * time.Hour)
			env.RegisterActivity(notices)
			_, _ = env.ExecuteActivity(notices.Deliver, activities.DeliverInput{}) // timed out, as seen from the test's clock
			require.Equal(t, state, s.state)
		})
	}
}
