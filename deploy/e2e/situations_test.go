//go:build unix

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"go.temporal.io/sdk/client"

	"github.com/offhours/offhours"
)

const (
	fewRecords = 500
	twoParts   = 20_000
	threeParts = 30_000
	fiveParts  = 50_000
)

// player plays situations, one after another, each with an activity type of its
// own. The world's request is the one of the situation that is played, and played
// is the id of its workflow.
type player struct {
	*world
	worker *process
	bea    admin // whose account is closed
	played string
}

func (p *player) success(t *testing.T, name string) {
	p.ask(t, p.admin, name, twoParts, offhours.ExportAndDelete)
	p.admin.ended(t, p.request.ID, offhours.StatusSuccess)
}

func (p *player) deleteOnly(t *testing.T, name string) {
	p.ask(t, p.admin, name, twoParts, offhours.DeleteOnly)
	p.admin.ended(t, p.request.ID, offhours.StatusSuccess)
}

func (p *player) revokedBySignal(t *testing.T, name string) {
	p.asked(t, name)
	if err := p.temporal.SignalWorkflow(t.Context(), p.played, "", "revoke", map[string]string{"by": "support", "reason": "asked for"}); err != nil {
		t.Fatal(err)
	}
	p.bea.ended(t, p.request.ID, offhours.StatusRevoked)
}

func (p *player) revokedByUpdate(t *testing.T, name string) {
	p.asked(t, name)
	status, body := p.bea.send(t, http.MethodPost, p.bea.base+"/api/v1/requests/"+p.request.ID+"/revoke", nil)
	if status != http.StatusOK {
		t.Fatalf("revoke: %d %s", status, body)
	}
	p.bea.ended(t, p.request.ID, offhours.StatusRevoked)
}

func (p *player) cancelledInQueue(t *testing.T, name string) {
	p.asked(t, name)
	p.temporal.cancel(t, p.played)
	p.bea.ended(t, p.request.ID, offhours.StatusRevoked)
}

// pausedTwice pauses between two parts that are exported, and once more in the
// middle of the delete.
func (p *player) pausedTwice(t *testing.T, name string) {
	p.ask(t, p.admin, name, fiveParts, offhours.ExportAndDelete)
	p.worker.freezeWhen(t, "some parts are exported, and some nobody has begun", func() bool { return p.midExport(t) })
	p.setHours(t, p.admin, -4, 4)
	p.worker.thaw(t)
	eventually(t, "the export pauses", func() bool { return p.pauseShown(t) })
	p.setHours(t, p.admin, 8, 16)
	eventually(t, "a part of the records is deleted", func() bool { return p.partlyDeleted(t) })
	p.setHours(t, p.admin, -4, 4)
	eventually(t, "the delete pauses", func() bool { return p.pauseShown(t) })
	p.setHours(t, p.admin, 8, 16)
	p.admin.ended(t, p.request.ID, offhours.StatusSuccess)
}

// failedInPlan finds more records than were confirmed.
func (p *player) failedInPlan(t *testing.T, name string) {
	p.worker.signal(t, syscall.SIGSTOP)
	p.ask(t, p.admin, name, fewRecords, offhours.ExportAndDelete)
	p.db.execute(t, `INSERT INTO records (account_id, id, type_code, created_on, modified_on)
		VALUES ($1, gen_random_uuid(), $2, now() - interval '90 days', now() - interval '90 days')`, openAccount, p.code)
	p.worker.thaw(t)
	p.admin.ended(t, p.request.ID, offhours.StatusFailed)
}

// failedInExport finds the table changed between two parts.
func (p *player) failedInExport(t *testing.T, name string) {
	p.ask(t, p.admin, name, fiveParts, offhours.ExportAndDelete)
	p.worker.freezeWhen(t, "some parts are exported, and some nobody has begun", func() bool { return p.midExport(t) })
	changed := make(chan error, 1)
	go func() { // waits for the parts under way
		_, err := p.db.Exec(t.Context(), "ALTER TABLE records ADD COLUMN surprise text")
		changed <- err
	}()
	eventually(t, "the change waits in line, or is done", func() bool {
		return p.db.count(t, "SELECT count(*) FROM pg_locks WHERE relation = 'records'::regclass AND mode = 'AccessExclusiveLock'")+
			p.db.count(t, "SELECT count(*) FROM pg_attribute WHERE attrelid = 'records'::regclass AND attname = 'surprise'") > 0
	})
	p.worker.thaw(t)
	p.admin.ended(t, p.request.ID, offhours.StatusFailed)
	if err := <-changed; err != nil {
		t.Fatal(err)
	}
	p.db.execute(t, "ALTER TABLE records DROP COLUMN surprise")
}

