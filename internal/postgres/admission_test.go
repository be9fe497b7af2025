package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func TestAdmitMakesARequestWithItsNoticeAndAuditEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, 40*day)
	w.AddRecords(201, 2, day)

	r := w.mustAdmit(draft(201))

	require.Equal(t, offhours.StatusInQueue, r.Status)
	require.Equal(t, "Type 201", r.EntityName)
	require.Equal(t, 3, r.Records)
	require.Equal(t, "admin@acme.example", r.CreatedBy)
	require.Equal(t, r.CreatedOn.Add(grace), *r.StartsAt)
	require.Equal(t, r.CreatedOn.Add(720*time.Hour), *r.DownloadUntil)
	require.Equal(t, 30, *r.DaysLeft)
	require.Contains(t, r.StatusDetail, "Waiting until ")
	require.Zero(t, r.Outcomes)

	var recipient, actor, action string
	w.Scan(&recipient, `SELECT recipient FROM notices WHERE request_id = $1 AND kind = 'created' AND state = 'pending'`, r.ID)
	require.Equal(t, w.Admin.ID, recipient)
	w.Scan(&actor, `SELECT actor FROM audit_events WHERE request_id = $1`, r.ID)
	w.Scan(&action, `SELECT action FROM audit_events WHERE request_id = $1`, r.ID)
	require.Equal(t, w.Admin.ID+" request_created", actor+" "+action)

	var deadline time.Time
	w.Scan(&deadline, `SELECT delete_deadline FROM requests WHERE id = $1`, r.ID)
	require.True(t, deadline.Equal(r.CreatedOn.Add(23*day)))
}

func TestADeleteOnlyRequestHasNoDeadlineAndNoDownload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 1, 40*day)
	d := draft(201)
	d.RequestType = offhours.DeleteOnly

	r := w.mustAdmit(d)

	require.Nil(t, r.DownloadUntil)
	require.Nil(t, r.DaysLeft)
	var hasDeadline bool
	w.Scan(&hasDeadline, `SELECT delete_deadline IS NOT NULL FROM requests`)
	require.False(t, hasDeadline)
}

func TestARequestStartsWhenTheNextWindowOpens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 1, 40*day)
	// Business all day, but for one date: today is a holiday nowhere in between.
	w.Exec(`UPDATE accounts SET schedule = jsonb_build_object('timeZone', 'UTC', 'holidays', jsonb_build_array(to_char(now() AT TIME ZONE 'UTC' + interval '2 days', 'YYYY-MM-DD')),
		'businessHours', (SELECT jsonb_object_agg(d, '[{"from": "00:00", "to": "24:00"}]'::jsonb) FROM unnest('{monday,tuesday,wednesday,thursday,friday,saturday,sunday}'::text[]) d))`)

	r := w.mustAdmit(draft(201))

	require.Equal(t, offhours.DateOf(r.CreatedOn, time.UTC).AddDays(2).String()+"T00:00:00Z", r.StartsAt.Format(time.RFC3339Nano))
}

