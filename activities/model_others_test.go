package activities_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

// What others than the product's workers do in the model.

// one draws one of some things.
func one[T any](m *model, name string, of ...T) T {
	return rapid.SampledFrom(of).Draw(m.draw, name)
}

// some draws a key of a map. If there is none, the step is no step.
func some[V any](m *model, name string, of map[string]V) string {
	if len(of) == 0 {
		m.draw.Skip("nothing of the kind is there")
	}
	keys := make([]string, 0, len(of))
	for key := range of {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return rapid.SampledFrom(keys).Draw(m.draw, name)
}

// user is what a user of the CRM, or an importer, does to records and attachments.
func (m *model) user() {
	m.allowed = false
	act := one(m, "move", "edit", "edit", "insert", "edit back", "rewrite", "redate", "delete", "insert again", "retype", "attach", "attach", "share", "detach", "rename", "attach again")
	switch act {
	case "insert":
		m.insert()
	case "attach", "share":
		m.attachTo(some(m, "record", m.records), act == "share")
	case "detach", "rename", "attach again":
		record, id, _ := strings.Cut(some(m, "attachment", m.attached), " ")
		m.change(map[string][]string{
			"detach":       {`DELETE FROM attachments WHERE account_id = $1 AND record_id = $2 AND id = $3`},
			"rename":       {`UPDATE attachments SET name = name || '!' WHERE account_id = $1 AND record_id = $2 AND id = $3`},
			"attach again": {`UPDATE attachments SET name = name WHERE account_id = $1 AND record_id = $2 AND id = $3`},
		}[act], m.Account.ID, record, id)
	default:
		m.change(recordMoves[act], m.Account.ID, some(m, "record", m.records))
	}
	m.look()
}

var recordMoves = map[string][]string{
	"edit":      {`UPDATE records SET note = note || '!' WHERE account_id = $1 AND id = $2`},
	"edit back": {`UPDATE records SET note = note || '!' WHERE account_id = $1 AND id = $2`, `UPDATE records SET note = rtrim(note, '!') WHERE account_id = $1 AND id = $2`},
	// Without triggers, as importers may have it.
	"rewrite": {`SET LOCAL session_replication_role = replica`, `UPDATE records SET note = note || '!' WHERE account_id = $1 AND id = $2`},
	"redate": {`SET LOCAL session_replication_role = replica`,
		`UPDATE records SET modified_on = modified_on + CASE WHEN id::text < '8' THEN interval '1 second' ELSE interval '-1 second' END WHERE account_id = $1 AND id = $2`},
	"retype": {`UPDATE records SET type_code = 1200 - type_code WHERE account_id = $1 AND id = $2`}, // 201 and 999
	"delete": {`DELETE FROM attachments WHERE account_id = $1 AND record_id = $2`, `DELETE FROM records WHERE account_id = $1 AND id = $2`},
	"insert again": {
		`CREATE TEMP TABLE gone ON COMMIT DROP AS SELECT * FROM records WHERE false`, `CREATE TEMP TABLE files_gone ON COMMIT DROP AS SELECT * FROM attachments WHERE false`,
		`WITH t AS (DELETE FROM attachments WHERE account_id = $1 AND record_id = $2 RETURNING *) INSERT INTO files_gone SELECT * FROM t`,
		`WITH r AS (DELETE FROM records WHERE account_id = $1 AND id = $2 RETURNING *) INSERT INTO gone SELECT * FROM r`,
		`INSERT INTO records SELECT * FROM gone`, `INSERT INTO attachments SELECT * FROM files_gone`,
	},
}

// change runs statements in one transaction.
func (m *model) change(statements []string, args ...any) {
	m.T.Helper()
	tx, err := m.Conn.Begin(m.T.Context())
	require.NoError(m.T, err)
	for _, sql := range statements {
		given := args
		if !strings.Contains(sql, "$") {
			given = nil
		}
		_, err := tx.Exec(m.T.Context(), sql, given...)
		require.NoError(m.T, err, sql)
	}
	require.NoError(m.T, tx.Commit(m.T.Context()))
}

// insert adds a record, old enough or not, often at the very time of another one, and
// often with a file.
func (m *model) insert() {
	m.T.Helper()
	id, text := m.newID(), one(m, "text", "x", "", "a \"b\", c", "line\nline", "=1+1", "é'")
	m.Exec(`INSERT INTO records (account_id, id, type_code, external_key, owner, note, created_on, modified_on, fields)
		VALUES ($1, $2, $3, nullif($4, ''), $4, $4, now(), date_trunc('day', now()) - $5 * interval '1 day' + $6 * interval '1 s', jsonb_build_object('mx_1', $4::text, 'undeclared', 1))`,
		m.Account.ID, id, one(m, "type", code, code, code, otherCode), text, one(m, "days", 40, 40, 40, 33, 400, 5), rapid.IntRange(0, 3).Draw(m.draw, "seconds"))
	if rapid.Bool().Draw(m.draw, "with a file") {
		m.attachTo(id, one(m, "which", false, false, false, true))
	}
}

// attachTo gives a record an attachment, with an object of its own or another's.
func (m *model) attachTo(record string, share bool) {
	m.T.Helper()
	id := m.newID()
	key := fmt.Sprintf("files/%d/%s", m.Account.ID, id)
	if share {
		m.Scan(&key, `SELECT coalesce((SELECT min(key) FROM files WHERE account_id = $1), $2)`, m.Account.ID, key)
	}
	m.Exec(`INSERT INTO files (account_id, key) VALUES ($1, $2) ON CONFLICT DO NOTHING`, m.Account.ID, key)
	m.Exec(`INSERT INTO attachments (account_id, record_id, id, name, file_key) VALUES ($1, $2, $3, $4, $5)`, m.Account.ID, record, id, id[:4]+".pdf", key)
	if _, known := m.contents[key]; !known {
		m.put(key, "content of "+id)
	}
}

// put puts an object in its place, past the product. Contents differ in length, for a
// file bucket tells objects apart by time and size.
func (m *model) put(key, content string) {
	m.T.Helper()
	m.write(key, content)
	m.objects[key] = content
	m.contents[key] = append(m.contents[key], content)
}

func (m *model) write(key, content string) {
	m.T.Helper()
	require.NoError(m.T, os.MkdirAll(filepath.Dir(m.path(key)), 0o755))
	require.NoError(m.T, os.WriteFile(m.path(key), []byte(content), 0o600))
}

// disturb changes or removes an object of the CRM's, or a file of the export.
func (m *model) disturb() {
	m.allowed = false
	if one(m, "whose", "the CRM's", "the CRM's", "the export's") == "the CRM's" {
		key := some(m, "object", m.objects)
		if one(m, "how", "replace", "lose") == "replace" {
			m.put(key, m.objects[key]+"!")
			return
		}
		require.NoError(m.T, os.Remove(m.path(key)))
		delete(m.objects, key)
		return
	}
	if m.request == nil {
		m.draw.Skip("there is no export")
	}
	m.damage(some(m, "file", m.exported(one(m, "kind", ".list.csv", ".csv", ".bin", ".json"))))
}

// damage changes or removes a file of the export.
func (m *model) damage(path string) {
	m.T.Helper()
	text, err := os.ReadFile(path)
	require.NoError(m.T, err)
	m.damaged = true
	switch one(m, "how", "flip", "cut", "overwrite", "remove") {
	case "remove":
		require.NoError(m.T, os.Remove(path))
		return
	case "flip":
		if len(text) > 0 {
			text[rapid.IntRange(0, len(text)-1).Draw(m.draw, "byte")] ^= 1
		}
	case "cut":
		text = text[:len(text)/2]
	case "overwrite":
		text = []byte(strings.Repeat("x", len(text)))
	}
	require.NoError(m.T, os.WriteFile(path, text, 0o600))
}

// exported are the files of a kind in the request's export, under names that do not
// change from run to run.
func (m *model) exported(kind string) map[string]bool {
	m.T.Helper()
	files := map[string]bool{}
	err := filepath.WalkDir(m.path(fmt.Sprintf("exports/%d/%s", m.Account.ID, m.request.ID)), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(path, kind) && strings.HasSuffix(path, ".list.csv") == (kind == ".list.csv") {
			files[path] = true
		}
		return nil
	})
	require.NoError(m.T, err)
	return files
}