// failedInDelete finds a verified file changed before its part is deleted.
func (p *player) failedInDelete(t *testing.T, name string) {
	p.ask(t, p.admin, name, threeParts, offhours.ExportAndDelete)
	p.worker.freezeWhen(t, "a part of the records is deleted", func() bool { return p.partlyDeleted(t) })
	files, err := filepath.Glob(filepath.Join(p.bucket(), "exports", "*", p.request.ID, "*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the export has %d files, %v", len(files), err)
	}
	for _, file := range files {
		if err := os.Truncate(file, 1); err != nil {
			t.Fatal(err)
		}
	}
	p.worker.thaw(t)
	p.admin.ended(t, p.request.ID, offhours.StatusFailed)
}

func (p *player) cancelledInDelete(t *testing.T, name string) {
	p.ask(t, p.admin, name, twoParts, offhours.ExportAndDelete)
	p.worker.freezeWhen(t, "a part of the records is deleted", func() bool { return p.partlyDeleted(t) })
	p.temporal.cancel(t, p.played)
	p.worker.thaw(t)
	p.admin.ended(t, p.request.ID, offhours.StatusFailed)
}

// closed ends a request whose workflow an operator has terminated.
func (p *player) closed(t *testing.T, name string) {
	p.ask(t, p.admin, name, twoParts, offhours.ExportAndDelete)
	p.worker.freezeWhen(t, "a part of the records is deleted", func() bool { return p.partlyDeleted(t) })
	if err := p.temporal.TerminateWorkflow(t.Context(), p.played, "", "by mistake"); err != nil {
		t.Fatal(err)
	}
	p.worker.thaw(t)
	p.starter(t, codeDone, nil, "reconcile")
	p.admin.ended(t, p.request.ID, offhours.StatusFailed)
	p.played = strings.Replace(p.played, "bulk/", "close/", 1)
}

// purge removes an export that nobody may download any more.
func (p *player) purge(t *testing.T, _ string) {
	run, err := p.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "purge-now", TaskQueue: "offhours-control"}, "PurgeExports")
	if err != nil {
		t.Fatal(err)
	}
	p.played = run.GetID()
}

// ask creates a request for records that are generated for it.
func (p *player) ask(t *testing.T, who admin, situation string, records int, requestType offhours.RequestType) {
	t.Helper()
	account := openAccount
	if who == p.bea {
		account = closedAccount
	}
	p.run(t, "load", "generate", "--account", strconv.Itoa(account), "--type", situation, "--records", strconv.Itoa(records))
	p.code = who.typeCode(t, situation)
	p.request = who.create(t, p.code, requestType)
	p.played = workflowID(account, p.request.ID)
}

// asked creates a request of the closed account, and waits until it waits.
func (p *player) asked(t *testing.T, situation string) {
	t.Helper()
	p.ask(t, p.bea, situation, fewRecords, offhours.ExportAndDelete)
	eventually(t, "the request waits in the queue", func() bool {
		answer, err := p.temporal.QueryWorkflow(t.Context(), p.played, "", "status")
		if err != nil {
			return false // no worker has it yet
		}
		var request offhours.Request
		if err := answer.Get(&request); err != nil {
			t.Fatal(err)
		}
		return request.StartsAt != nil
	})
}

// midExport reports whether parts are exported and at least one has not begun:
// two are under way at a time.
func (p *player) midExport(t *testing.T) bool {
	t.Helper()
	return p.db.parts(t, p.request.ID, "exported", "verified") > 0 && p.db.parts(t, p.request.ID, "planned") > 2
}
