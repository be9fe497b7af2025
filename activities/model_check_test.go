package activities_test

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/archive"
)

// What has to hold after each step of the model. I1 to I9 are the invariants of
// DESIGN.md.

func (m *model) check() {
	m.T.Helper()
	fresh := m.witnessed()
	if len(fresh) > 0 {
		require.True(m.T, m.allowed, "I6: nothing is deleted outside the window, before it is sealed or after the end")
	}
	if m.request != nil {
		m.checkBatches(fresh)
	}
	for id := range fresh {
		delete(m.records, id)
		for attachment := range fresh[id].attachments {
			delete(m.attached, id+" "+attachment)
		}
	}
	require.Equal(m.T, m.records, m.rows(`SELECT id::text, format('%s %s', xmin, r) FROM records r WHERE account_id = $1`), "records are as users left them")
	require.Equal(m.T, m.attached, m.rows(`SELECT format('%s %s', record_id, id), format('%s %s', xmin, t) FROM attachments t WHERE account_id = $1`), "I4: attachments are as users left them")
	require.Equal(m.T, m.others, m.neighbour(), "I7: nothing crosses accounts")
	m.checkObjects()
	if m.request != nil {
		m.checkAccounts()
	}
}

// witnessed returns what the product has deleted since the last step.
func (m *model) witnessed() map[string]gone {
	m.T.Helper()
	rows, err := m.Conn.Query(m.T.Context(), `SELECT n, name, version, account_id, content FROM witness WHERE n > $1 ORDER BY name DESC, n`, m.seen)
	require.NoError(m.T, err)
	defer rows.Close()
	found := map[string]gone{}
	for rows.Next() { // records come first
		var n, account int64
		var name, version string
		var content map[string]any
		require.NoError(m.T, rows.Scan(&n, &name, &version, &account, &content))
		m.seen = max(m.seen, n)
		require.Equal(m.T, m.Account.ID, account, "I7: nothing crosses accounts")
		id := content["id"].(string)
		if name == "records" {
			require.NotContains(m.T, found, id, "I3: a record is deleted once")
			require.NotContains(m.T, m.deleted, id+" "+version, "I3: a version is deleted once")
			found[id] = gone{version: version, content: content, attachments: map[string]map[string]any{}}
			continue
		}
		owner := content["record_id"].(string)
		require.Contains(m.T, found, owner, "I4: an attachment goes with its record")
		content["version"] = version
		found[owner].attachments[id] = content
	}
	require.NoError(m.T, rows.Err())
	return found
}

// checkBatches compares what went with what the parts say that have progressed, and
// with their files as they are now.
func (m *model) checkBatches(fresh map[string]gone) {
	m.T.Helper()
	claimed := map[string]bool{}
	for _, part := range m.state().parts {
		if part.Done == m.done[part.Number] {
			continue
		}
		stored, err := m.DB.Part(m.T.Context(), m.ref, part.Number)
		require.NoError(m.T, err)
		outcomes, err := m.DB.PartOutcomes(m.T.Context(), stored)
		require.NoError(m.T, err)
		list, shown := m.files(stored)
		for i := m.done[part.Number]; i < part.Done; i++ {
			if outcomes[i].Outcome != offhours.OutcomeDeleted {
				continue
			}
			require.NotNil(m.T, list, "I1: the part's files are those that were verified")
			id := list[i].ID
			require.False(m.T, claimed[id], "I3: a record is accounted for once")
			claimed[id] = true
			require.Contains(m.T, fresh, id, "I3: what is accounted as deleted is gone")
			m.checkRecord(fresh[id], list[i], stored)
			require.Equal(m.T, m.timeline(`SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)`),
				m.timeline(`SELECT db_timeline FROM parts WHERE request_id = $1 AND part = $2`, m.request.ID, part.Number), "I1: versions mean nothing in another history of the database")
			if shown != nil {
				require.Equal(m.T, []any{id, fresh[id].content["note"]}, []any{shown[i][0], shown[i][6]}, "I1: the CSV file shows what went")
			}
			m.deleted[id+" "+fresh[id].version] = fresh[id]
		}
		m.done[part.Number] = part.Done
	}
	require.Len(m.T, claimed, len(fresh), "I3: everything that went is accounted for")
	require.LessOrEqual(m.T, len(m.deleted), m.request.Records, "I2: no more is deleted than was confirmed")
}

func (m *model) timeline(sql string, args ...any) (text string) {
	m.T.Helper()
	m.Scan(&text, sql, args...)
	return text
}