// moveTime lets time pass: the window closes, is about to, or opens, the time for
// downloads runs out, or business hours change.
func (m *model) moveTime() {
	m.allowed = false
	if m.request == nil {
		m.draw.Skip("no time is of interest")
	}
	switch one(m, "what", "window", "window", "hours", "deadline") {
	case "window":
		m.closeWindow(one(m, "closes in", -1, 3, 7200))
	case "deadline":
		m.Exec(`UPDATE requests SET delete_deadline = clock_timestamp() + $2 * interval '1 s' WHERE id = $1 AND request_type = 'export_and_delete'`, m.request.ID, one(m, "ends in", -1, 3, 86400, 86400, 86400, 86400))
	case "hours":
		m.setHours(!m.busy)
	}
}

func (m *model) closeWindow(seconds int) {
	m.T.Helper()
	m.Exec(`UPDATE requests SET window_close = clock_timestamp() + $2 * interval '1 s' WHERE id = $1 AND status = 'in_progress'`, m.request.ID, seconds)
}

// setHours makes it business around the clock, but for a holiday that is not near, or never.
func (m *model) setHours(busy bool) {
	m.T.Helper()
	schedule := m.Account.Schedule
	if busy {
		all := []offhours.Block{{From: 0, To: 24 * 60}}
		schedule = offhours.Schedule{
			TimeZone:      "UTC",
			BusinessHours: offhours.BusinessHours{Monday: all, Tuesday: all, Wednesday: all, Thursday: all, Friday: all, Saturday: all, Sunday: all},
			Holidays:      offhours.Dates{offhours.DateOf(time.Now(), time.UTC).AddDays(3)},
		}
	}
	_, _, err := m.DB.SetSchedule(m.T.Context(), m.Admin, schedule, 0)
	require.NoError(m.T, err)
	m.busy = busy
}

