package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func (w world) request(id string) offhours.Request {
	w.T.Helper()
	r, err := w.DB.Request(w.T.Context(), w.Account.ID, id)
	require.NoError(w.T, err)
	return r
}

func TestARequestThatDoesNotExistIsNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{"", "1", "not a uuid", uuid.NewString(), "{" + uuid.NewString() + "}", "urn:uuid:" + uuid.NewString()} {
		_, err := w.DB.Request(t.Context(), w.Account.ID, id)
		require.Truef(t, offhours.Is(err, offhours.CodeNotFound), "%q: %v", id, err)
	}
}

func TestRequestsAreListedNewestFirstAndByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var ids []string
	for code := range 17 {
		ids = append(ids, w.Queue(201+code, 10+code))
	}

	first, total, err := w.DB.Requests(t.Context(), w.Account.ID, offhours.RequestQuery{})
	require.NoError(t, err)
	require.Equal(t, 17, total)
	require.Len(t, first, 15)
	require.Equal(t, ids[16], first[0].ID)
	second, total, err := w.DB.Requests(t.Context(), w.Account.ID, offhours.RequestQuery{Page: 2, PageSize: 15})
	require.NoError(t, err)
	require.Equal(t, 17, total)
	require.Equal(t, []string{ids[1], ids[0]}, []string{second[0].ID, second[1].ID})
	beyond, total, err := w.DB.Requests(t.Context(), w.Account.ID, offhours.RequestQuery{Page: 1 << 40, PageSize: 100})
	require.NoError(t, err)
	require.Equal(t, 17, total)
	require.Empty(t, beyond)
}

func TestRequestsAreFilteredAndSorted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b, c := w.Queue(201, 30), w.Queue(202, 10), w.Queue(203, 20)
	w.AddUser(w.Account.ID, "second@acme.example", offhours.RoleAdministrator)
	w.Exec(`ALTER TABLE requests DISABLE TRIGGER requests_guard`)
	w.Exec(`UPDATE requests SET request_type = 'delete_only' WHERE id = $1`, b)
	w.Exec(`UPDATE requests SET created_by = (SELECT id FROM users WHERE email = 'second@acme.example'), entity_name = 'Visit' WHERE id = $1`, b)
	w.Exec(`UPDATE requests SET entity_name = 'Call', status = 'revoked', revoked_by = 'x', completed_on = now(), not_processed = records WHERE id = $1`, a)

	for name, test := range map[string]struct {
		query offhours.RequestQuery
		want  []string
	}{
		"by status":           {offhours.RequestQuery{Status: offhours.StatusRevoked}, []string{a}},
		"by type":             {offhours.RequestQuery{ActivityType: 203}, []string{c}},
		"by request type":     {offhours.RequestQuery{RequestType: offhours.DeleteOnly}, []string{b}},
		"by creator":          {offhours.RequestQuery{CreatedBy: "SECOND@acme.example"}, []string{b}},
		"oldest first":        {offhours.RequestQuery{Sort: "createdOn"}, []string{a, b, c}},
		"newest first":        {offhours.RequestQuery{Sort: "-createdOn"}, []string{c, b, a}},
		"fewest records":      {offhours.RequestQuery{Sort: "records"}, []string{b, c, a}},
		"most records":        {offhours.RequestQuery{Sort: "-records"}, []string{a, c, b}},
		"by name":             {offhours.RequestQuery{Sort: "entityName"}, []string{a, c, b}},
		"by name, last first": {offhours.RequestQuery{Sort: "-entityName"}, []string{b, c, a}},
		"request type up":     {offhours.RequestQuery{Sort: "requestType"}, []string{b, c, a}},
		"request type down":   {offhours.RequestQuery{Sort: "-requestType"}, []string{c, a, b}},
		"creator up":          {offhours.RequestQuery{Sort: "createdBy"}, []string{c, a, b}},
		"creator down":        {offhours.RequestQuery{Sort: "-createdBy"}, []string{b, c, a}},
		"status up":           {offhours.RequestQuery{Sort: "status"}, []string{c, b, a}},
		"status down":         {offhours.RequestQuery{Sort: "-status"}, []string{a, c, b}},
	} {
		got, total, err := w.DB.Requests(t.Context(), w.Account.ID, test.query)
		require.NoError(t, err, name)
		require.Equal(t, len(test.want), total, name)
		var ids []string
		for _, r := range got {
			ids = append(ids, r.ID)
		}
		require.Equal(t, test.want, ids, name)
	}
}

func TestProgressComesFromTheParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 40)
	w.Run(id, "deleting", 4, 5)
	w.Exec(`UPDATE requests SET window_close = now() + interval '1 hour'`)

	r := w.request(id)

	require.Equal(t, offhours.StatusInProgress, r.Status)
	require.Equal(t, "Deleting: 20 of 40 records are deleted.", r.StatusDetail)
	require.Equal(t, offhours.Outcomes{Deleted: 20}, r.Outcomes)
	require.Equal(t, [3]int{40, 40, 20}, [3]int{r.Progress.Exported, r.Progress.Verified, r.Progress.Deleted})
	require.Equal(t, offhours.PhaseDeleting, r.Progress.Phase)
	// Two thirds of the work took ten minutes.
	require.WithinDuration(t, r.StartedOn.Add(15*time.Minute), *r.Progress.ExpectedEnd, 10*time.Second)
	require.Nil(t, r.Failure)
}

func TestNoEndIsPromisedThatCannotBeKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 40)
	require.Nil(t, w.request(id).Progress.ExpectedEnd, "In Queue")

	w.Run(id, "deleting", 4, 5)
	w.Exec(`UPDATE requests SET window_close = now() + interval '1 minute'`)
	require.Nil(t, w.request(id).Progress.ExpectedEnd, "a pause will come between")

	w.Exec(`UPDATE requests SET window_close = now() + interval '1 hour', paused_until = now() + interval '1 minute'`)
	paused := w.request(id)
	require.Nil(t, paused.Progress.ExpectedEnd)
	require.WithinDuration(t, time.Now().Add(time.Minute), *paused.Progress.PausedUntil, 10*time.Second)
	require.Equal(t, time.UTC, paused.Progress.PausedUntil.Location())
	require.Regexp(t, `^Paused until .* \(UTC\) for business hours\.$`, paused.StatusDetail)

	w.Exec(`UPDATE requests SET paused_until = now() - interval '1 second'`)
	over := w.request(id)
	require.Nil(t, over.Progress.PausedUntil, "the window is open")
	require.Contains(t, over.StatusDetail, "Deleting")

	w.Exec(`UPDATE requests SET paused_until = NULL, phase = 'reporting'`)
	require.Nil(t, w.request(id).Progress.ExpectedEnd)
	require.Equal(t, "Writing the report.", w.request(id).StatusDetail)
}

func TestAnEndedRequestSaysWhatBecameOfItsRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 40)
	w.Run(id, "deleting", 4, 5)
	w.End(id, "failed", 20)
	w.Exec(`UPDATE requests SET paused_until = now() + interval '1 hour'`) // by an attempt that came too late

	r := w.request(id)

	require.Equal(t, offhours.StatusFailed, r.Status)
	require.Equal(t, "3 records are locked.", r.StatusDetail)
	require.Equal(t, &offhours.Failure{Code: offhours.FailureIncomplete, Detail: "3 records are locked."}, r.Failure)
	require.Equal(t, offhours.Outcomes{Deleted: 20, NotProcessed: 20}, r.Outcomes)
	require.True(t, r.Outcomes.Balanced(r.Records))
	require.Empty(t, r.Progress.Phase)
	require.Nil(t, r.Progress.PausedUntil)
	require.NotNil(t, r.DaysLeft, "it may be the only copy")
}

func TestMarkWorkflowStartedKeepsTheFirstTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 1)
	var first, again time.Time
	require.NoError(t, w.DB.MarkWorkflowStarted(t.Context(), id))
	w.Scan(&first, `SELECT workflow_started_on FROM requests`)
	require.NoError(t, w.DB.MarkWorkflowStarted(t.Context(), id))
	w.Scan(&again, `SELECT workflow_started_on FROM requests`)
	require.Equal(t, first, again)
}
