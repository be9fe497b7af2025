package archive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gocloud.dev/blob/memblob"

	"github.com/offhours/offhours"
)

var restoreFields = []offhours.Field{
	{SchemaName: "mx_Custom_1", DisplayName: "City"},
	{SchemaName: "mx_Custom_2", DisplayName: "Rooms"},
	{SchemaName: "mx_Custom_3", DisplayName: "Plan"},
}

func ptr[T any](v T) *T { return &v }

// nasty returns records in the order of their keys, with what CSV readers break.
func nasty() []offhours.Record {
	start := time.Date(2024, 2, 29, 23, 59, 59, 999999000, time.UTC)
	values := []*string{
		nil, ptr(""), ptr(`"`), ptr(`""`), ptr("a,b"), ptr("a\nb"), ptr("a\r\nb"), ptr("\r"), ptr("\n"), ptr("=1+1"), ptr("-1"), ptr("@x"),
		ptr("Cañada 😀 \u2028"), ptr(`\N`), ptr(`\.`), ptr("\t "), ptr("\ufeff"), ptr(strings.Repeat("long,\"\n", 1000)),
	}
	fields := []string{`{}`, `{"mx_Custom_1": ""}`, `{"mx_Custom_1": "7", "mx_Custom_2": 7}`, `{"mx_Custom_2": 1.50, "mx_Undeclared": null}`,
		`{"mx_Custom_1": "a\"b\n😀", "mx_Custom_3": {"a": [1, "x"]}}`, `{"mx_Custom_1": null, "mx_Custom_2": true}`}
	var records []offhours.Record
	for i, value := range values {
		records = append(records, offhours.Record{
			ID:          fmt.Sprintf("00000000-0000-4000-8000-%012d", i),
			ExternalKey: value, ProspectID: nil, Status: value, Owner: nil, Note: value,
			CreatedOn:  start.Add(time.Duration(i) * time.Hour),
			CreatedBy:  offhours.Actor{Name: value},
			ModifiedOn: start.Add(time.Duration(i/2) * time.Microsecond),
			ModifiedBy: offhours.Actor{ID: ptr("00000000-0000-4000-8000-00000000000a"), Email: value},
			Fields:     fields[i%len(fields)],
		})
	}
	return records
}

// copyRow is a record as the COPY of an export sends it.
func copyRow(t *testing.T, r offhours.Record, attached ...offhours.Attachment) []byte {
	t.Helper()
	created, modified := FormatTime(r.CreatedOn), FormatTime(r.ModifiedOn)
	row := []*string{&r.ID, r.ProspectID, ptr(offhours.CustomActivityType), ptr("201"), r.Status, r.Owner, r.Note,
		&created, r.CreatedBy.ID, r.CreatedBy.Name, r.CreatedBy.Email, &modified, r.ModifiedBy.ID, r.ModifiedBy.Name, r.ModifiedBy.Email}
	var object map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(r.Fields), &object))
	for _, field := range restoreFields {
		var column *string
		if value, ok := object[field.SchemaName]; ok {
			if text, ok := columnText(value); ok {
				column = &text
			}
		}
		row = append(row, column)
	}
	columns := record{attached: attached}
	row = append(row, columns.attachments(offhours.Attachment.Shown), &r.ID, ptr("4711"), &modified, r.ExternalKey, &r.Fields, columns.attachments(asListed))
	return appendRow(nil, row...)
}

// download exports records in parts, as a worker does, and returns the folder
// with the files under the names that users get.
func download(t *testing.T, parts ...[]offhours.Record) string {
	t.Helper()
	return downloadWith(t, func(*Store, offhours.Part, offhours.Record) []offhours.Copy { return nil }, parts...)
}

