package archive

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func TestAWholeExportHasNoFaults(t *testing.T) {
	t.Parallel()
	dir := attachedExport(t)
	for _, name := range []string{"z.txt", "a.txt"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	c, err := CheckExport(t.Context(), dir)
	require.NoError(t, err)
	require.Empty(t, c.Faults)
	require.Equal(t, []string{"a.txt", "z.txt"}, c.Strangers)
	text, err := os.ReadFile(filepath.Join(dir, offhours.ManifestName))
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("%x", sha256.Sum256(text)), c.Export.ManifestSHA256)
}

func TestEveryFileThatIsNotWholeIsNamed(t *testing.T) {
	t.Parallel()
	dir := attachedExport(t)
	files := map[string]func(string){
		offhours.CSVName(1):                    func(name string) { require.NoError(t, os.Remove(filepath.Join(dir, name))) },
		offhours.ListName(2):                   func(name string) { change(t, dir, name, func(b []byte) []byte { return b[:7] }) },
		offhours.CSVName(2):                    func(name string) { change(t, dir, name, func(b []byte) []byte { b[99] ^= 1; return b }) },
		offhours.AttachmentName(1, 1, "a.pdf"): func(name string) { change(t, dir, name, func(b []byte) []byte { return append(b, 0) }) },
	}
	for name, spoil := range files {
		spoil(name)
	}
	c, err := CheckExport(t.Context(), dir)
	require.NoError(t, err)
	found := map[string]string{}
	for _, fault := range c.Faults {
		require.ErrorIs(t, fault, offhours.ErrCorrupt)
		found[fault.File] = fault.Detail
	}
	require.Equal(t, "it is missing", found[offhours.CSVName(1)])
	require.Regexp(t, `^it has 7 bytes, not \d+$`, found[offhours.ListName(2)])
	require.Equal(t, "it has another SHA-256", found[offhours.CSVName(2)])
	require.Regexp(t, `^it has \d+ bytes, not \d+$`, found[offhours.AttachmentName(1, 1, "a.pdf")])
	require.Len(t, found, len(files))
}

// Files whose checksums are all right can still contradict the manifest.
func TestAManifestThatSaysOtherThanItsFilesIsAFault(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil  func(*offhours.Manifest)
		file   string
		detail string
	}{
		"records":     {func(m *offhours.Manifest) { m.Records++ }, offhours.ManifestName, "hold 5 records, it says 6"},
		"attachments": {func(m *offhours.Manifest) { m.Attachments++ }, offhours.ManifestName, "have 7 attachments and miss 1"},
		"missing":     {func(m *offhours.Manifest) { m.MissingAttachments = 0 }, offhours.ManifestName, "have 7 attachments and miss 1"},
		"header":      {func(m *offhours.Manifest) { m.Header[0] = "Id" }, offhours.ManifestName, "its columns"},
		"files": {func(m *offhours.Manifest) {
			m.Files = slices.DeleteFunc(m.Files, func(f offhours.ManifestFile) bool { return f.Name == offhours.ListName(1) })
		}, offhours.ManifestName, "no CSV file with a list"},
		"first key": {func(m *offhours.Manifest) {
			for i := range m.Files {
				m.Files[i].FirstKey = ""
			}
		}, offhours.CSVName(1), "other rows or keys"},
		"selection": {func(m *offhours.Manifest) { m.Request.Selection.Before = time.Time{} }, offhours.CSVName(1), "outside the selection"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := attachedExport(t)
			changeManifest(t, dir, tc.spoil)
			c, err := CheckExport(t.Context(), dir)
			require.NoError(t, err)
			require.Len(t, c.Faults, 1)
			require.Equal(t, tc.file, c.Faults[0].File)
			require.Contains(t, c.Faults[0].Detail, tc.detail)
		})
	}
}