func TestEachRefusal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		code    offhours.Code
		detail  string
		arrange func(w *world, d *offhours.Draft)
	}{
		"feature off": {offhours.CodeFeatureDisabled, offhours.TextFeatureDisabled, func(w *world, _ *offhours.Draft) {
			w.Exec(`UPDATE accounts SET feature_enabled = false`)
		}},
		"not an administrator": {offhours.CodeAccessDenied, offhours.TextAccessDenied, func(w *world, _ *offhours.Draft) {
			w.Admin.Role = offhours.RoleSalesManager
		}},
		"not active": {offhours.CodeAccessDenied, offhours.TextAccessDenied, func(w *world, _ *offhours.Draft) {
			w.Admin.Active = false
		}},
		"no range": {offhours.CodeInvalidRequest, "range", func(_ *world, d *offhours.Draft) {
			d.Range = offhours.DateRange{}
		}},
		"a date that does not exist": {offhours.CodeInvalidRequest, "range", func(_ *world, d *offhours.Draft) {
			d.Range = offhours.DateRange{From: &offhours.Date{Year: 2025, Month: 2, Day: 30}, To: &offhours.Date{Year: 2025, Month: 3, Day: 1}}
		}},
		"no such type": {offhours.CodeUnknownActivityType, "202", func(_ *world, d *offhours.Draft) {
			d.ActivityType = 202
		}},
		"a core type": {offhours.CodeUnknownActivityType, `"Type 201"`, func(w *world, _ *offhours.Draft) {
			w.Exec(`UPDATE record_types SET category = 'core'`)
		}},
		"an account type": {offhours.CodeUnknownActivityType, `"Type 201"`, func(w *world, _ *offhours.Draft) {
			w.Exec(`UPDATE record_types SET category = 'account'`)
		}},
		"a ticket type": {offhours.CodeUnknownActivityType, `"Type 201"`, func(w *world, _ *offhours.Draft) {
			w.Exec(`UPDATE record_types SET category = 'ticket'`)
		}},
		"an opportunity type": {offhours.CodeUnknownActivityType, `"Type 201"`, func(w *world, _ *offhours.Draft) {
			w.Exec(`UPDATE record_types SET category = 'opportunity'`)
		}},
		"not confirmed": {offhours.CodeNotConfirmed, "confirmed", func(_ *world, d *offhours.Draft) {
			d.Confirmed = false
		}},
		"one In Queue": {offhours.CodeDuplicateRequest, offhours.TextDuplicateRequest, func(w *world, _ *offhours.Draft) {
			w.Queue(201, 1)
		}},
		"one In Progress": {offhours.CodeDuplicateRequest, offhours.TextDuplicateRequest, func(w *world, _ *offhours.Draft) {
			w.Queue(201, 1)
			w.Exec(`UPDATE requests SET status = 'in_progress', phase = 'planning', started_on = now()`)
		}},
		"nothing matches": {offhours.CodeNothingToDo, "No activities", func(_ *world, d *offhours.Draft) {
			d.Range.Days = 60
		}},
		"the queue is full": {offhours.CodeQueueFull, offhours.TextQueueFull, func(w *world, _ *offhours.Draft) {
			for code := range 5 {
				w.Queue(301+code, 200_000)
			}
		}},
		"the queue is full of what runs": {offhours.CodeQueueFull, offhours.TextQueueFull, func(w *world, _ *offhours.Draft) {
			for code := range 5 {
				w.Run(w.Queue(301+code, 200_000), "exporting", 1, 0)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.AddType(201, 2, 40*day)
			d := draft(201)
			test.arrange(&w, &d)
			before := w.Count("requests")

			_, created, err := w.admit(d, "key")

			require.Truef(t, offhours.Is(err, test.code), "want %s, got %v", test.code, err)
			require.ErrorContains(t, err, test.detail)
			require.False(t, created)
			require.Equal(t, before, w.Count("requests"))
			require.Zero(t, w.Count("notices"))
			require.Zero(t, w.Count("audit_events"))
		})
	}
}

// Every later refusal holds too, and the earlier one is told.
func TestRefusalsAreToldInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 1, 40*day)
	w.mustAdmit(draft(201))
	for code := range 5 {
		w.Queue(301+code, 200_000)
	}
	_, _, err := w.admit(draft(201), "taken")
	require.Equal(t, offhours.CodeDuplicateRequest, offhours.CodeOf(err), "duplicate before queue_full")
	w.AddType(202, 1, 40*day)
	w.Exec(`UPDATE requests SET idempotency_key = 'taken' WHERE type_code = 201`)

	d := draft(201)
	d.Range.Days = 31
	_, _, err = w.admit(d, "taken")
	require.Equal(t, offhours.CodeIdempotencyConflict, offhours.CodeOf(err), "conflict before duplicate")
	d.Confirmed = false
	_, _, err = w.admit(d, "taken")
	require.Equal(t, offhours.CodeNotConfirmed, offhours.CodeOf(err), "confirmation before conflict")
	d.ActivityType = 999
	_, _, err = w.admit(d, "taken")
	require.Equal(t, offhours.CodeUnknownActivityType, offhours.CodeOf(err), "type before confirmation")
	d.Range.Days = 0
	_, _, err = w.admit(d, "taken")
	require.Equal(t, offhours.CodeInvalidRequest, offhours.CodeOf(err), "form before type")
}