// operate is what operators and support may do to the request, or what happens to
// the database below it.
func (m *model) operate() {
	m.allowed = false
	if m.request == nil {
		m.draw.Skip("there is no request")
	}
	switch one(m, "what", "revoke", "failover", "cancel", "another account") {
	case "revoke":
		require.NoError(m.T, m.do(nil, m.timing.Revoke, activities.RevokeInput{RequestRef: m.ref, By: "support"}))
	case "cancel":
		if rapid.IntRange(0, 4).Draw(m.draw, "sure") == 0 {
			m.failure = &offhours.Failure{Code: offhours.FailureCancelled, Detail: "An operator stopped it."}
		}
	case "failover": // to another history of the database
		m.Exec(`ALTER TABLE parts DISABLE TRIGGER parts_guard`)
		m.Exec(`UPDATE parts SET db_timeline = '0000FFFF' WHERE request_id = $1 AND state <> 'planned'`, m.request.ID)
		m.Exec(`ALTER TABLE parts ENABLE TRIGGER parts_guard`)
	case "another account":
		stolen := m.ref
		m.Scan(&stolen.AccountID, `SELECT id FROM accounts WHERE id <> $1`, m.Account.ID)
		for _, activity := range []any{m.export.ExportPart, m.verification.VerifyPart, m.deletion.DeletePart} {
			require.Error(m.T, m.do(nil, activity, activities.PartInput{RequestRef: stolen, Part: 1}))
		}
	}
}
