package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func (w world) setHours(body string) answer {
	w.T.Helper()
	return w.do(call{method: "PUT", path: "/api/v1/account", body: body})
}

// aroundNow is business from so many hours before now to so many after, in UTC.
func aroundNow(before, after time.Duration) string {
	now := time.Now().UTC()
	return hours("UTC", now.Add(-before).Format("15:04"), now.Add(after).Format("15:04"))
}

func TestChangedHoursPlanRequestsAnewAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, old)
	queued := w.request(w.create(body(201), "key"))

	a := w.setHours(aroundNow(2*time.Hour, 5*time.Hour))

	require.Equal(t, http.StatusOK, a.StatusCode, a.text)
	require.JSONEq(t, w.get("/api/v1/account").text, a.text)
	replanned := w.request(w.get("/api/v1/requests/" + queued.ID))
	require.WithinDuration(t, time.Now().Add(5*time.Hour), *replanned.StartsAt, 2*time.Minute)
	require.Contains(t, replanned.StatusDetail, "Waiting until "+replanned.StartsAt.Format("2006-01-02 15:04")+" (UTC)")
	require.Equal(t, queued.Selection, replanned.Selection)
	require.Equal(t, []string{queued.ID}, w.workflows.told)
	var untold int
	w.Scan(&untold, `SELECT count(untold_since) FROM requests`)
	require.Zero(t, untold)

	back := w.setHours(hours("UTC", "00:00", "00:01"))
	require.Equal(t, http.StatusOK, back.StatusCode, back.text)
	sooner := w.request(w.get("/api/v1/requests/" + queued.ID))
	require.True(t, sooner.StartsAt.Before(*replanned.StartsAt), "%s", sooner.StartsAt)
}

func TestARunningRequestIsPausedAndReopenedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 30)
	w.Run(id, "deleting", 3, 0)

	require.Equal(t, http.StatusOK, w.setHours(aroundNow(2*time.Hour, 5*time.Hour)).StatusCode)
	paused := w.request(w.get("/api/v1/requests/" + id))
	require.Equal(t, offhours.StatusInProgress, paused.Status)
	require.Regexp(t, `^Paused until \d{4}-\d\d-\d\d \d\d:\d\d \(UTC\) for business hours\.$`, paused.StatusDetail)

	require.Equal(t, http.StatusOK, w.setHours(aroundNow(-2*time.Hour, 5*time.Hour)).StatusCode)
	require.Contains(t, w.request(w.get("/api/v1/requests/"+id)).StatusDetail, "Deleting")
	require.Equal(t, []string{id, id}, w.workflows.told)
}

func TestAWorkflowThatCannotBeToldIsLeftToAWorker(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 30)
	w.workflows.fail = errSecret

	a := w.setHours(aroundNow(2*time.Hour, 5*time.Hour))

	require.Equal(t, http.StatusOK, a.StatusCode, a.text)
	untold, err := w.DB.Untold(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, untold, 1)
	require.Equal(t, id, untold[0].RequestID)
}

