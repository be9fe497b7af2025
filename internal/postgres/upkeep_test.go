package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

func (w world) ref(id string) offhours.RequestRef {
	return offhours.RequestRef{AccountID: w.Account.ID, RequestID: id}
}

func TestOneOfManyWorkersTakesATurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	take := func(every time.Duration) map[bool]int {
		return postgrestest.AtOnce(8, func(int) bool {
			taken, err := w.DB.TakeTurn(w.T.Context(), "reconcile", every)
			return err == nil && taken
		})
	}
	require.Equal(t, map[bool]int{true: 1, false: 7}, take(time.Hour))
	require.Equal(t, map[bool]int{false: 8}, take(time.Hour), "it is not due again yet")
	w.Exec(`UPDATE turns SET begun_on = begun_on - interval '1 hour'`)
	require.Equal(t, map[bool]int{true: 1, false: 7}, take(time.Hour))
}

func TestLiveRequestsAreThoseThatTemporalIsKnownToHave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unstarted, queued, running, ended := w.Queue(201, 10), w.Queue(202, 10), w.Queue(203, 10), w.Queue(204, 10)
	require.NoError(t, w.DB.MarkWorkflowStarted(t.Context(), queued))
	w.Run(running, "deleting", 1, 0) // even if the mark was lost
	require.NoError(t, w.DB.MarkWorkflowStarted(t.Context(), ended))
	w.Revoke(ended)

	live, err := w.DB.Live(t.Context())

	require.NoError(t, err)
	statuses := map[string]offhours.Status{}
	for _, request := range live {
		require.Equal(t, w.Account.ID, request.AccountID)
		statuses[request.RequestID] = request.Status
	}
	require.Equal(t, map[string]offhours.Status{queued: offhours.StatusInQueue, running: offhours.StatusInProgress}, statuses)

	standings, err := w.DB.Standings(t.Context(), unstarted, running, ended, "my-own", "5f0c6a52-6d7e-4c1e-9a54-0d8d7c1b2a3e")
	require.NoError(t, err)
	require.Len(t, standings, 3)
	require.Equal(t, offhours.StatusRevoked, standings[ended].Status)
	require.InDelta(t, 10, standings[running].For.Minutes(), 1, "since it began")
	require.Less(t, standings[ended].For, time.Minute, "since it ended")
}

func TestAFenceWithAFailureTakesARequestOutOfTheQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, 40*day)
	r := w.mustAdmit(draft(201))
	ref := w.ref(r.ID)
	require.NoError(t, w.DB.Fence(t.Context(), ref, nil))
	require.Equal(t, offhours.StatusInQueue, w.request(r.ID).Status, "without a failure there is nothing to end")

	require.NoError(t, w.DB.Fence(t.Context(), ref, offhours.Terminated()))

	status, err := w.DB.Revoke(t.Context(), ref, "support", "")
	require.NoError(t, err)
	require.Equal(t, offhours.StatusInProgress, status, "it is too late to revoke")
	w.refused(offhours.CodeDuplicateRequest, draft(201))
	require.NoError(t, w.DB.RecordReport(t.Context(), ref, offhours.Stored{Key: "report"}))
	account, err := w.DB.Finish(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, offhours.StatusFailed, account.Status)
	require.Equal(t, offhours.Outcomes{NotProcessed: 3}, account.Outcomes)
	ended := w.request(r.ID)
	require.Equal(t, offhours.FailureTerminated, ended.Failure.Code)
	var audited string
	w.Scan(&audited, `SELECT detail->>'failure' FROM audit_events WHERE action = 'failed'`)
	require.Equal(t, "terminated", audited)
	w.mustAdmit(draft(201)) // the type is free
}

// Of a revoke and the end by the reconciler one wins.
func TestARevokedRequestIsNotFenced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 10)
	w.Revoke(id)
	require.NoError(t, w.DB.Fence(t.Context(), w.ref(id), offhours.Terminated()))
	require.Equal(t, offhours.StatusRevoked, w.request(id).Status)
}

const rest = 2 * time.Hour

