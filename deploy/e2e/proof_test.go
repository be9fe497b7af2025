//go:build unix

package e2e

import (
	"testing"
	"time"

	"github.com/offhours/offhours"
)

// proof compares what a request says became of its records with what did.
type proof struct {
	db      database
	admin   admin
	account int
	before  map[string]time.Time // all records of the type when it was created
	edited  map[string]time.Time // those that users changed since
}

// checks proves the accounts of a request that ended.
func (p proof) checks(t *testing.T, r offhours.Request) {
	t.Helper()
	now := p.db.records(t, p.account, r.ActivityType)
	gone := without(p.before, now)
	if new := without(now, p.before); len(new) > 0 {
		t.Errorf("%d records appeared", len(new))
	}
	if !r.Outcomes.Balanced(r.Records) {
		t.Errorf("outcomes %+v do not add up to %d records", r.Outcomes, r.Records)
	}
	if r.Status == offhours.StatusSuccess && !r.Outcomes.Complete(r.Records) {
		t.Errorf("a success left records out: %+v", r.Outcomes)
	}
	if len(gone) != r.Outcomes.Deleted || p.db.deleted(t, r.ID) != r.Outcomes.Deleted {
		t.Errorf("%d records are gone and batches say %d, want %d as the request says", len(gone), p.db.deleted(t, r.ID), r.Outcomes.Deleted)
	}
	p.checksSelection(t, r, gone)
	p.checksWitness(t, r, gone)
	p.checksArchive(t, r, gone)
	p.checksReport(t, r, gone)
}

// checksSelection proves that nothing went that was not selected, and nothing
// that was edited.
func (p proof) checksSelection(t *testing.T, r offhours.Request, gone map[string]time.Time) {
	t.Helper()
	selected := 0
	for id, modified := range p.before {
		if r.Selection.Contains(modified) {
			selected++
		} else if _, deleted := gone[id]; deleted {
			t.Errorf("record %s is gone though it was not selected", id)
		}
	}
	if selected != r.Records {
		t.Errorf("%d records were selected, the request says %d", selected, r.Records)
	}
	for id := range p.edited {
		if _, deleted := gone[id]; deleted {
			t.Errorf("record %s is gone though it was edited", id)
		}
	}
	if r.Status == offhours.StatusSuccess && r.Outcomes.KeptChanged != len(p.edited) {
		t.Errorf("%d records were kept as changed, want the %d that were", r.Outcomes.KeptChanged, len(p.edited))
	}
}

// checksWitness proves that each record was deleted once.
func (p proof) checksWitness(t *testing.T, r offhours.Request, gone map[string]time.Time) {
	t.Helper()
	witnessed := p.db.witnessed(t, p.account, r.ActivityType)
	for id, times := range witnessed {
		if _, ok := gone[id]; !ok || times != 1 {
			t.Errorf("record %s was deleted %d times, and is gone: %t", id, times, ok)
		}
	}
	if len(witnessed) != len(gone) {
		t.Errorf("%d deletes were seen, want %d", len(witnessed), len(gone))
	}
}

// checksArchive proves that nothing is gone that the archive does not hold, and
// that batches and exceptions account for all that a success listed.
func (p proof) checksArchive(t *testing.T, r offhours.Request, gone map[string]time.Time) {
	t.Helper()
	listed := p.admin.listed(t, r.ID)
	if lost := without(gone, listed); len(lost) > 0 {
		t.Errorf("%d records are gone and not in the archive", len(lost))
	}
	if r.Status != offhours.StatusSuccess {
		return
	}
	exceptions := p.db.count(t, "SELECT count(*) FROM exceptions WHERE request_id = $1", r.ID)
	if left := without(listed, gone); len(left) != exceptions {
		t.Errorf("%d listed records are not gone, want the %d exceptions", len(left), exceptions)
	}
}

// checksReport proves that the report has one line a record, with what happened.
func (p proof) checksReport(t *testing.T, r offhours.Request, gone map[string]time.Time) {
	t.Helper()
	reported := p.admin.reported(t, r.ID)
	want := offhours.Outcomes{
		Deleted: len(reported[offhours.OutcomeDeleted]), KeptChanged: len(reported[offhours.OutcomeKeptChanged]),
		KeptAttachment: len(reported[offhours.OutcomeKeptAttachment]), AlreadyGone: len(reported[offhours.OutcomeAlreadyGone]),
		Failed: len(reported[offhours.OutcomeFailed]), NotProcessed: len(reported[offhours.OutcomeNotProcessed]),
	}
	if r.Outcomes != want {
		t.Errorf("the report has outcomes %+v, the request %+v", want, r.Outcomes)
	}
	seen := map[string]bool{}
	for _, id := range reported[offhours.OutcomeDeleted] {
		if _, ok := gone[id]; !ok || seen[id] {
			t.Errorf("the report says that %s was deleted, twice: %t, gone: %t", id, seen[id], ok)
		}
		seen[id] = true
	}
}