// checkRecord compares a record that went with its row in the list.
func (m *model) checkRecord(went gone, listed offhours.Listed, part offhours.Part) {
	m.T.Helper()
	require.Equal(m.T, listed.Version, went.version, "I1: the listed version went")
	modified, err := time.Parse(time.RFC3339Nano, went.content["modified_on"].(string))
	require.NoError(m.T, err)
	require.True(m.T, listed.ModifiedOn.Equal(modified), "I1: the listed version went")
	require.EqualValues(m.T, code, went.content["type_code"], "I2: only what was selected went")
	require.True(m.T, part.Selection.Contains(modified), "I2: only what was selected went")
	named := map[string]offhours.Attachment{}
	for _, attachment := range listed.Attachments {
		named[attachment.ID] = attachment
	}
	copies, err := m.DB.Copies(m.T.Context(), part)
	require.NoError(m.T, err)
	for id, attachment := range went.attachments {
		require.Contains(m.T, named, id, "I4: the list names the attachment")
		require.Equal(m.T, named[id].Version, attachment["version"], "I4: in this version")
		for _, c := range copies {
			if c.ID != id || part.Files.CSV == nil || c.Missing {
				continue
			}
			text, err := os.ReadFile(m.path(c.ArchiveKey))
			require.NoError(m.T, err, "I4: its copy is in the archive")
			require.Contains(m.T, m.contents[attachment["file_key"].(string)], string(text), "I4: its copy is what the object was")
		}
	}
}

// files reads the list and the CSV file of a part, past the product. They are nil if
// they are not the files that were verified, or the manifest is not.
func (m *model) files(part offhours.Part) (list []offhours.Listed, shown [][]string) {
	m.T.Helper()
	if m.intact(part.Manifest) == nil {
		return nil, nil
	}
	text := m.intact(part.Files.List)
	if text == nil {
		return nil, nil
	}
	for _, row := range m.parse(text) {
		modified, err := time.Parse(time.RFC3339Nano, row[2])
		require.NoError(m.T, err)
		listed := offhours.Listed{ID: row[0], Version: row[1], ModifiedOn: modified}
		require.NoError(m.T, json.Unmarshal([]byte(row[len(row)-1]), &listed.Attachments))
		list = append(list, listed)
	}
	if part.Files.CSV == nil {
		return list, nil
	}
	if text = m.intact(*part.Files.CSV); text == nil {
		return nil, nil
	}
	return list, m.parse(text)
}

// intact reads a file if it is what was written.
func (m *model) intact(file offhours.Stored) []byte {
	text, err := os.ReadFile(m.path(file.Key))
	if sum := sha256.Sum256(text); err != nil || hex.EncodeToString(sum[:]) != file.SHA256 {
		return nil
	}
	return text
}

// parse reads the rows behind the header.
func (m *model) parse(text []byte) [][]string {
	m.T.Helper()
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	require.NoError(m.T, err)
	return rows[1:]
}

// checkObjects finds out which objects went: only such as nothing refers to any
// more, and of which there is a copy if the request exports.
func (m *model) checkObjects() {
	m.T.Helper()
	there := map[string]string{}
	root := m.path(fmt.Sprintf("files/%d", m.Account.ID))
	require.NoError(m.T, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil
		}
		text, err := os.ReadFile(path)
		key, _ := filepath.Rel(m.dir, path)
		there[filepath.ToSlash(key)] = string(text)
		return err
	}))
	for key, content := range maps.Clone(m.objects) {
		if _, ok := there[key]; ok {
			continue
		}
		require.NotNil(m.T, m.request, "I4: without a request nothing goes")
		var references int
		m.Scan(&references, `SELECT count(*) FROM attachments WHERE account_id = $1 AND file_key = $2`, m.Account.ID, key)
		require.Zero(m.T, references, "I4: nothing refers to an object that went")
		if m.request.RequestType == offhours.ExportAndDelete {
			require.Contains(m.T, m.copiesOf(key), content, "I4: an object that went is in the archive")
		}
		delete(m.objects, key)
		m.tried["objects"]++
	}
	require.Equal(m.T, m.objects, there, "I4: objects are as users left them")
}

// copiesOf reads the copies of an object whose attachments the request has deleted.
func (m *model) copiesOf(key string) (contents []string) {
	m.T.Helper()
	rows, err := m.Conn.Query(m.T.Context(), `SELECT coalesce(c.key, '') FROM tombstones t JOIN copies c USING (request_id, part, number) WHERE t.request_id = $1 AND t.file_key = $2`, m.request.ID, key)
	require.NoError(m.T, err)
	defer rows.Close()
	for rows.Next() {
		var file string
		require.NoError(m.T, rows.Scan(&file))
		if text, err := os.ReadFile(m.path(file)); err == nil && file != "" {
			contents = append(contents, string(text))
		}
	}
	require.NoError(m.T, rows.Err())
	return contents
}