// downloadWith exports records with the attachments that attach makes.
func downloadWith(t *testing.T, attach func(*Store, offhours.Part, offhours.Record) []offhours.Copy, parts ...[]offhours.Record) string {
	t.Helper()
	ctx, dir := t.Context(), t.TempDir()
	store := New(memblob.OpenBucket(nil))
	ref := offhours.RequestRef{AccountID: 1, RequestID: "019ab3f0-7a3c-7c1e-8d52-3f1b0e2a9c77"}
	shape := offhours.PartShape{Header: offhours.ExportHeader(restoreFields), List: offhours.ListHeader(offhours.ExportAndDelete)}
	manifest := offhours.Manifest{Version: offhours.ManifestVersion, Header: shape.Header, Fields: restoreFields, Request: offhours.ManifestRequest{
		ActivityType: 201, RequestType: offhours.ExportAndDelete,
		Selection: offhours.Selection{Before: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)},
	}}
	for i, records := range parts {
		number := i + 1
		w, err := store.CreatePart(ctx, ref, number, "1", shape)
		require.NoError(t, err)
		var copies []offhours.Copy
		for _, r := range records {
			var attached []offhours.Attachment
			for _, c := range attach(store, offhours.Part{RequestRef: ref, Number: number}, r) {
				c.Number, c.RecordID = len(copies)+1, r.ID
				copies, attached = append(copies, c), append(attached, c.Attachment)
			}
			_, err := w.Write(copyRow(t, r, attached...))
			require.NoError(t, err)
		}
		files, err := w.Commit()
		require.NoError(t, err)
		files.Copies = copies
		keys, err := store.VerifyPart(ctx, files, shape, manifest.Request.Selection)
		require.NoError(t, err)
		for name, stored := range map[string]offhours.Stored{offhours.CSVName(number): *files.CSV, offhours.ListName(number): files.List} {
			kind := offhours.FileManifest
			if stored == *files.CSV {
				kind = offhours.FileCSV
			}
			manifest.Files = append(manifest.Files, offhours.ManifestFile{Name: name, Kind: kind, Part: number, Rows: keys.Rows,
				Bytes: stored.Bytes, SHA256: stored.SHA256, FirstKey: keys.First, LastKey: keys.Last})
			save(t, store, stored.Key, filepath.Join(dir, name))
		}
		for _, c := range copies {
			if c.Missing {
				manifest.MissingAttachments++
				continue
			}
			manifest.Attachments++
			manifest.Files = append(manifest.Files, offhours.ManifestFile{Name: c.File, Kind: offhours.FileAttachment, Part: number, Bytes: c.Bytes, SHA256: c.SHA256})
			save(t, store, c.ArchiveKey, filepath.Join(dir, c.File))
		}
		manifest.Records += len(records)
	}
	stored, err := store.WriteManifest(ctx, ref, "1", manifest, nil)
	require.NoError(t, err)
	save(t, store, stored.Key, filepath.Join(dir, offhours.ManifestName))
	return dir
}

func save(t *testing.T, store *Store, key, path string) {
	t.Helper()
	blob, err := store.Open(t.Context(), key)
	require.NoError(t, err)
	defer blob.Close()
	text, err := io.ReadAll(blob)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, text, 0o600))
}

// change rewrites a file of the folder.
func change(t *testing.T, dir, name string, f func([]byte) []byte) {
	t.Helper()
	path := filepath.Join(dir, name)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, f(bytes.Clone(text)), 0o600))
}

// changeManifest rewrites the manifest of the folder.
func changeManifest(t *testing.T, dir string, f func(*offhours.Manifest)) {
	t.Helper()
	change(t, dir, offhours.ManifestName, func(text []byte) []byte {
		var m offhours.Manifest
		require.NoError(t, json.Unmarshal(text, &m))
		f(&m)
		text, err := json.Marshal(m)
		require.NoError(t, err)
		return text
	})
}

func TestADownloadedExportGivesEveryValueBack(t *testing.T) {
	t.Parallel()
	records := nasty()
	e, err := OpenExport(download(t, records[:10], records[10:]))
	require.NoError(t, err)
	require.Equal(t, 201, e.Manifest.Request.ActivityType)
	var got []offhours.Record
	for record, err := range e.Records() {
		require.NoError(t, err)
		want := offhours.CSVName(1)
		if len(got) >= 10 {
			want = offhours.CSVName(2)
		}
		require.Equal(t, want, record.File)
		got = append(got, record.Record)
	}
	require.Equal(t, records, got)
}

func TestRecordsCanBeLeftHalfWay(t *testing.T) {
	t.Parallel()
	e, err := OpenExport(download(t, nasty()))
	require.NoError(t, err)
	for record, err := range e.Records() {
		require.NoError(t, err)
		require.Equal(t, nasty()[0], record.Record)
		break
	}
}

