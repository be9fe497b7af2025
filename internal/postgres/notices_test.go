package postgres_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

// pending arranges a request with a mail to be sent, and returns the mail's id.
func (w world) pending() (request offhours.Request, notice int64) {
	w.T.Helper()
	w.AddType(201, 3, 40*day)
	request = w.mustAdmit(draft(201))
	w.Scan(&notice, `SELECT id FROM notices`)
	return request, notice
}

func sent(context.Context) (offhours.NoticeState, string) { return offhours.NoticeSent, "m1" }

func (w world) noticeState() (state string) {
	w.T.Helper()
	w.Scan(&state, `SELECT state FROM notices`)
	return state
}

func TestNoTwoAttemptsSendTheSameMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, notice := w.pending()
	sending, goOn := make(chan struct{}), make(chan struct{})
	accept := sync.OnceFunc(func() { close(goOn) })
	defer accept() // or a failure would wait for ever
	done := make(chan error, 1)
	go func() { // one that its workflow has left behind
		done <- w.DB.DeliverNotice(w.T.Context(), notice, func(context.Context) (offhours.NoticeState, string) {
			close(sending)
			<-goOn
			return offhours.NoticeSent, "m1"
		})
	}()
	<-sending
	twice := func(context.Context) (offhours.NoticeState, string) {
		t.Error("the mail was sent twice")
		return offhours.NoticeSent, "m2"
	}

	require.ErrorIs(t, w.DB.DeliverNotice(t.Context(), notice, twice), offhours.ErrBusy)
	accept()
	require.NoError(t, <-done)
	require.NoError(t, w.DB.DeliverNotice(t.Context(), notice, twice), "there is nothing to be done any more")
	require.Equal(t, "sent", w.noticeState())
}

func TestAMailThatWasAcceptedIsRecordedWhateverHappensMeanwhile(t *testing.T) {
	t.Parallel()
	for name, disturb := range map[string]func(w world, cancel func()){
		"the attempt is cancelled": func(_ world, cancel func()) { cancel() },
		"the connection is cut": func(w world, _ func()) {
			w.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, notice := w.pending()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			err := w.DB.DeliverNotice(ctx, notice, func(context.Context) (offhours.NoticeState, string) {
				disturb(w, cancel)
				return offhours.NoticeSent, "m1"
			})
			require.NoError(t, err)
			require.Equal(t, "sent", w.noticeState())
		})
	}
}

func TestAMailThatIsGivenUpIsShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, notice := w.pending()
	require.Equal(t, "Waiting until", r.StatusDetail[:13])

	require.NoError(t, w.DB.DeliverNotice(t.Context(), notice, func(context.Context) (offhours.NoticeState, string) { return offhours.NoticePending, "" }))
	require.Equal(t, "pending", w.noticeState())
	require.NotContains(t, w.request(r.ID).StatusDetail, "mail", "it may still arrive")
	require.NoError(t, w.DB.DeliverNotice(t.Context(), notice, func(context.Context) (offhours.NoticeState, string) { return offhours.NoticeGivenUp, "" }))

	require.Equal(t, r.StatusDetail+" A mail about this request could not be delivered.", w.request(r.ID).StatusDetail)
	var kind string
	w.Scan(&kind, `SELECT detail->>'kind' FROM audit_events WHERE request_id = $1 AND action = 'mail_given_up'`, r.ID)
	require.Equal(t, "created", kind)
	var attempts int
	w.Scan(&attempts, `SELECT attempts FROM notices`)
	require.Equal(t, 2, attempts)
}

func TestMailsThatHaveBeenPendingForLongAreFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, notice := w.pending()
	undelivered := func() []offhours.PendingNotices {
		found, err := w.DB.Undelivered(t.Context(), time.Minute)
		require.NoError(t, err)
		return found
	}
	require.Empty(t, undelivered(), "its delivery has just begun")
	w.Exec(`UPDATE notices SET created_on = created_on - interval '61 s'`)
	require.Equal(t, []offhours.PendingNotices{{RequestRef: w.ref(r.ID), Kind: offhours.NoticeCreated}}, undelivered())
	require.NoError(t, w.DB.DeliverNotice(t.Context(), notice, sent))
	require.Empty(t, undelivered())
}

func TestManyAttemptsSendAMailOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, notice := w.pending()
	sends := make(chan struct{}, 20)
	postgrestest.AtOnce(10, func(int) error {
		return w.DB.DeliverNotice(w.T.Context(), notice, func(context.Context) (offhours.NoticeState, string) {
			sends <- struct{}{}
			return offhours.NoticeSent, "m1"
		})
	})
	require.Len(t, sends, 1)
}
