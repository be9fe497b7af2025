package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// offline runs the command in an environment without any setting.
func offline(t *testing.T, args ...string) answer {
	t.Helper()
	var out, err bytes.Buffer
	code := (&tool{stdout: &out, stderr: &err}).run(t.Context(), append([]string{"restore-check"}, args...))
	return answer{code, out.String(), err.String()}
}

// downloaded is a folder with an export of two records and its report.
func downloaded(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	header := offhours.ExportHeader(nil)
	manifest := offhours.Manifest{
		Version: offhours.ManifestVersion, Header: header, Records: 2, WrittenOn: time.Date(2026, 5, 2, 3, 4, 5, 0, time.UTC),
		Request: offhours.ManifestRequest{
			ID: nobody, AccountID: 7, ActivityType: 201, EntityName: "Site\nvisit", RequestType: offhours.ExportAndDelete,
			Selection: offhours.Selection{Before: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
		},
	}
	csv, list, report := quoted(header...), quoted(offhours.ListHeader(offhours.ExportAndDelete)...), quoted(offhours.ReportHeader...)
	for n := range 2 {
		id, at := fmt.Sprintf("00000000-0000-4000-8000-00000000000%d", n), "2025-03-04T05:06:07.000000Z"
		csv += quoted(id, "", "2", "201", "", "", "", at, "", "", "", at, "", "", "", "[]")
		list += quoted(id, "4711", at, "", "{}", "[]")
		report += quoted(id, at, "deleted", offhours.CSVName(1), at, "")
		if n == 0 {
			manifest.Files = []offhours.ManifestFile{{FirstKey: at + " " + id}, {FirstKey: at + " " + id}}
		}
		for i := range manifest.Files {
			manifest.Files[i].LastKey = at + " " + id
		}
	}
	for i, text := range []string{csv, list} {
		f := &manifest.Files[i]
		f.Name, f.Kind = []string{offhours.CSVName(1), offhours.ListName(1)}[i], []string{offhours.FileCSV, offhours.FileManifest}[i]
		f.Part, f.Rows, f.Bytes, f.SHA256 = 1, 2, int64(len(text)), fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
		put(t, dir, f.Name, text)
	}
	text, err := json.Marshal(manifest)
	require.NoError(t, err)
	put(t, dir, offhours.ManifestName, string(text))
	put(t, dir, "report-"+nobody+".csv", report)
	return dir
}

func quoted(values ...string) string { return `"` + strings.Join(values, `","`) + "\"\n" }

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
}

func TestAWholeExportIsSaidToBe(t *testing.T) {
	t.Parallel()
	dir := downloaded(t)
	got := offline(t, dir)
	require.Equal(t, exitDone, got.code, got.stdout+got.stderr)
	require.Empty(t, got.stderr)
	for _, line := range []string{
		`Request +` + nobody, `Account +7`, `Activity type +201 "Site\\nvisit"`, `Selection +modified before 2026-01-01 00:00:00 UTC`,
		`Written +2026-05-02 03:04:05 UTC`, `Manifest +SHA-256 [0-9a-f]{64}`, `Files +2, \d+ bytes`, `Records +2`,
		`Report +report-` + nobody + `.csv: 2 records were deleted`,
		`The export is whole: every record that the request deleted can be restored from it\.`,
	} {
		require.Regexp(t, `(?m)^`+line+`$`, got.stdout)
	}
	require.NotContains(t, got.stdout, "Not of it")
}

func TestWithoutItsReportAnExportIsWholeInItself(t *testing.T) {
	t.Parallel()
	dir := downloaded(t)
	report := filepath.Join(t.TempDir(), "r.csv")
	require.NoError(t, os.Rename(filepath.Join(dir, "report-"+nobody+".csv"), report))
	put(t, dir, "notes.txt", "")

	got := offline(t, dir)
	require.Equal(t, exitDone, got.code, got.stdout+got.stderr)
	require.Regexp(t, `(?m)^Not of it +notes\.txt$`, got.stdout)
	require.Contains(t, got.stdout, "every record in it can be restored")

	found := document(t, offline(t, dir, "--report", report, "-o", "json").stdout)
	require.Equal(t, map[string]any{"file": "r.csv", "deleted": 2.0}, found["report"])

	put(t, filepath.Dir(report), "r.csv", quoted(offhours.ReportHeader...))
	require.Equal(t, exitNotWhole, offline(t, dir, "--report", report).code)
	require.Equal(t, exitError, offline(t, dir, "--report", report+"x").code)
}

// What scripts read may grow, but nothing in it may go.
func TestAnExportThatIsNotWholeSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := downloaded(t)
	put(t, dir, offhours.CSVName(1), "")
	require.NoError(t, os.Remove(filepath.Join(dir, offhours.ListName(1))))

	got := offline(t, dir)
	require.Equal(t, exitNotWhole, got.code)
	require.Regexp(t, `(?m)^WRONG +records-0001\.csv: it has 0 bytes, not \d+$`, got.stdout)
	require.Regexp(t, `(?m)^WRONG +records-0001\.list\.csv: it is missing$`, got.stdout)
	require.Regexp(t, `(?m)^THE EXPORT IS NOT WHOLE`, got.stdout)
	require.NotContains(t, got.stdout, "Not of it", "the report belongs to it, though it was not compared")

	got = offline(t, dir, "--output", "json")
	require.Equal(t, exitNotWhole, got.code)
	require.Empty(t, got.stderr)
	found := document(t, got.stdout)
	require.ElementsMatch(t, keys(found), []string{"whole", "manifest", "report", "faults", "otherFiles"})
	require.ElementsMatch(t, keys(found["manifest"]), []string{"request", "sha256", "files", "bytes", "records", "attachments", "missingAttachments", "writtenOn"})
	require.Equal(t, false, found["whole"])
	require.Equal(t, map[string]any{"file": "records-0001.list.csv", "detail": "it is missing"}, found["faults"].([]any)[1])

	require.NoError(t, os.Remove(filepath.Join(dir, offhours.ManifestName)))
	got = offline(t, dir, "--output", "json")
	require.Equal(t, exitNotWhole, got.code)
	require.Nil(t, document(t, got.stdout)["manifest"])
}

func TestACheckThatCannotBeMadeIsNoVerdict(t *testing.T) {
	t.Parallel()
	dir := downloaded(t)
	for code, args := range map[int][]string{
		exitUsage: {},
		exitError: {filepath.Join(dir, "nowhere")},
	} {
		got := offline(t, args...)
		require.Equal(t, code, got.code, args)
		require.Empty(t, got.stdout)
		require.True(t, strings.HasPrefix(got.stderr, "starter: "), got.stderr)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out, err bytes.Buffer
	require.Equal(t, exitStopped, (&tool{stdout: &out, stderr: &err}).run(ctx, []string{"restore-check", dir}))
	require.Empty(t, out.String())
}