// checkAccounts compares the request's accounts with the sets, and lets go of a
// request that has ended.
func (m *model) checkAccounts() {
	m.T.Helper()
	account, err := m.DB.Accounting(m.T.Context(), m.ref)
	require.NoError(m.T, err)
	require.Equal(m.T, len(m.deleted), account.Outcomes.Deleted, "I3: what is deleted is counted")
	require.Equal(m.T, account.Records, account.Outcomes.Total(), "I8: outcomes add up")
	if !account.Status.Ended() {
		return
	}
	m.tried[string(account.Status)]++
	m.tried["deleted"] += len(m.deleted)
	m.tried["rounds"] += m.count(`SELECT round FROM requests WHERE id = $1`)
	m.tried["exceptions"] += m.count(`SELECT count(*) FROM exceptions WHERE request_id = $1`)
	if account.Failure != nil {
		m.tried[string(account.Failure.Code)]++
	}
	switch account.Status {
	case offhours.StatusRevoked:
		require.Empty(m.T, m.deleted, "I6: nothing is deleted of what was revoked")
	case offhours.StatusSuccess:
		require.True(m.T, account.Outcomes.Complete(account.Records), "I8: a success is complete")
		fallthrough
	default:
		m.checkReport(account)
		m.checkRestore()
	}
	m.request = nil
}

// checkReport compares the report's lines with the sets.
func (m *model) checkReport(account offhours.Accounting) {
	m.T.Helper()
	file, _, err := m.DB.Report(m.T.Context(), m.ref.AccountID, m.ref.RequestID)
	require.NoError(m.T, err)
	text, err := os.ReadFile(m.path(file.Key))
	require.NoError(m.T, err)
	lines := m.parse(text)
	require.Len(m.T, lines, account.Records, "I8: the report has a line for each record")
	deleted := 0
	for _, line := range lines {
		if line[2] != string(offhours.OutcomeDeleted) {
			continue
		}
		if deleted++; line[0] != "" {
			require.True(m.T, m.wentWith(line[0]), "I3: the report tells what went")
		}
	}
	require.Equal(m.T, len(m.deleted), deleted, "I3: the report tells all that went")
}

func (m *model) wentWith(id string) bool {
	for key := range m.deleted {
		if strings.HasPrefix(key, id+" ") {
			return true
		}
	}
	return false
}

// checkRestore rebuilds what was deleted from what users can download, unless
// somebody changed it after it was deleted.
func (m *model) checkRestore() {
	m.T.Helper()
	if m.request.RequestType != offhours.ExportAndDelete || m.damaged || len(m.deleted) == 0 {
		return
	}
	m.tried["restored"]++
	export, err := archive.OpenExport(m.download())
	require.NoError(m.T, err, "I9: the archive is whole")
	restored := map[string][]archive.Exported{}
	for record, err := range export.Records() {
		require.NoError(m.T, err, "I9: the archive is whole")
		restored[record.ID] = append(restored[record.ID], record)
	}
	for key, went := range m.deleted {
		id, _, _ := strings.Cut(key, " ")
		found := false
		for _, record := range restored[id] {
			found = found || m.rebuilds(record, went)
		}
		require.True(m.T, found, "I9: %v is not rebuilt by %v", went, restored[id])
	}
}

// rebuilds reports whether an exported record is the one that went, with its attachments.
func (m *model) rebuilds(record archive.Exported, went gone) bool {
	m.T.Helper()
	var fields map[string]any
	require.NoError(m.T, json.Unmarshal([]byte(record.Fields), &fields))
	for column, value := range map[string]*string{"note": record.Note, "owner": record.Owner, "external_key": record.ExternalKey, "status": record.Status} {
		if text, ok := went.content[column].(string); ok != (value != nil) || ok && text != *value {
			return false
		}
	}
	for column, at := range map[string]time.Time{"created_on": record.CreatedOn, "modified_on": record.ModifiedOn} {
		if was, err := time.Parse(time.RFC3339Nano, went.content[column].(string)); err != nil || !was.Equal(at) {
			return false
		}
	}
	if !sameJSON(fields, went.content["fields"]) {
		return false
	}
	files, missing := map[string]string{}, map[string]bool{}
	for _, attachment := range record.Attachments {
		if missing[attachment.Key+" "+attachment.Name] = attachment.Missing; !attachment.Missing {
			text, err := os.ReadFile(attachment.Path)
			require.NoError(m.T, err)
			files[attachment.Key+" "+attachment.Name] = string(text)
		}
	}
	for _, attachment := range went.attachments {
		key, name := attachment["file_key"].(string), attachment["name"].(string)
		content, ok := files[key+" "+name]
		if ok != slices.Contains(m.contents[key], content) || !ok && !missing[key+" "+name] {
			return false
		}
	}
	return true
}

func sameJSON(a, b any) bool {
	one, errOne := json.Marshal(a)
	other, errOther := json.Marshal(b)
	return errOne == nil && errOther == nil && string(one) == string(other)
}
