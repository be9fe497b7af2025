//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/offhours/offhours"
)

func TestARequestGoesOn_WhenEverythingWasStoppedInTheMiddle(t *testing.T) {
	parallel(t)
	s := startStack(t, everything)
	s.loadAccounts(t)
	s.generate(t, openAccount, 100_000)
	db, caller := s.database(t), s.signIn(t, ada)
	db.witness(t)
	code := caller.typeCode(t, documents)
	p := proof{account: openAccount, before: db.records(t, openAccount, code)}

	created := caller.create(t, code, offhours.ExportAndDelete)
	eventually(t, "a part of the records is deleted", func() bool {
		deleted := caller.request(t, created.ID).Progress.Deleted
		return 0 < deleted && deleted < created.Records
	})
	s.devstack.stop(t)
	noLeftovers(t, s.folder)

	restarted := time.Now()
	s.start(t, everything)
	p.db, p.admin = s.database(t), s.signIn(t, ada)
	if deleted := p.db.deleted(t, created.ID); deleted == 0 || deleted == created.Records {
		t.Fatalf("%d of %d records were deleted before the restart, want a part", deleted, created.Records)
	}
	ended := p.admin.ended(t, created.ID, offhours.StatusSuccess)
	if ended.CompletedOn.Before(restarted) {
		t.Errorf("the request completed on %s, want after the restart at %s", ended.CompletedOn, restarted)
	}
	p.checks(t, ended)
	s.wantOneMailEach(t, p.db)
}

// wantOneMailEach proves that the creation and the success were announced once
// to the one administrator.
func (s *stack) wantOneMailEach(t *testing.T, db database) {
	t.Helper()
	eventually(t, "both mails are sent", func() bool {
		return db.count(t, "SELECT count(*) FROM notices WHERE state = 'sent'") == 2
	})
	mails, err := filepath.Glob(filepath.Join(s.env["OFFHOURS_MAIL_DIR"], "*.eml"))
	if err != nil || len(mails) != 2 {
		entries, _ := os.ReadDir(s.env["OFFHOURS_MAIL_DIR"])
		t.Errorf("the mail folder has %v (%v), want two mails", entries, err)
	}
}