func TestWrongHoursAreRefusedByTheFieldAndChangeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Queue(201, 30)
	before := w.get("/api/v1/requests").text + w.account()
	good := hours("Europe/Berlin", "09:00", "18:00")
	changed := func(from, to string) string { return strings.Replace(good, from, to, 1) }
	const nineToSix = `[{"from": "09:00", "to": "18:00"}]`
	monday := func(to string) string { return changed(nineToSix, to) }
	for text, detail := range map[string]string{
		"":                                       "The body is missing.",
		"null":                                   "The body must be an object.",
		"[]":                                     "The body must be an object.",
		"{}":                                     "timeZone: give the name of an IANA time zone",
		changed(`"Europe/Berlin"`, `1`):          "timeZone: give the name of an IANA time zone",
		changed(`Europe/Berlin`, `Mars`):         `timeZone: "Mars" is not an IANA time zone.`,
		changed(`Europe/Berlin`, `Local`):        `timeZone: "Local" is not an IANA time zone.`,
		changed(`"businessHours"`, `"x"`):        `unknown field "x"`,
		changed(`, "holidays": []`, ``):          "holidays: give a list of dates",
		changed(`[]}`, `null}`):                  "holidays: give a list of dates",
		changed(`[]}`, `["2026-02-30"]}`):        `holidays[0]: "2026-02-30" is not a date`,
		changed(`[]}`, `["2026-02-28", 1]}`):     "holidays[1]: must be a date",
		changed(`[]}`, `[], "nextWindows": []}`): `unknown field "nextWindows"`,
		changed(`[]}`, `[], "holidays": []}`):    "holidays: this field is given twice.",
		changed(`"monday": `+nineToSix+`, `, ``): "businessHours.monday: give a list of blocks",
		`{"timeZone": "UTC", "businessHours": [], "holidays": []}`: "businessHours: give an object with a list of blocks for each of the seven days.",
		monday(`null`):                                                                      "businessHours.monday: give a list of blocks",
		monday(`["09:00-18:00"]`):                                                           `businessHours.monday[0]: must be an object`,
		monday(`[{"from": "09:00"}]`):                                                       "businessHours.monday[0].to: give a time from 00:00 to 24:00.",
		monday(`[{"from": 9, "to": 18}]`):                                                   "businessHours.monday[0].from: give a time from 00:00 to 24:00.",
		monday(`[{"from": "9:00", "to": "18:00"}]`):                                         `businessHours.monday[0].from: "9:00" is not a time from 00:00 to 24:00.`,
		monday(`[{"from": "09:00", "to": "24:01"}]`):                                        `businessHours.monday[0].to: "24:01" is not a time`,
		monday(`[{"from": "24:00", "to": "09:00"}]`):                                        "businessHours.monday[0]: from must be a time from 00:00 to 23:59.",
		monday(`[{"from": "09:00", "to": "09:00"}]`):                                        "businessHours.monday[0]: from and to are the same",
		monday(`[{"from": "09:00", "to": "18:00", "days": 1}]`):                             `unknown field "days"`,
		monday(`[` + strings.Repeat(nineToSix[1:len(nineToSix)-1]+`,`, 24) + nineToSix[1:]): "businessHours.monday: has 25 blocks",
		hours("UTC", "00:00", "24:00"):                                                      "businessHours: leave no window in the next 7 days.",
	} {
		p := w.refused(w.setHours(text), http.StatusBadRequest, offhours.CodeInvalidRequest)
		require.Contains(t, p.Detail, detail, text)
		require.NotContains(t, p.Detail, "..", text)
	}
	large := good + strings.Repeat(" ", offhours.MaxBodyBytes)
	w.refused(w.setHours(large), http.StatusRequestEntityTooLarge, offhours.CodeInvalidRequest)
	require.Equal(t, before, w.get("/api/v1/requests").text+w.account())
	require.Empty(t, w.workflows.told)
	require.Zero(t, w.Count("audit_events"))
}

// account is what is stored of the account.
func (w world) account() (text string) {
	w.T.Helper()
	w.Scan(&text, `SELECT a::text FROM accounts a WHERE id = $1`, w.Account.ID)
	return text
}

func TestAWholeYearOfHolidaysFitsIntoABody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	days := make([]string, offhours.MaxHolidays)
	for i := range days {
		days[i] = fmt.Sprintf("%q", offhours.Date{Year: 2026, Month: 1, Day: 1}.AddDays(i))
	}
	text := strings.Replace(hours("UTC", "09:00", "18:00"), "[]}", "["+strings.Join(days, ",")+"]}", 1)
	require.Equal(t, http.StatusOK, w.setHours(text).StatusCode)
	w.refused(w.setHours(strings.Replace(text, `["`, `["2025-12-25", "`, 1)), http.StatusBadRequest, offhours.CodeInvalidRequest)
}

func TestAnAccountWhoseHoursLeaveNoWindowAnyMoreCanStillBeSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec(`UPDATE accounts SET schedule = $1`, hours("UTC", "00:00", "24:00"))
	a := w.get("/api/v1/account")
	require.Equal(t, http.StatusOK, a.StatusCode, a.text)
	require.Contains(t, a.text, `"nextWindows":[]`)
}

// Hours around the clock with one holiday are accepted, and the holiday passes.
func TestNothingIsAdmittedThatNoWindowIsLeftFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, old)
	w.AddType(202, 3, old)
	first := w.request(w.create(body(201), "key"))
	w.Exec(`UPDATE accounts SET schedule = $1`, hours("UTC", "00:00", "24:00"))

	for _, a := range []answer{w.create(body(202), "another"), w.post("/api/v1/requests/preview", previewBody(202))} {
		require.Contains(t, w.refused(a, http.StatusBadRequest, offhours.CodeInvalidRequest).Detail, "no window")
	}

	again := w.create(body(201), "key")
	require.Equal(t, http.StatusOK, again.StatusCode, again.text)
	require.Equal(t, first.ID, w.request(again).ID, "an answer that was lost can still be had")
	require.Equal(t, 1, w.Count("requests"))
}
