package workflows

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

// requestKeys are those of a request in the REST contract.
var requestKeys = []string{
	"id", "activityType", "entityName", "requestType", "range", "selection", "status", "statusDetail", "records",
	"outcomes", "progress", "createdBy", "createdOn", "startsAt", "startedOn", "completedOn", "revokedBy",
	"downloadUntil", "daysLeft", "failure",
}

// requireContract tests that the query answers with exactly the contract's keys,
// and without anything that a history may not hold.
func (l *life) requireContract(status offhours.Status, phase offhours.Phase) {
	l.Helper()
	answer, err := l.env.QueryWorkflow(StatusName)
	require.NoError(l, err)
	var text json.RawMessage
	require.NoError(l, answer.Get(&text))
	var keys map[string]any
	require.NoError(l, json.Unmarshal(text, &keys))
	for _, key := range requestKeys {
		require.Contains(l, keys, key)
	}
	require.Len(l, keys, len(requestKeys))
	requireKeys(l, keys["outcomes"], "deleted", "keptChanged", "keptAttachment", "alreadyGone", "failed", "notProcessed")
	requireKeys(l, keys["progress"], "phase", "exported", "verified", "deleted", "expectedEnd", "pausedUntil", "slowedBy")
	requireKeys(l, keys["selection"], "before", "after", "until")
	require.Equal(l, string(status), keys["status"])
	require.Equal(l, string(phase), keys["progress"].(map[string]any)["phase"])
	require.Equal(l, "activity type 201", keys["entityName"], "names stay out of histories")
	require.NotEmpty(l, keys["statusDetail"])
	require.False(l, bytes.Contains(text, []byte("@")), "%s", text)
}

func requireKeys(t *life, object any, want ...string) {
	t.Helper()
	keys := []string{}
	for key := range object.(map[string]any) {
		keys = append(keys, key)
	}
	require.ElementsMatch(t, want, keys)
}

func TestTheStatusQueryKeepsItsContractInEveryState(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.takes["Schedule"], l.takes["Begin"] = time.Minute, time.Minute
	l.at(created.Add(time.Second), func() { l.requireContract(offhours.StatusInQueue, "") })
	l.at(opens.Add(-time.Second), func() { l.requireContract(offhours.StatusInQueue, "") })
	l.at(opens.Add(time.Second), func() { l.requireContract(offhours.StatusInQueue, "") })
	phases := []offhours.Phase{}
	see := func() { phases = append(phases, l.view().Progress.Phase) }
	l.plan = func(round int) ([]int, error) { return inRound1(round, 1), nil }
	l.takes["Export"], l.takes["Delete"] = time.Minute, time.Minute
	l.at(opens.Add(time.Minute+30*time.Second), func() {
		see()
		l.requireContract(offhours.StatusInProgress, offhours.PhaseExporting)
		require.Equal(t, opens.Add(time.Minute), l.view().StartedOn.UTC())
	})
	l.at(opens.Add(2*time.Minute+30*time.Second), func() {
		see()
		l.requireContract(offhours.StatusInProgress, offhours.PhaseDeleting)
		require.Equal(t, offhours.Progress{Phase: offhours.PhaseDeleting, Exported: 10, Verified: 10, SlowedBy: []offhours.SlowReason{}}, l.view().Progress)
	})
	l.takes["Finish"] = time.Minute
	l.at(opens.Add(3*time.Minute+30*time.Second), func() {
		see()
		l.requireContract(offhours.StatusInProgress, offhours.PhaseReporting)
	})
	_, err := l.run()
	require.NoError(t, err)
	l.requireContract(offhours.StatusSuccess, "")
	require.Equal(t, "30 of 30 records were deleted.", l.view().StatusDetail)
	require.Len(t, phases, 3)
	require.Equal(t, []string{"in_queue", "in_progress", "success"}, l.statuses, "phases change no search attribute")
}

func TestTheStatusQueryKeepsItsContractForFailedAndRevokedRequests(t *testing.T) {
	t.Parallel()
	failed := newLife(t)
	failed.plan = func(int) ([]int, error) { return nil, typed(offhours.MoreThanConfirmed(31, 30)) }
	_, err := failed.run()
	require.Error(t, err)
	failed.requireContract(offhours.StatusFailed, "")
	require.Equal(t, []string{"in_queue", "in_progress", "failed"}, failed.statuses)

	revoked := newLife(t)
	revoked.at(created.Add(time.Hour), func() { revoked.env.SignalWorkflow(RevokeName, nil) })
	_, err = revoked.run()
	require.NoError(t, err)
	revoked.requireContract(offhours.StatusRevoked, "")
	require.Equal(t, "support", *revoked.view().RevokedBy)
	require.Equal(t, []string{"in_queue", "revoked"}, revoked.statuses)
}

func TestTheInputHoldsNoNamesAddressesOrValues(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(newLife(t).in)
	require.NoError(t, err)
	var keys map[string]any
	require.NoError(t, json.Unmarshal(text, &keys))
	want := []string{"accountId", "requestId", "activityType", "requestType", "range", "selection", "records", "createdBy", "createdOn"}
	for _, key := range want {
		require.Contains(t, keys, key)
	}
	require.Len(t, keys, len(want))
}

func TestOperatorsReadWhatWasDeletedOfWhat(t *testing.T) {
	t.Parallel()
	require.Equal(t, "3 of 30 records were deleted.", resultDetail(activities.FinishResult{Outcomes: offhours.Outcomes{Deleted: 3}}, 30))
}

func TestNamesOfTheContract(t *testing.T) {
	t.Parallel()
	require.Equal(t, "bulk/7/"+ref.RequestID, BulkRequestID(ref))
	require.Equal(t, "mail/7/"+ref.RequestID+"/failed", NoticesID(ref, offhours.NoticeFailed))
	require.Equal(t, "revoke status BulkRequest", RevokeName+" "+StatusName+" "+BulkRequestName)
	require.Equal(t, "offhours-control offhours-bulk offhours-mail", ControlQueue+" "+BulkQueue+" "+MailQueue)
	require.Equal(t, "OffhoursAccount", AccountAttribute.GetName())
	require.Equal(t, "OffhoursActivityType", ActivityTypeAttribute.GetName())
	require.Equal(t, "OffhoursRequestType", RequestTypeAttribute.GetName())
	require.Equal(t, "OffhoursStatus", StatusAttribute.GetName())
}
