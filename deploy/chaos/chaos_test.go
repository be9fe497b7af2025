package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/deploy/rig"
)

// Half a minute of what `make chaos` does for longer. The same run shows that the
// checker would have noticed.
func TestNothingIsLostInHalfAMinuteOfChaos(t *testing.T) {
	bin := os.Getenv("OFFHOURS_TEST_BIN")
	if bin == "" {
		t.Skip("OFFHOURS_TEST_BIN is not set: run `make test`")
	}
	s, err := parseFlags([]string{"--bin", bin, "--duration", "30s"}, io.Discard)
	require.NoError(t, err)
	t.Logf("the same again: make chaos DURATION=%s SEED=%d", s.duration, s.seed)
	dir, err := rig.Scratch("offhours-chaos-")
	require.NoError(t, err)
	var out strings.Builder
	c, err := newChaos(s, dir, &out)
	require.NoError(t, err)
	defer func() {
		c.stop()
		if t.Failed() {
			notes, _ := os.ReadFile(filepath.Join(dir, "chaos.log"))
			t.Logf("%s\n%s\n", &out, notes)
			for _, log := range c.stack.logs() {
				t.Logf("%s ends with:\n%s", log, rig.Tail(log))
			}
		}
		require.NoError(t, os.RemoveAll(dir))
	}()
	require.NoError(t, c.start(t.Context()))
	o, err := c.rageAndCheck(t.Context())
	require.NoError(t, err)
	c.tally.print(&out, o)
	require.Empty(t, o.violations, "%s", &out)
	require.Positive(t, o.deleted, "%s", &out)
	require.Positive(t, o.downloads, "%s", &out)
	require.Greater(t, c.tally.total(), 5, "%s", &out)
	t.Logf("%s", &out)

	c.wantEveryPlantSeen(t)
}

// plants are how each judgement is made to fail, by what it says.
var plants = map[string]string{
	"a record was deleted that the archive does not hold as it was": `UPDATE chaos.records_gone SET note = 'x' || coalesce(note, '') WHERE xid IN
		(SELECT b.xmin FROM batches b JOIN requests r ON r.id = b.request_id AND r.request_type = 'export_and_delete' WHERE b.deleted > 0)`,
	"a record was deleted that was not selected": `UPDATE requests SET sel_before = '2001-01-01', sel_after = NULL, sel_until = NULL`,
	"more was deleted than confirmed":            `UPDATE requests SET records = 1`,
	"a record was deleted outside of every batch": `INSERT INTO chaos.records_gone SELECT 'offhours', pg_current_xact_id()::xid, at, account_id, id, type_code, external_key, prospect_id, status, owner, note,
		created_on, created_by, created_by_name, created_by_email, modified_on, modified_by, modified_by_name, modified_by_email, fields FROM chaos.records_gone LIMIT 1`,
	"a batch does not say how many it deleted":                           `DELETE FROM chaos.records_gone WHERE ctid IN (SELECT ctid FROM chaos.records_gone WHERE by <> 'crm' LIMIT 1)`,
	"a request does not say how many it deleted":                         `INSERT INTO chaos.records_gone SELECT * FROM chaos.records_gone WHERE by <> 'crm' LIMIT 1`,
	"a report has other deleted records than were deleted":               `UPDATE chaos.reported SET id = gen_random_uuid() WHERE ctid IN (SELECT ctid FROM chaos.reported WHERE outcome = 'deleted' LIMIT 1)`,
	"a record came or went unseen":                                       `DELETE FROM chaos.records_gone WHERE ctid IN (SELECT ctid FROM chaos.records_gone LIMIT 1)`,
	"an attachment was deleted that the archive does not hold as it was": `UPDATE chaos.restored_attachments SET sha256 = reverse(sha256)`,
	"an attachment was deleted without its record":                       `UPDATE chaos.attachments_gone SET record_id = gen_random_uuid() WHERE by <> 'crm'`,
	"an attachment came or went unseen":                                  `DELETE FROM chaos.attachments_born WHERE ctid IN (SELECT ctid FROM chaos.attachments_born LIMIT 1)`,
	"nobody went on with the object of a deleted attachment":             `UPDATE tombstones SET state = 'released'`,
	"something was deleted after its request had ended":                  `UPDATE requests SET completed_on = started_on WHERE completed_on IS NOT NULL AND started_on IS NOT NULL`,
	"a batch is of a request that had ended":                             `UPDATE requests SET completed_on = started_on WHERE completed_on IS NOT NULL AND started_on IS NOT NULL`,
	"something was deleted outside the window":                           `UPDATE chaos.records_gone SET at = at + interval '30 days'`,
	"something was deleted while business went on":                       `INSERT INTO chaos.business SELECT account_id, min(at), max(at) FROM chaos.records_gone WHERE by <> 'crm' GROUP BY account_id`,
	"something was deleted by a request that was revoked, or not begun":  `UPDATE chaos.records_gone SET at = at - interval '1 day'`,
	"a request deleted a record of another account":                      `UPDATE chaos.records_gone SET account_id = account_id + 1`,
	"a request has a file in the folder of another account":              `UPDATE parts SET list_key = replace(list_key, 'exports/', 'exports/9')`,
	"outcomes do not add up":                                             `UPDATE requests SET kept_changed = kept_changed + 1`,
	"a success left records out":                                         `UPDATE requests SET failed = failed + 1, deleted = deleted - 1 WHERE status = 'success' AND deleted > 0`,
	"a report has other outcomes than its request":                       `DELETE FROM chaos.reported WHERE ctid IN (SELECT ctid FROM chaos.reported LIMIT 1)`,
	"an export has a record of another account or type":                  `UPDATE chaos.restored SET account_id = account_id + 1`,
	"the file that the report names does not hold what was deleted":      `UPDATE chaos.restored SET file = 'records-9999.csv'`,
	"a request has not ended":                                            `UPDATE requests SET completed_on = NULL`,
	"a mail was not sent":                                                `UPDATE notices SET state = 'pending', sent_on = NULL`,
	"a mail that is said to be sent did not arrive":                      `DELETE FROM chaos.mails WHERE notice_id = (SELECT min(notice_id) FROM chaos.mails)`,
	"a mail arrived at somebody who was not meant":                       `UPDATE chaos.mails SET recipient = 'x' || recipient`,
	"an end was not announced":                                           `DELETE FROM notices WHERE kind <> 'created'`,
}