func TestAFolderThatIsNoExportIsToldFromOneThatCannotBeRead(t *testing.T) {
	t.Parallel()
	c, err := CheckExport(t.Context(), t.TempDir())
	require.NoError(t, err)
	require.Equal(t, []*Fault{{offhours.ManifestName, "it is missing, and without it this is no export"}}, c.Faults)
	_, err = CheckExport(t.Context(), filepath.Join(t.TempDir(), "nowhere"))
	require.ErrorIs(t, err, os.ErrNotExist)
	dir := attachedExport(t)
	changeManifest(t, dir, func(m *offhours.Manifest) { m.Version++ })
	_, err = CheckExport(t.Context(), dir)
	require.ErrorContains(t, err, "version 2 is not known here")
}

// reportOf is the report of a request that deleted all but the last record.
func reportOf(records []offhours.Record, change func(lines []offhours.ReportLine) []offhours.ReportLine) string {
	lines := []offhours.ReportLine{{Outcome: offhours.OutcomeKeptChanged}}
	for i, r := range records {
		line := offhours.ReportLine{ID: &records[i].ID, ModifiedOn: &records[i].ModifiedOn, Outcome: offhours.OutcomeKeptChanged}
		if i < len(records)-1 {
			line.Outcome, line.File, line.DeletedOn = offhours.OutcomeDeleted, ptr(offhours.CSVName(1)), ptr(r.ModifiedOn.AddDate(1, 0, 0))
		}
		lines = append(lines, line)
	}
	out := appendHeader(nil, offhours.ReportHeader)
	for _, line := range change(lines) {
		outcome := string(line.Outcome)
		out = appendRow(out, line.ID, timeOrNull(line.ModifiedOn), &outcome, line.File, timeOrNull(line.DeletedOn), line.Reason)
	}
	return string(out)
}

func TestEveryDeletedRecordOfTheReportHasToBeInTheExport(t *testing.T) {
	t.Parallel()
	records := nasty()
	e, err := OpenExport(download(t, records))
	require.NoError(t, err)
	same := func(lines []offhours.ReportLine) []offhours.ReportLine { return lines }
	deleted, err := e.CheckReport("report.csv", strings.NewReader(reportOf(records, same)))
	require.NoError(t, err)
	require.Equal(t, len(records)-1, deleted)

	for detail, spoil := range map[string]func([]offhours.ReportLine) []offhours.ReportLine{
		"record 3 of it stands there twice": func(l []offhours.ReportLine) []offhours.ReportLine {
			return append(l[:2:2], l[1:]...)
		},
		"is not in it": func(l []offhours.ReportLine) []offhours.ReportLine { return l[:len(l)-1] },
		"record 2 of it was deleted, but is not in the export as it was then": func(l []offhours.ReportLine) []offhours.ReportLine {
			l[1].ModifiedOn = ptr(l[1].ModifiedOn.Add(time.Microsecond))
			return l
		},
		"record 3 of it was deleted, but is not in the export": func(l []offhours.ReportLine) []offhours.ReportLine {
			l[2].File = ptr(offhours.CSVName(2))
			return l
		},
		"record 4 of it was deleted, but is not in the export": func(l []offhours.ReportLine) []offhours.ReportLine {
			l[3].File = nil
			return l
		},
		"record 20 of it was deleted, but is not in the export": func(l []offhours.ReportLine) []offhours.ReportLine {
			one := l[1]
			one.ID = ptr("00000000-0000-4000-8000-00000000ffff")
			return append(l, one)
		},
	} {
		_, err := e.CheckReport("report.csv", strings.NewReader(reportOf(records, spoil)))
		require.ErrorIs(t, err, offhours.ErrCorrupt, detail)
		require.ErrorContains(t, err, "report.csv: ", detail)
		require.ErrorContains(t, err, detail)
	}
	_, err = e.CheckReport("report.csv", strings.NewReader(reportOf(records, same)[:500]))
	require.ErrorIs(t, err, offhours.ErrCorrupt)
}

func timeOrNull(t *time.Time) *string {
	if t == nil {
		return nil
	}
	text := FormatTime(*t)
	return &text
}
