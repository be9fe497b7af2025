package activities_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/archive"
)

// download saves the files that users are offered in a folder.
func (p *pipeline) download() string {
	p.T.Helper()
	dir := p.T.TempDir()
	files, _, err := p.DB.Files(p.T.Context(), p.ref.AccountID, p.ref.RequestID)
	require.NoError(p.T, err)
	for _, file := range files {
		content, err := p.bucket.ReadAll(p.T.Context(), file.Key)
		require.NoError(p.T, err)
		require.NoError(p.T, os.WriteFile(filepath.Join(dir, file.Name), content, 0o600))
	}
	return dir
}

func TestRecordsAreRestoredWithTheirAttachmentsByteForByte(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 13)
	want := map[string]string{}
	for i := range 13 {
		for n := range i % 3 {
			name, content := fmt.Sprintf("é \"%d\" %d,\n.pdf", i, n), fmt.Sprintf("\x00\r\n%d %d", i, n)
			p.attach(fmt.Sprint(i), name, content)
			want[name] = content
		}
	}
	p.Attach(p.record("12"), "lost", p.FileKey())
	p.through(offhours.ExportAndDelete)
	p.removeFiles()
	p.finish(nil)

	export, err := archive.OpenExport(p.download())
	require.NoError(t, err)

	got, missing, records := map[string]string{}, 0, 0
	for record, err := range export.Records() {
		require.NoError(t, err)
		records++
		for _, attachment := range record.Attachments {
			if attachment.Missing {
				require.Equal(t, "lost", attachment.Name)
				missing++
				continue
			}
			content, err := os.ReadFile(attachment.Path)
			require.NoError(t, err)
			require.Regexp(t, `^files/`, attachment.Key)
			got[attachment.Name] = string(content)
		}
	}
	require.Equal(t, want, got)
	require.Equal(t, []int{13, 1}, []int{records, missing})
	require.NotContains(t, strings.Join(p.keys(), "\n"), "files/", "all objects are gone")

	require.NoError(t, p.DB.MarkPurged(t.Context(), p.ref, 1))
	require.Zero(t, p.Count("copies")+p.Count("tombstones"), "with the export, the names of its attachments are forgotten")
}

// A set may be an object or a text that holds one; a text may be anything.
func TestCustomFieldSetsAreExportedAndRestoredHoweverTheyAreStored(t *testing.T) {
	t.Parallel()
	sets := []struct {
		stored any // the value of mx_Custom_3
		file   string
		state  string // as the CSV file shows them, - for NULL
	}{
		{map[string]any{"mx_CustomObject_1": "a.png,b.png", "State": "Pending"}, "a.png,b.png", "Pending"},
		{`{"mx_CustomObject_1":"a.png,b.png","State":"Pending"}`, "a.png,b.png", "Pending"},
		{` { "State" : "x" , "State":"last wins" } `, "-", "last wins"},
		{`{"mx_CustomObject_1":1.50,"State":{"a" : [1, 2]}}`, "1.50", `{"a" : [1, 2]}`},
		{`{"mx_CustomObject_1":"","State":null}`, "", "-"},
		{`{"mx_CustomObject_1":"\u00e9\n\"","State":"\ud83d\udc4d"}`, "é\n\"", "👍"},
		{`{"State":"\u0000"}`, "-", "-"},
		{`{"State":"\ud83d"}`, "-", "-"},
		{`{"State":1e999999}`, "-", "-"},
		{`{"State":"broken`, "-", "-"},
		{`[1,2]`, "-", "-"},
		{`"text"`, "-", "-"},
		{"", "-", "-"},
		{"a.png,b.png", "-", "-"},
		{7, "-", "-"},
		{nil, "-", "-"},
		{map[string]any{"State": map[string]any{"a": []any{1, true}}}, "-", `{"a": [1, true]}`},
	}
	p := newPipeline(t, len(sets))
	p.Exec(`UPDATE record_types SET fields = $1`, `[{"schemaName":"mx_Custom_3","displayName":"Papers","fields":
		[{"schemaName":"mx_CustomObject_1","displayName":"File","file":true},{"schemaName":"State","displayName":"State"}]}]`)
	p.Exec(`SET session_replication_role = replica`)
	for i, set := range sets {
		fields, err := json.Marshal(map[string]any{"mx_Custom_3": set.stored})
		require.NoError(t, err)
		p.Exec(`UPDATE records SET fields = $2 WHERE note = 'note ' || $1::text`, fmt.Sprint(i), string(fields))
	}
	p.through(offhours.ExportAndDelete)
	p.finish(nil)
	require.Zero(t, p.left())
	dir := p.download()

	export, err := archive.OpenExport(dir)
	require.NoError(t, err)
	i := 0
	for record, err := range export.Records() {
		require.NoError(t, err)
		want, err := json.Marshal(map[string]any{"mx_Custom_3": sets[i].stored})
		require.NoError(t, err)
		require.JSONEq(t, string(want), record.Fields)
		i++
	}
	require.Equal(t, len(sets), i)
	require.Equal(t, []string{"Papers - File", "Papers - State", "Attachments"}, export.Manifest.Header[len(offhours.FixedColumns):])
	for i, row := range p.rows(dir) {
		require.Equal(t, []string{sets[i].file, sets[i].state}, row[len(offhours.FixedColumns):len(row)-1], "%v", sets[i].stored)
	}
}

// rows reads the CSV files of a download, with - for NULL.
func (p *pipeline) rows(dir string) (rows [][]string) {
	p.T.Helper()
	for part := 1; ; part++ {
		text, err := os.ReadFile(filepath.Join(dir, offhours.CSVName(part)))
		if os.IsNotExist(err) {
			return rows
		}
		require.NoError(p.T, err)
		shown := string(text)
		for strings.Contains(shown, ",,") { // no value here has two commas
			shown = strings.ReplaceAll(shown, ",,", `,"-",`)
		}
		all, err := csv.NewReader(strings.NewReader(shown)).ReadAll()
		require.NoError(p.T, err)
		rows = append(rows, all[1:]...)
	}
}