// unguarded takes away what keeps the product from writing such things.
const unguarded = `
ALTER TABLE requests DISABLE TRIGGER USER;
ALTER TABLE parts DISABLE TRIGGER USER;
DO $$ DECLARE c record; BEGIN
	FOR c IN SELECT conrelid::regclass AS t, conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace LOOP
		EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.t, c.conname);
	END LOOP;
END $$;`

// wantEveryPlantSeen plants each violation in turn, in a transaction that is taken
// back, and wants it reported.
func (c *chaos) wantEveryPlantSeen(t *testing.T) {
	t.Helper()
	for _, program := range c.stack.programs() {
		program.stop() // they would wait for our locks, and we for theirs
	}
	for _, j := range judgements {
		plant, ok := plants[j.what]
		if !ok {
			t.Errorf("no test plants %q", j.what)
			continue
		}
		found, err := c.plant(t, plant, j)
		if err != nil || len(found) == 0 {
			t.Errorf("%s: %s was planted and not seen (%v)", j.invariant, j.what, err)
		}
	}
}

func (c *chaos) plant(t *testing.T, plant string, j judgement) ([]violation, error) {
	t.Helper()
	tx, err := c.db.Begin(t.Context())
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Exec(t.Context(), unguarded+plant, pgx.QueryExecModeSimpleProtocol); err != nil {
		return nil, err
	}
	return ask(t.Context(), tx, j)
}

func TestTheSameSeedPlansTheSameFaults(t *testing.T) {
	t.Parallel()
	plan := newPlan(7, 10*time.Minute)
	require.Equal(t, plan, newPlan(7, 10*time.Minute))
	require.NotEqual(t, plan, newPlan(8, 10*time.Minute))
	require.Greater(t, len(plan), 200)
	met := map[kind]bool{}
	for _, f := range plan {
		met[f.kind] = true
		require.Less(t, f.at, 10*time.Minute)
	}
	for _, l := range lanes {
		for _, k := range l.kinds {
			require.True(t, met[k.kind], "no fault of the kind %q is planned", k.kind)
		}
	}
	require.True(t, slices.IsSortedFunc(plan, func(a, b fault) int { return int(a.at - b.at) }))
}

func TestARunWithAViolationHasNotHeld(t *testing.T) {
	t.Parallel()
	require.True(t, held(nil, nil))
	require.False(t, held([]violation{{"I1", "a record is lost"}}, nil))
	require.False(t, held(nil, os.ErrClosed))
	var out strings.Builder
	newTally(&strings.Builder{}).print(&out, outcome{violations: []violation{{"I1", "a record is lost"}}})
	require.Contains(t, out.String(), "VIOLATION of I1: a record is lost")
}