func TestNoByteOfAnExportCanBeFlipped(t *testing.T) {
	t.Parallel()
	for _, name := range []string{offhours.CSVName(1), offhours.ListName(1)} {
		dir := download(t, nasty()[:4])
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		for at := range text {
			flipped := bytes.Clone(text)
			flipped[at] ^= 1
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), flipped, 0o600))
			_, err := OpenExport(dir)
			require.ErrorIs(t, err, offhours.ErrCorrupt, "byte %d of %s", at, name)
			require.ErrorContains(t, err, "records-0001")
		}
	}
}

func TestAnExportThatIsNotWholeIsRefused(t *testing.T) {
	t.Parallel()
	sealed := func(m *offhours.Manifest) *offhours.ManifestFile { return &m.Files[0] }
	for name, spoil := range map[string]func(t *testing.T, dir string){
		"a missing CSV file": func(t *testing.T, dir string) { require.NoError(t, os.Remove(filepath.Join(dir, offhours.CSVName(2)))) },
		"a missing list": func(t *testing.T, dir string) {
			require.NoError(t, os.Remove(filepath.Join(dir, offhours.ListName(1))))
		},
		"a cut file": func(t *testing.T, dir string) {
			change(t, dir, offhours.CSVName(1), func(b []byte) []byte { return b[:len(b)-1] })
		},
		"a longer file": func(t *testing.T, dir string) {
			change(t, dir, offhours.CSVName(1), func(b []byte) []byte { return append(b, '\n') })
		},
		"an empty file": func(t *testing.T, dir string) {
			change(t, dir, offhours.ListName(2), func([]byte) []byte { return nil })
		},
		"two files in each other's place": func(t *testing.T, dir string) {
			one, two := filepath.Join(dir, offhours.CSVName(1)), filepath.Join(dir, offhours.CSVName(2))
			require.NoError(t, os.Rename(one, one+"x"))
			require.NoError(t, os.Rename(two, one))
			require.NoError(t, os.Rename(one+"x", two))
		},
		"a manifest of fewer files": func(t *testing.T, dir string) {
			changeManifest(t, dir, func(m *offhours.Manifest) { m.Files = m.Files[1:] })
		},
		"a manifest of fewer parts": func(t *testing.T, dir string) {
			changeManifest(t, dir, func(m *offhours.Manifest) { m.Files = m.Files[2:] })
		},
		"a manifest that names a file twice": func(t *testing.T, dir string) {
			changeManifest(t, dir, func(m *offhours.Manifest) { m.Files[2], m.Files[3] = m.Files[0], m.Files[1] })
		},
		"other rows": func(t *testing.T, dir string) {
			changeManifest(t, dir, func(m *offhours.Manifest) { sealed(m).Rows++ })
		},
		"another first key": func(t *testing.T, dir string) {
			changeManifest(t, dir, func(m *offhours.Manifest) { sealed(m).FirstKey = "" })
		},
		"another checksum": func(t *testing.T, dir string) {
			changeManifest(t, dir, func(m *offhours.Manifest) { sealed(m).SHA256 = "" })
		},
		"another activity type": func(t *testing.T, dir string) {
			changeManifest(t, dir, func(m *offhours.Manifest) { m.Request.ActivityType++ })
		},
		"another selection": func(t *testing.T, dir string) {
			changeManifest(t, dir, func(m *offhours.Manifest) { m.Request.Selection.Before = nasty()[3].ModifiedOn })
		},
		"other columns": func(t *testing.T, dir string) {
			changeManifest(t, dir, func(m *offhours.Manifest) { m.Header = m.Header[1:] })
		},
		"a manifest that is not JSON": func(t *testing.T, dir string) {
			change(t, dir, offhours.ManifestName, func(b []byte) []byte { return b[1:] })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			records := nasty()
			dir := download(t, records[:10], records[10:])
			spoil(t, dir)
			_, err := OpenExport(dir)
			require.ErrorIs(t, err, offhours.ErrCorrupt)
		})
	}
}

