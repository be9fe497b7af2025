package postgres_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

// business is business on every day, from so many hours after now to so many.
func business(from, to int) offhours.Schedule {
	clock := func(hours int) offhours.ClockTime {
		t := time.Now().UTC().Add(time.Duration(hours) * time.Hour)
		return offhours.ClockTime(t.Hour()*60 + t.Minute())
	}
	day := []offhours.Block{{From: clock(from), To: clock(to)}}
	return offhours.Schedule{TimeZone: "UTC", BusinessHours: offhours.BusinessHours{
		Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day, Saturday: day, Sunday: day,
	}}
}

var (
	closed = business(-2, 5) // now, and for five hours less up to a minute
	open   = business(2, 5)  // for two hours, less up to a minute
)

func (w world) setHours(s offhours.Schedule) []offhours.Untold {
	w.T.Helper()
	account, untold, err := w.DB.SetSchedule(w.T.Context(), w.Admin, s, grace)
	require.NoError(w.T, err)
	require.Equal(w.T, s, account.Schedule)
	return untold
}

func TestChangedHoursMoveTheStartOfQueuedRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 1, 40*day)
	queued := w.mustAdmit(draft(201))
	revoked := w.Queue(202, 1)
	w.Revoke(revoked)
	other := w.NewAccount("Globex", "admin@globex.example")
	theirs := other.Queue(201, 1)
	var before time.Time
	w.Scan(&before, `SELECT starts_at FROM requests WHERE id = $1`, theirs)

	untold := w.setHours(closed)

	window, err := closed.NextWindow(time.Now())
	require.NoError(t, err)
	require.Equal(t, window.Open, *w.request(queued.ID).StartsAt)
	require.Len(t, untold, 1)
	require.Equal(t, queued.Ref(), untold[0].RequestRef)
	require.NotEqual(t, window.Open, *w.request(revoked).StartsAt)
	var after time.Time
	w.Scan(&after, `SELECT starts_at FROM requests WHERE id = $1`, theirs)
	require.Equal(t, before, after, "nothing crosses accounts")
	account, err := w.DB.Account(t.Context(), w.Account.ID)
	require.NoError(t, err)
	require.Equal(t, closed.TimeZone, account.Schedule.TimeZone)

	w.setHours(open)
	require.Equal(t, queued.CreatedOn.Add(grace), *w.request(queued.ID).StartsAt, "the time to revoke stays")
}

func TestAChangeOfHoursIsAudited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.setHours(closed)
	w.setHours(closed)

	require.Equal(t, 1, w.Count("audit_events"), "the same hours again are no change")
	var actor, action string
	var detail []byte
	require.NoError(t, w.Conn.QueryRow(t.Context(), `SELECT actor, action, detail FROM audit_events`).Scan(&actor, &action, &detail))
	require.Equal(t, w.Admin.ID, actor)
	require.Equal(t, "hours_changed", action)
	var change struct{ Before, After offhours.Schedule }
	require.NoError(t, json.Unmarshal(detail, &change))
	require.Equal(t, "Asia/Kolkata", change.Before.TimeZone)
	require.Equal(t, "UTC", change.After.TimeZone)
}

func TestHoursAreNotChangedByEverybodyNorToEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := func(user offhours.User, s offhours.Schedule) offhours.Code {
		_, _, err := w.DB.SetSchedule(t.Context(), user, s, grace)
		return codeOf(err)
	}
	manager := w.Admin
	manager.Role = offhours.RoleSalesManager
	require.Equal(t, offhours.CodeAccessDenied, set(manager, closed))
	require.Equal(t, offhours.CodeInvalidRequest, set(w.Admin, offhours.Schedule{TimeZone: "Mars/Base"}))
	day := []offhours.Block{{From: 0, To: 24 * 60}}
	always := offhours.Schedule{TimeZone: "UTC", BusinessHours: offhours.BusinessHours{
		Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day, Saturday: day, Sunday: day,
	}}
	require.Equal(t, offhours.CodeInvalidRequest, set(w.Admin, always))
	w.Exec(`UPDATE accounts SET feature_enabled = false`)
	require.Equal(t, offhours.CodeFeatureDisabled, set(w.Admin, closed))
	require.Zero(t, w.Count("audit_events"))
}

