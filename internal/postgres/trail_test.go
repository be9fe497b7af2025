package postgres_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// events are what happened to a request, without the times: "event, by, reason".
func (w world) events(id string) (told []string) {
	w.T.Helper()
	events, err := w.DB.Events(w.T.Context(), w.Account.ID, id)
	require.NoError(w.T, err)
	for _, e := range events {
		told = append(told, string(e.Event)+", "+orNobody(e.By)+", "+orNobody(e.Reason))
	}
	return told
}

func orNobody(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

func TestEventsTellWhoDidWhatAndWhyTheOldestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddUser(w.Account.ID, "second@acme.example", offhours.RoleAdministrator)
	second, _, err := w.DB.UserByEmail(t.Context(), "second@acme.example")
	require.NoError(t, err)
	w.AddType(201, 1, 40*day)
	r := w.mustAdmit(draft(201))

	require.NoError(t, w.DB.NoteRevocation(t.Context(), second, r.ID, "wrong range"))
	_, err = w.DB.Revoke(t.Context(), r.Ref(), second.ID, "")
	require.NoError(t, err)
	require.NoError(t, w.DB.MarkPurged(t.Context(), r.Ref(), 0))

	require.Equal(t, []string{
		"created, admin@acme.example, -",
		"revoke_asked, second@acme.example, wrong range",
		"revoked, second@acme.example, -",
		"purged, -, -",
	}, w.events(r.ID))
	events, err := w.DB.Events(t.Context(), w.Account.ID, r.ID)
	require.NoError(t, err)
	require.True(t, events[0].At.Equal(r.CreatedOn))
	require.True(t, slices.IsSortedFunc(events, func(a, b offhours.RequestEvent) int { return a.At.Compare(b.At) }))
}

func TestEventsNameSupportToolingByItsOwnWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 1, 40*day)
	r, _, err := w.DB.AdmitOnBehalf(t.Context(), "support: J. Doe", w.Admin, draft(201), uuid.NewString(), grace)
	require.NoError(t, err)
	_, err = w.DB.Revoke(t.Context(), r.Ref(), "support: J. Doe", "customer called")
	require.NoError(t, err)

	require.Equal(t, []string{"created, support: J. Doe, -", "revoked, support: J. Doe, customer called"}, w.events(r.ID))
}

func TestEventsAreOfTheAccountsOwnRequestsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 1, 40*day)
	id := w.mustAdmit(draft(201)).ID
	other := world{w.NewAccount("Other", "admin@other.example")}
	// Neither the request nor an event may cross accounts, whichever row is wrong.
	w.Exec(`INSERT INTO audit_events (account_id, request_id, actor, action) VALUES ($1, $2, 'x', 'started')`, other.Account.ID, id)

	for _, none := range []string{id, uuid.NewString(), "", "{" + uuid.NewString() + "}"} {
		_, err := other.DB.Events(t.Context(), other.Account.ID, none)
		require.Truef(t, offhours.Is(err, offhours.CodeNotFound), "%q: %v", none, err)
	}
	require.Equal(t, []string{"created, admin@acme.example, -"}, w.events(id))
}

func TestAUserOfAnotherAccountIsNotNamedByEmail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.NewAccount("Other", "admin@other.example")
	id := w.Queue(201, 1)
	w.Exec(`INSERT INTO audit_events (account_id, request_id, actor, action) VALUES ($1, $2, $3, 'revoked')`, w.Account.ID, id, other.Admin.ID)

	require.Equal(t, []string{"revoked, " + other.Admin.ID + ", -"}, w.events(id))
}

func TestEventsTellThatNobodyStartedARequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 1, 40*day)
	r := w.mustAdmit(draft(201))
	_, err := w.DB.Begin(t.Context(), r.Ref(), 0)
	require.NoError(t, err)

	require.Equal(t, []string{"created, admin@acme.example, -", "started, -, -"}, w.events(r.ID))
}

func TestEventsTellWhenARequestPausedAndWentOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 10)
	w.Run(id, "deleting", 1, 0)
	resume := func() {
		_, err := w.DB.Resume(t.Context(), w.ref(id))
		require.NoError(t, err)
	}

	resume() // a window is open, and nothing was paused
	w.Exec(`UPDATE accounts SET schedule = $1`, closed)
	resume()
	w.Exec(`UPDATE accounts SET schedule = $1`, business(-2, 6))
	resume() // paused for longer
	w.Exec(`UPDATE accounts SET schedule = $1`, open)
	resume()

	require.Equal(t, []string{"paused, -, -", "resumed, -, -"}, w.events(id))
}

func TestEventsTellWhoChangedTheHoursThatStopARequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 10)
	w.Run(id, "deleting", 1, 0)

	w.setHours(closed)
	w.setHours(business(-2, 6)) // paused for longer
	_, err := w.DB.Resume(t.Context(), w.ref(id))
	require.NoError(t, err, "its workflow asks, too")
	w.setHours(open)

	require.Equal(t, []string{"paused, admin@acme.example, -", "resumed, admin@acme.example, -"}, w.events(id))
}
