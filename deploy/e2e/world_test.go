//go:build unix

package e2e

import (
	"maps"
	"testing"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
)

// world is a stack whose api and worker the test starts itself, with records in
// the open account and, later, one request of theirs.
type world struct {
	*stack
	proof
	temporal temporal
	code     int // of the documents type
	request  offhours.Request
}

// startWorld starts the servers and brings the records in.
func startWorld(t *testing.T, records int) *world {
	t.Helper()
	w := &world{stack: startStack(t, onlyServers)}
	w.loadAccounts(t)
	w.account = openAccount
	w.db, w.temporal = w.database(t), w.stack.temporal(t)
	w.db.witness(t)
	if records > 0 {
		w.generate(t, openAccount, records)
	}
	return w
}

// startAPI starts the API, waits until it listens, and signs in.
func (w *world) startAPI(t *testing.T, differs map[string]string) {
	t.Helper()
	environment := map[string]string{"OFFHOURS_LOG_LEVEL": "WARN"} // the tests ask often
	maps.Copy(environment, differs)
	api := w.program(t, "api", environment)
	eventually(t, "the API listens", func() bool {
		if !api.Runs() {
			t.Fatalf("the API ended:\n%s", rig.Tail(api.Log))
		}
		return w.answers(t, "/healthz")
	})
	w.admin = w.signIn(t, ada)
}

// create creates a request for the generated records.
func (w *world) create(t *testing.T, requestType offhours.RequestType) {
	t.Helper()
	w.code = w.admin.typeCode(t, documents)
	w.before = w.db.records(t, openAccount, w.code)
	w.request = w.admin.create(t, w.code, requestType)
}

// edit changes some of the records: they have to stay.
func (w *world) edit(t *testing.T, n int) {
	t.Helper()
	w.edited = w.db.edit(t, openAccount, w.code, n)
	if len(w.edited) == 0 {
		t.Fatal("no record was left to be edited")
	}
}

// succeeds waits for the request's success and proves its accounts.
func (w *world) succeeds(t *testing.T) {
	t.Helper()
	w.checks(t, w.admin.ended(t, w.request.ID, offhours.StatusSuccess))
}

func (w *world) workflow() string { return workflowID(openAccount, w.request.ID) }

// slowly lets batches pause, so that a delete can be stopped in its middle: in two
// parts at a time it deletes 10,000 records a second.
func (w *world) slowly(t *testing.T) {
	t.Helper()
	w.starter(t, codeDone, nil, "limits", "set", "pause_ms=200", "--by", "e2e")
}

// partlyExported reports whether some parts are exported and some are not.
func (w *world) partlyExported(t *testing.T) bool {
	t.Helper()
	return w.db.parts(t, w.request.ID, "exported", "verified") > 0 && w.db.parts(t, w.request.ID, "planned") > 0
}

// partlyDeleted reports whether some records are deleted and some are not.
func (w *world) partlyDeleted(t *testing.T) bool {
	t.Helper()
	deleted := w.db.deleted(t, w.request.ID)
	return 0 < deleted && deleted < w.request.Records-len(w.edited)
}
