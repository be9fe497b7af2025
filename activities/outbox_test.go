package activities_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

// breakCommits makes every transaction that writes to the table fail when it
// commits, until the returned function is called.
func (p *pipeline) breakCommits(table string) (mend func()) {
	p.T.Helper()
	p.Exec(`CREATE OR REPLACE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken on purpose'; END $$`)
	p.Exec(`CREATE CONSTRAINT TRIGGER broken AFTER INSERT OR UPDATE ON ` + table + ` DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION break()`)
	return func() { p.Exec(`DROP TRIGGER broken ON ` + table) }
}

// state is the request's status, empty without a request, and its notices.
func (p *pipeline) state() (status string, notices int) {
	p.T.Helper()
	p.Scan(&status, `SELECT coalesce((SELECT status FROM requests), '')`)
	return status, p.Count("notices")
}

// A change and the mails that announce it are one: whichever of the two cannot be
// written, neither is.
func TestEachChangeIsCommittedWithItsMailsOrNotAtAll(t *testing.T) {
	t.Parallel()
	end := func(p *pipeline) error { return p.do(nil, p.closing.Finish, p.ref) }
	run := func(p *pipeline, failure *offhours.Failure) {
		p.begin(offhours.ExportAndDelete)
		if failure == nil {
			p.archive(p.plan(1)...)
			p.seal(1)
			p.delete(1)
			require.Empty(p.T, p.plan(2))
		}
		require.NoError(p.T, p.do(nil, p.closing.Fence, activities.FenceInput{RequestRef: p.ref, Failure: failure}))
		require.NoError(p.T, p.do(nil, p.closing.Report, p.ref))
	}
	for kind, change := range map[offhours.NoticeKind]struct {
		arrange func(p *pipeline)
		make    func(p *pipeline) error
		told    string // whom the mails that it adds are for
	}{
		offhours.NoticeCreated: {
			arrange: func(*pipeline) {},
			make: func(p *pipeline) error {
				_, _, err := p.DB.Admit(p.T.Context(), p.Admin, postgrestest.Draft(code), "key", 0)
				return err
			},
			told: "admin@acme.example",
		},
		offhours.NoticeRevoked: {
			arrange: func(p *pipeline) { p.ref = offhours.RequestRef{AccountID: p.Account.ID, RequestID: p.Queue(202, 1)} },
			make: func(p *pipeline) error {
				_, err := p.DB.Revoke(p.T.Context(), p.ref, p.Admin.ID, "")
				return err
			},
			told: "admin@acme.example",
		},
		offhours.NoticeSuccess: {
			arrange: func(p *pipeline) {
				run(p, nil)
				p.AddUser(p.Account.ID, "second@acme.example", offhours.RoleAdministrator)
				p.AddUser(p.Account.ID, "left@acme.example", offhours.RoleAdministrator)
				p.AddUser(p.Account.ID, "seller@acme.example", offhours.RoleSalesUser)
				p.Exec(`UPDATE users SET active = false WHERE email = 'left@acme.example'`)
			},
			make: end,
			told: "admin@acme.example second@acme.example", // every active administrator
		},
		offhours.NoticeFailed: {
			arrange: func(p *pipeline) {
				run(p, &offhours.Failure{Code: offhours.FailureUnstable, Detail: "x"})
				p.AddUser(p.Account.ID, "second@acme.example", offhours.RoleAdministrator)
			},
			make: end,
			told: "admin@acme.example", // the creator alone
		},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, 5)
			change.arrange(p)
			status, notices := p.state()
			for _, table := range []string{"notices", "requests", "audit_events"} {
				mend := p.breakCommits(table)
				require.ErrorContains(t, change.make(p), "broken on purpose")
				nowStatus, nowNotices := p.state()
				require.Equal(t, status, nowStatus, table)
				require.Equal(t, notices, nowNotices, table)
				mend()
			}
			require.NoError(t, change.make(p))
			require.NoError(t, change.make(p), "again, and it changes nothing")
			var told string
			p.Scan(&told, `SELECT string_agg(u.email, ' ' ORDER BY u.email) FROM notices n JOIN users u ON u.id = n.recipient
				WHERE n.kind = $1 AND n.state = 'pending'`, string(kind))
			require.Equal(t, change.told, told)
			require.Equal(t, notices+len(strings.Fields(told)), p.Count("notices"))
		})
	}
}