func TestAFolderWithoutAManifestIsNoExport(t *testing.T) {
	t.Parallel()
	dir := download(t, nasty())
	require.NoError(t, os.Remove(filepath.Join(dir, offhours.ManifestName)))
	_, err := OpenExport(dir)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestAManifestOfAnotherKindIsRefused(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*offhours.Manifest){
		"version 2 is not known": func(m *offhours.Manifest) { m.Version = 2 },
		"Delete Only":            func(m *offhours.Manifest) { m.Request.RequestType = offhours.DeleteOnly },
		"no CSV file with a list": func(m *offhours.Manifest) {
			m.Files[0].Name = "../" + m.Files[0].Name
			m.Files[0].Kind = offhours.FileCSV
		},
	} {
		dir := download(t, nasty())
		changeManifest(t, dir, spoil)
		_, err := OpenExport(dir)
		require.ErrorContains(t, err, want)
	}
}

// A list and a CSV file whose checksums are right can still contradict each other.
func TestCustomFieldsMustStandInTheList(t *testing.T) {
	t.Parallel()
	null, seven, empty := Value{Null: true}, Value{Bytes: []byte("7")}, Value{Bytes: []byte{}}
	for _, tc := range []struct {
		columns []Value
		fields  string
		want    bool
	}{
		{nil, `{}`, true},
		{nil, `{"a": 7}`, true}, // undeclared
		{[]Value{null}, `{"a": 7}`, false},
		{[]Value{null}, `{"a": null}`, true},
		{[]Value{seven, null}, `{"a": "7"}`, true},
		{[]Value{null, seven}, `{"a": "7"}`, false},
		{[]Value{seven, seven}, `{"a": 7, "b": "7"}`, true},
		{[]Value{seven, seven}, `{"a": 7}`, false},
		{[]Value{seven}, `{"a": 8}`, false},
		{[]Value{empty}, `{"a": ""}`, true},
		{[]Value{empty}, `{"a": null}`, false},
		{[]Value{empty}, `{}`, false},
		{[]Value{{Bytes: []byte(`{"a": [1, 2]}`)}}, `{"a": {"a": [1, 2]}}`, true},
		{nil, `null`, false},
		{nil, `[]`, false},
		{nil, ``, false},
	} {
		require.Equal(t, tc.want, sameFields(tc.columns, []offhours.Field{{SchemaName: "a"}, {SchemaName: "b"}}[:len(tc.columns)], Value{Bytes: []byte(tc.fields)}), "%v in %s", tc.columns, tc.fields)
	}
}

func TestAReportReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 1, 12, 0, 0, 123456000, time.UTC)
	want := []offhours.ReportLine{
		{ID: ptr("a"), ModifiedOn: &at, Outcome: offhours.OutcomeDeleted, File: ptr(offhours.CSVName(1)), DeletedOn: &at},
		{ID: ptr("b"), ModifiedOn: &at, Outcome: offhours.OutcomeKeptChanged, Reason: ptr("modified, \"after\"\n")},
		{Outcome: offhours.OutcomeNotProcessed, Reason: ptr("")},
	}
	store := New(memblob.OpenBucket(nil))
	w, err := store.CreateReport(t.Context(), offhours.RequestRef{AccountID: 1, RequestID: "r"}, "1")
	require.NoError(t, err)
	for _, line := range want {
		require.NoError(t, w.Add(line))
	}
	stored, err := w.Commit(t.Context())
	require.NoError(t, err)
	blob, err := store.Open(t.Context(), stored.Key)
	require.NoError(t, err)
	defer blob.Close()
	var got []offhours.ReportLine
	for line, err := range ReadReport(blob) {
		require.NoError(t, err)
		got = append(got, line)
	}
	require.Equal(t, want, got)
}

func TestWhatIsNoReportIsRefused(t *testing.T) {
	t.Parallel()
	header := string(appendHeader(nil, offhours.ReportHeader))
	for name, text := range map[string]string{
		"nothing":       "",
		"other columns": `"a","b","c","d","e","f"` + "\n",
		"a cut line":    header + `"a","b`,
		"a wrong time":  header + `"a","yesterday","deleted",,,` + "\n",
		"no outcome":    header + `"a",,,,,` + "\n",
	} {
		var last error
		for _, err := range ReadReport(strings.NewReader(text)) {
			last = err
		}
		require.ErrorIs(t, last, offhours.ErrCorrupt, name)
	}
}