func TestExactly200000RecordsAreAllowedAndOneMoreIsNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddTypes(201, 1, 200_001, 40*day)

	_, _, err := w.admit(draft(201), "key")
	require.Equal(t, offhours.CodeRequestTooLarge, offhours.CodeOf(err))
	require.ErrorContains(t, err, "200001 records match")
	require.ErrorContains(t, err, "adjust the date range")

	w.Exec(`DELETE FROM records WHERE id = (SELECT id FROM records LIMIT 1)`)
	require.Equal(t, 200_000, w.mustAdmit(draft(201)).Records)
}

func TestExactlyAMillionQueuedRecordsAreAllowedAndOneMoreIsNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for code := range 4 {
		w.Queue(301+code, 200_000)
	}
	w.Queue(305, 199_990)
	w.AddType(201, 11, 40*day)
	w.refused(offhours.CodeQueueFull, draft(201))

	w.Exec(`DELETE FROM records WHERE id = (SELECT id FROM records LIMIT 1)`)
	require.Equal(t, 10, w.mustAdmit(draft(201)).Records)

	w.AddType(202, 1, 40*day)
	w.refused(offhours.CodeQueueFull, draft(202))
}

func TestBothSidesOfACustomRangeCountUpToTheCreation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, 400*day) // before
	w.AddRecords(201, 5, 100*day)
	w.AddRecords(201, 7, 10*day) // after
	w.AddRecords(201, 9, -time.Hour)
	now, err := w.DB.Now(t.Context())
	require.NoError(t, err)
	loc, err := w.Account.Schedule.Location()
	require.NoError(t, err)
	today := offhours.DateOf(now, loc)
	from, to := today.AddDays(-200), today.AddDays(-50)
	d := draft(201)
	d.Range = offhours.DateRange{From: &from, To: &to}

	r := w.mustAdmit(d)

	require.Equal(t, 10, r.Records)
	require.Equal(t, r.CreatedOn, *r.Selection.Until)
	require.Equal(t, d.Range, r.Range)
	require.True(t, r.CreatedOn.Equal(r.CreatedOn.Truncate(time.Microsecond)))
}

func TestOneKeyMakesOneRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 1, 40*day)
	first, created, err := w.admit(draft(201), "key")
	require.NoError(t, err)
	require.True(t, created)

	again, created, err := w.admit(draft(201), "key")
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, first.ID, again.ID)

	w.Revoke(first.ID)
	again, created, err = w.admit(draft(201), "key")
	require.NoError(t, err, "even if it has ended since")
	require.False(t, created)
	require.Equal(t, first.ID, again.ID)
	require.Equal(t, offhours.StatusRevoked, again.Status)

	other := draft(201)
	other.RequestType = offhours.DeleteOnly
	_, _, err = w.admit(other, "key")
	require.Equal(t, offhours.CodeIdempotencyConflict, offhours.CodeOf(err))
	require.Equal(t, 1, w.Count("requests"))
	require.Equal(t, 1, w.Count("notices"))
}

func TestAccountsShareNothing(t *testing.T) {
	t.Parallel()
	acme := newWorld(t)
	globex := world{acme.NewAccount("Globex", "admin@globex.example")}
	acme.AddType(201, 3, 40*day)
	globex.AddType(201, 5, 40*day)
	for code := range 5 {
		globex.Queue(301+code, 200_000)
	}

	first, _, err := acme.admit(draft(201), "key")
	require.NoError(t, err, "the other account's queue is full")
	require.Equal(t, 3, first.Records)
	globex.Exec(`DELETE FROM requests WHERE account_id = $1`, globex.Account.ID)
	second, created, err := globex.admit(draft(201), "key")
	require.NoError(t, err, "the other account's key and type")
	require.True(t, created)
	require.Equal(t, 5, second.Records)

	_, err = globex.DB.Request(t.Context(), globex.Account.ID, first.ID)
	require.True(t, offhours.Is(err, offhours.CodeNotFound))
	mine, total, err := globex.DB.Requests(t.Context(), globex.Account.ID, offhours.RequestQuery{})
	require.NoError(t, err)
	require.Equal(t, 1, total)
	require.Equal(t, second.ID, mine[0].ID)
}