// ends ends a request of a kind in a way, created and ended so long ago.
func (w world) ends(code int, kind offhours.RequestType, way string, created, ended time.Duration) string {
	w.T.Helper()
	id := w.Queue(code, 20)
	w.Retype(id, kind)
	switch way {
	case "in_queue":
		return id
	case "revoked":
		w.Revoke(id)
	default:
		w.Run(id, "deleting", 2, 5)
	}
	switch way {
	case "success":
		w.End(id, "success", 20)
	case "failed":
		w.End(id, "failed", 10)
	case "failed untouched":
		w.End(id, "failed", 0)
	}
	w.Age(id, created.String())
	w.Exec(`UPDATE requests SET completed_on = completed_on - $2::interval WHERE id = $1`, id, ended)
	return id
}

func (w world) purgeable() (ids []string) {
	w.T.Helper()
	var last offhours.Purgeable
	for {
		found, err := w.DB.Purgeable(w.T.Context(), rest, last, 3)
		require.NoError(w.T, err)
		if len(found) == 0 {
			return ids
		}
		for _, last = range found {
			ids = append(ids, last.RequestID)
		}
	}
}

// The database's rule is the domain's: what may be downloaded is never purged,
// and everything else of a request that ended is.
func TestWhatIsPurgedIsWhatNobodyMayDownload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var want, names []string
	byID, code := map[string]string{}, 300
	for _, kind := range []offhours.RequestType{offhours.ExportAndDelete, offhours.DeleteOnly} {
		for _, way := range []string{"in_queue", "in_progress", "revoked", "success", "failed", "failed untouched"} {
			for _, created := range []time.Duration{3 * time.Hour, 29*day + 23*time.Hour, 30 * day, 31 * day} {
				for _, ended := range []time.Duration{time.Hour, rest} {
					code++
					id := w.ends(code, kind, way, created, ended)
					request := w.request(id)
					byID[id] = fmt.Sprintf("%s %s, created %s and ended %s ago", kind, way, created, ended)
					if request.Status.Ended() && ended >= rest && (!request.KeepsFiles() || *request.DaysLeft == 0) {
						want = append(want, byID[id])
					}
				}
			}
		}
	}

	for _, id := range w.purgeable() {
		names = append(names, byID[id])
	}

	require.NotEmpty(t, want)
	require.ElementsMatch(t, want, names)
}

func TestAPurgedRequestIsNotPurgedAgainAndKeepsItsReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.ends(201, offhours.ExportAndDelete, "success", 31*day, 3*time.Hour)
	_, _, err := w.DB.Files(t.Context(), w.Account.ID, id)
	require.Equal(t, offhours.CodeExportExpired, codeOf(err), "on time, even if the purge is late")
	require.NoError(t, w.DB.RecordPace(t.Context(), w.ref(id), offhours.Pace{Share: .5, SlowedBy: []offhours.SlowReason{}}))

	for range 2 {
		require.NoError(t, w.DB.MarkPurged(t.Context(), w.ref(id), 5))
	}

	require.Empty(t, w.purgeable())
	_, _, err = w.DB.Files(t.Context(), w.Account.ID, id)
	require.Equal(t, offhours.CodeExportExpired, codeOf(err))
	report, _, err := w.DB.Report(t.Context(), w.Account.ID, id)
	require.NoError(t, err)
	require.Equal(t, "report", report.Key)
	var purges int
	w.Scan(&purges, `SELECT count(*) FROM audit_events WHERE action = 'purged' AND detail->>'files' = '5'`)
	require.Equal(t, 1, purges)
	require.Zero(t, w.Count("paces"))
}

func TestOnlyWhatHasEndedCanBeMarkedAsPurged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 20)
	w.Run(id, "deleting", 2, 5)
	require.NoError(t, w.DB.MarkPurged(t.Context(), w.ref(id), 5))
	var purged bool
	w.Scan(&purged, `SELECT purged_on IS NOT NULL FROM requests`)
	require.False(t, purged)
	_, err := w.Conn.Exec(t.Context(), `UPDATE requests SET purged_on = now()`)
	require.ErrorContains(t, err, "purged_after_the_end")
}
