//go:build unix

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"

	"github.com/offhours/offhours"
)

// deliversOnce ends the workflows of all mails, of which none was sent so far,
// before a worker comes that could send them.
func (p *player) deliversOnce(t *testing.T, requests ...offhours.Request) {
	t.Helper()
	mails := 0
	for i, r := range requests {
		account := map[bool]string{true: "mail/2/", false: "mail/1/"}[i < 2]
		p.temporal.terminate(t, account+r.ID+"/created")
		p.temporal.forget(t, account+r.ID+"/failed")
		mails += 2
	}
	p.db.execute(t, "UPDATE notices SET created_on = created_on - interval '2 minutes'")
	ofThem := func(state string) int {
		ids := make([]string, len(requests))
		for i, r := range requests {
			ids[i] = r.ID
		}
		return p.db.count(t, "SELECT count(*) FROM notices WHERE state = $1 AND request_id = ANY($2::uuid[])", state, ids)
	}
	if pending := ofThem("pending"); pending != mails {
		t.Fatalf("%d mails are pending, want %d", pending, mails)
	}
	p.reconcilesSoon(t)
	p.program(t, "worker", nil, "--queues", "mail")
	eventually(t, "all mails are sent", func() bool { return ofThem("sent") == mails })
	for _, r := range requests {
		if sent := p.mailsAbout(t, r.ID); sent != 2 {
			t.Errorf("%d mails went out about request %s, want 2", sent, r.ID)
		}
	}
}

// mailsAbout counts the mails that name a request.
func (s *stack) mailsAbout(t *testing.T, request string) (n int) {
	t.Helper()
	mails, _ := filepath.Glob(filepath.Join(s.folder, "mail", "*.eml"))
	for _, mail := range mails {
		text, err := os.ReadFile(mail)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), request) {
			n++
		}
	}
	return n
}

// purges lets the time for downloading pass, and has the schedule do its work.
func (p *player) purges(t *testing.T, r offhours.Request) {
	t.Helper()
	folder := filepath.Join(p.bucket(), "exports", "1", r.ID)
	p.db.execute(t, "ALTER TABLE requests DISABLE TRIGGER requests_guard")
	p.db.execute(t, "UPDATE requests SET created_on = created_on - interval '31 days', sel_before = sel_before - interval '31 days', completed_on = completed_on - interval '3 hours' WHERE id = $1", r.ID)
	p.db.execute(t, "ALTER TABLE requests ENABLE TRIGGER requests_guard")
	expired := func() {
		if status, code := p.admin.refused(t, http.MethodGet, "requests/"+r.ID+"/files"); status != http.StatusGone || code != offhours.CodeExportExpired {
			t.Errorf("the files of an expired export are answered with %d %s", status, code)
		}
	}
	if expired(); len(filesIn(t, folder)) == 0 {
		t.Fatal("nothing is left to be purged")
	}

	schedule := p.temporal.ScheduleClient().GetHandle(t.Context(), "offhours-purge")
	if err := schedule.Trigger(t.Context(), client.ScheduleTriggerOptions{}); err != nil {
		t.Fatal(err)
	}

	eventually(t, "the export is purged", func() bool {
		return p.db.count(t, "SELECT count(*) FROM requests WHERE purged_on IS NOT NULL AND id = $1", r.ID) == 1
	})
	if left := filesIn(t, folder); len(left) > 0 {
		t.Errorf("the purge left %v", left)
	}
	expired()
	if reported := p.admin.reported(t, r.ID); len(reported[offhours.OutcomeDeleted]) != r.Outcomes.Deleted {
		t.Errorf("the report says that %d records were deleted, want %d", len(reported[offhours.OutcomeDeleted]), r.Outcomes.Deleted)
	}
}

func filesIn(t *testing.T, folder string) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return entries
}
