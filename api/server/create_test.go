package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

const old = 40 * postgrestest.Day

func TestAPreviewShowsWhatWouldHappen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, old)

	a := w.post("/api/v1/requests/preview", previewBody(201))

	require.Equal(t, http.StatusOK, a.StatusCode, a.text)
	require.Contains(t, a.text, `"records":3,"recordsAfter":0,"recordsBefore":3,"refusal":null,"selection":{"before":"`)
	require.Contains(t, a.text, `"after":null,"until":null}`)
	refused := w.post("/api/v1/requests/preview", previewBody(999))
	require.Equal(t, http.StatusOK, refused.StatusCode)
	require.Contains(t, refused.text, `"refusal":{"code":"unknown_activity_type","detail":"This account`)
	w.refused(w.post("/api/v1/requests/preview", body(201)), http.StatusBadRequest, offhours.CodeInvalidRequest) // confirmed is not its field
}

func TestACreatedRequestIsStartedAndCanBeFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, old)

	a := w.create(body(201), "key, with %41 and spaces")

	require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
	r := w.request(a)
	require.Equal(t, "/api/v1/requests/"+r.ID, a.Header.Get("Location"))
	require.Equal(t, offhours.StatusInQueue, r.Status)
	require.Equal(t, []string{r.ID}, w.workflows.started)
	var started bool
	w.Scan(&started, `SELECT workflow_started_on IS NOT NULL FROM requests`)
	require.True(t, started)
	var key string
	w.Scan(&key, `SELECT idempotency_key FROM requests`)
	require.Equal(t, "key, with %41 and spaces", key)
	followed := w.get(a.Header.Get("Location"))
	require.Equal(t, http.StatusOK, followed.StatusCode)
	require.Equal(t, r, w.request(followed))
}

func TestARequestIsCreatedEvenIfItsWorkflowCannotBeStarted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, old)
	w.workflows.fail = errSecret

	a := w.create(body(201), "key")

	require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
	var unstarted int
	w.Scan(&unstarted, `SELECT count(*) FROM requests WHERE status = 'in_queue' AND workflow_started_on IS NULL`)
	require.Equal(t, 1, unstarted)
	require.Contains(t, w.log.String(), "a worker will")
}

func TestTheSameKeyAndBodyAnswerTheSameRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, old)
	first := w.request(w.create(body(201), "key"))

	again := w.create(` { "range":{"days":30.0e0},"confirmed":true,"requestType":"export_and_delete","activityType":201}`, "key")
	w.refused(again, http.StatusBadRequest, offhours.CodeInvalidRequest) // 30.0e0 is no whole number to Go
	again = w.create(` { "range":{"days":30},"confirmed":true,"requestType":"export_and_delete","activityType":201}`, "key")
	require.Equal(t, http.StatusOK, again.StatusCode, again.text)
	require.Equal(t, first.ID, w.request(again).ID)
	require.Len(t, w.workflows.started, 1)
	other := w.create(strings.Replace(body(201), "30", "31", 1), "key")
	w.refused(other, http.StatusConflict, offhours.CodeIdempotencyConflict)
}

func TestACreateThatIsRepeatedAtOnceMakesOneRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, old)

	answers := postgrestest.AtOnce(20, func(int) answered {
		a := w.create(body(201), "key")
		return answered{a.StatusCode, w.request(a).ID}
	})

	require.Len(t, answers, 2)
	var id string
	w.Scan(&id, `SELECT id FROM requests`)
	require.Equal(t, 1, answers[answered{http.StatusCreated, id}])
	require.Equal(t, 19, answers[answered{http.StatusOK, id}])
	require.Len(t, w.workflows.started, 1)
}

type answered struct {
	status int
	id     string
}

func TestAKeyIsOfAnAccountAndOutlivesItsRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, old)
	first := w.request(w.create(body(201), "key"))
	globex := w.NewAccount("Globex", "admin@globex.example")
	globex.AddType(201, 3, old)
	theirs := call{method: "POST", path: "/api/v1/requests", body: body(201), header: bearer(w.issuer.Token(t, "admin@globex.example"))}
	a := w.do(theirs.with(http.Header{"Idempotency-Key": {"key"}}))
	require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
	require.NotEqual(t, first.ID, w.request(a).ID)

	w.Revoke(first.ID)
	again := w.create(body(201), "key")
	require.Equal(t, http.StatusOK, again.StatusCode, "whoever repeats a call must not create another request")
	require.Equal(t, offhours.StatusRevoked, w.request(again).Status)
	w.AddUser(w.Account.ID, "second@acme.example", offhours.RoleAdministrator)
	second := call{method: "POST", path: "/api/v1/requests", body: body(201), header: bearer(w.issuer.Token(t, "second@acme.example"))}
	require.Equal(t, http.StatusOK, w.do(second.with(http.Header{"Idempotency-Key": {"key"}})).StatusCode, "a key is the account's, not the user's")
	require.Equal(t, http.StatusCreated, w.create(body(201), "another").StatusCode)
}

func TestEachRefusalHasItsStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, old)
	w.AddTypes(202, 1, offhours.MaxRecordsPerRequest+1, old)
	w.AddType(203, 0, 0)
	w.AddType(204, 1, old)
	w.Queue(201, 200_000)
	for code := range 4 {
		w.Queue(301+code, 200_000)
	}
	for _, test := range []struct {
		body   string
		status int
		code   offhours.Code
		detail string
	}{
		{body(999), 422, offhours.CodeUnknownActivityType, "999"},
		{body(99999999999), 422, offhours.CodeUnknownActivityType, "99999999999"},
		{strings.Replace(body(204), "true", "false", 1), 422, offhours.CodeNotConfirmed, "confirmed"},
		{body(201), 409, offhours.CodeDuplicateRequest, "Another request for the same Activity Type already exists."},
		{body(203), 422, offhours.CodeNothingToDo, "No activities"},
		{body(202), 422, offhours.CodeRequestTooLarge, "200001"},
		{body(204), 409, offhours.CodeQueueFull, "Multiple requests to export and delete data are in queue. Please wait till the existing requests are processed."},
	} {
		p := w.refused(w.create(test.body, uuid.NewString()), test.status, test.code)
		require.Contains(t, p.Detail, test.detail)
	}
	require.Empty(t, w.workflows.started)
}

func TestAHundredCreatesOfOneTypeOverHTTPMakeOneRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 10, old)

	statuses := postgrestest.AtOnce(100, func(int) int { return w.create(body(201), uuid.NewString()).StatusCode })

	require.Equal(t, map[int]int{http.StatusCreated: 1, http.StatusConflict: 99}, statuses)
	require.Equal(t, 1, w.Count("requests"))
	require.Len(t, w.workflows.started, 1)
}

func TestAHundredCreatesOfTenThousandOverHTTPFillTheQueueExactly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for code, records := range []int{200_000, 200_000, 200_000, 200_000, 150_000} {
		w.Queue(301+code, records)
	}
	w.AddTypes(1001, 100, 10_000, old)

	statuses := postgrestest.AtOnce(100, func(i int) int { return w.create(body(1001+i), fmt.Sprint("key ", i)).StatusCode })

	require.Equal(t, map[int]int{http.StatusCreated: 5, http.StatusConflict: 95}, statuses)
	var queued int
	w.Scan(&queued, `SELECT sum(records) FROM requests`)
	require.Equal(t, offhours.MaxQueuedRecords, queued)
	require.Len(t, w.workflows.started, 5)
}