func TestHoursThatCloseTheWindowStopTheNextBatch(t *testing.T) {
	t.Parallel()
	s := seal(t, 2)

	untold := s.setHours(closed)

	_, err := s.delete()
	require.ErrorIs(t, err, offhours.ErrWindowClosed)
	s.untouched(2)
	require.Len(t, untold, 1)
	shown := s.request(s.ref.RequestID)
	require.Equal(t, offhours.StatusInProgress, shown.Status)
	require.Contains(t, shown.StatusDetail, "Paused until ")
	part, err := s.DB.Part(t.Context(), s.ref, 1)
	require.NoError(t, err)
	require.False(t, part.WindowOpen, "nor is a further part exported")
	timing, err := s.DB.Resume(t.Context(), s.ref)
	require.NoError(t, err)
	window, err := closed.NextWindow(time.Now())
	require.NoError(t, err)
	require.Equal(t, offhours.Timing{Status: offhours.StatusInProgress, At: window.Open}, timing)
}

func TestHoursThatOpenTheWindowLetTheNextBatchGoOn(t *testing.T) {
	t.Parallel()
	s := seal(t, 2)
	s.setHours(closed)

	untold := s.setHours(open)

	require.Len(t, untold, 1, "its workflow waits, and has to be told")
	require.Contains(t, s.request(s.ref.RequestID).StatusDetail, "Deleting")
	deleted, err := s.delete()
	require.NoError(t, err)
	require.Equal(t, 2, deleted)
	require.Empty(t, s.setHours(business(3, 6)), "a workflow that works needs no telling")
	var close time.Time
	s.Scan(&close, `SELECT window_close FROM requests`)
	require.WithinDuration(t, time.Now().Add(3*time.Hour), close, 2*time.Minute)
}

func TestARequestThatIsEndingIsNotPlannedAnew(t *testing.T) {
	t.Parallel()
	s := seal(t, 2)
	require.NoError(t, s.DB.Fence(t.Context(), s.ref, nil))

	require.Empty(t, s.setHours(closed))

	require.Equal(t, "Writing the report.", s.request(s.ref.RequestID).StatusDetail)
}

func TestAChangeIsToldUntilItWasHeard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 1)
	first := w.setHours(closed)
	second := w.setHours(open)
	require.Len(t, first, 1)
	require.Len(t, second, 1)

	require.NoError(t, w.DB.MarkTold(t.Context(), first[0]))
	untold, err := w.DB.Untold(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, second, untold, "the second change was not told yet")
	require.Equal(t, id, untold[0].RequestID)
	later, err := w.DB.Untold(t.Context(), time.Hour)
	require.NoError(t, err)
	require.Empty(t, later)

	require.NoError(t, w.DB.MarkTold(t.Context(), untold[0]))
	untold, err = w.DB.Untold(t.Context(), 0)
	require.NoError(t, err)
	require.Empty(t, untold)
}

func TestManyChangesAtOnceComeOneAfterAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddTypes(201, 6, 1, 40*day)

	results := postgrestest.AtOnce(18, func(i int) offhours.Code {
		if i%3 == 0 {
			_, _, err := w.admit(draft(201+i/3), uuid.NewString())
			return codeOf(err)
		}
		_, _, err := w.DB.SetSchedule(t.Context(), w.Admin, business(-1, 2+i), grace)
		return codeOf(err)
	})

	require.Equal(t, map[offhours.Code]int{"": 18}, results)
	account, err := w.DB.Account(t.Context(), w.Account.ID)
	require.NoError(t, err)
	window, err := account.Schedule.NextWindow(time.Now())
	require.NoError(t, err)
	var starts, wrong, broken int
	require.NoError(t, w.Conn.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE starts_at <> $1) FROM requests`, window.Open).Scan(&starts, &wrong))
	require.Equal(t, 6, starts)
	require.Zero(t, wrong, "every request has the hours of the last change")
	w.Scan(&broken, `SELECT count(*) FROM (
		SELECT detail->'before' AS before, lag(detail->'after') OVER (ORDER BY id) AS last FROM audit_events WHERE action = 'hours_changed') e
		WHERE before <> last`)
	require.Zero(t, broken, "each change begins where the last one ended")
}
