package archive

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

var update = flag.Bool("update", false, "write the golden files anew")

func requireGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with -update")
	require.Equal(t, string(want), got)
}

func TestTheTextOfAPart(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	part := write(t, s, attempt, shape, copyOf(shape, someRecords(5)))
	requireGolden(t, "part.csv", get(t, s, part.CSV.Key))
	requireGolden(t, "part.list.csv", get(t, s, part.List.Key))
}

func TestTheTextOfADeleteOnlyListHoldsNoFieldValues(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	part := write(t, s, attempt, listOnly, copyOf(listOnly, someRecords(2)))
	requireGolden(t, "delete-only.list.csv", get(t, s, part.List.Key))
}

func someManifest() offhours.Manifest {
	after, until := cutoff.AddDate(0, 0, 9), cutoff.AddDate(0, 0, 29)
	from, to := offhours.Date{Year: 2026, Month: 4, Day: 1}, offhours.Date{Year: 2026, Month: 4, Day: 9}
	return offhours.Manifest{
		Version: offhours.ManifestVersion, Header: shape.Header, FormulaGuard: "none", Records: 5, Attachments: 2, MissingAttachments: 1,
		Request: offhours.ManifestRequest{
			ID: ref.RequestID, AccountID: ref.AccountID, ActivityType: 201, EntityName: "Visit & \"Call\" <b>", RequestType: offhours.ExportAndDelete,
			Range: offhours.DateRange{From: &from, To: &to}, Selection: offhours.Selection{Before: cutoff, After: &after, Until: &until}, CreatedOn: until,
		},
		Database: offhours.DatabaseID{System: "7301234567890123456", Timeline: "00000001"},
		Files: []offhours.ManifestFile{{
			Name: offhours.CSVName(1), Kind: offhours.FileCSV, Part: 1, Rows: 5, Bytes: 1234, SHA256: strings.Repeat("0f", 32),
			FirstKey: FormatTime(cutoff) + " " + id(0), LastKey: FormatTime(cutoff) + " " + id(4),
		}},
		WrittenOn: until.Add(time.Hour),
	}
}

func someAttachments(err error) iter.Seq2[offhours.ManifestFile, error] {
	return func(yield func(offhours.ManifestFile, error) bool) {
		for number := range 2 {
			name := offhours.AttachmentName(1, number+1, "a.PDF")
			if !yield(offhours.ManifestFile{Name: name, Kind: offhours.FileAttachment, Part: 1, Bytes: 7, SHA256: strings.Repeat("1f", 32)}, nil) {
				return
			}
		}
		if err != nil {
			yield(offhours.ManifestFile{}, err)
		}
	}
}

func TestAManifestIsWrittenAndReadBack(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		stored, err := s.WriteManifest(t.Context(), ref, attempt, someManifest(), someAttachments(nil))
		require.NoError(t, err)
		text := get(t, s, stored.Key)
		var read offhours.Manifest
		require.NoError(t, json.Unmarshal([]byte(text), &read))
		require.Len(t, read.Files, 3)
		require.Equal(t, int64(len(text)), stored.Bytes)
		requireGolden(t, "manifest.json", text)
		require.NoError(t, s.Check(t.Context(), stored))

		require.NoError(t, s.verify(t.Context(), stored))
		for _, other := range []string{text + " ", text[:len(text)-1], " " + text[1:]} {
			replace(t, s, stored.Key, other)
			require.ErrorIs(t, s.verify(t.Context(), stored), offhours.ErrCorrupt)
		}
		require.NoError(t, s.Remove(t.Context(), stored.Key))
		require.ErrorIs(t, s.verify(t.Context(), stored), offhours.ErrCorrupt)
	})
}

func TestAManifestWhoseAttachmentsCannotBeReadIsNotWritten(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		_, err := s.WriteManifest(t.Context(), ref, attempt, someManifest(), someAttachments(io.ErrUnexpectedEOF))
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Empty(t, files(t, s))
	})
}

func TestAnAttemptAtAManifestDoesNotReplaceAnother(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		first, err := s.WriteManifest(t.Context(), ref, "1-run-1-1", someManifest(), someAttachments(nil))
		require.NoError(t, err)
		other := someManifest()
		other.Records = 6
		_, err = s.WriteManifest(t.Context(), ref, "1-run-1-1", other, nil)
		require.Error(t, err)
		requireGolden(t, "manifest.json", get(t, s, first.Key))
		_, err = s.WriteManifest(t.Context(), ref, "1-run-1-2", other, nil)
		require.NoError(t, err)
		require.Len(t, files(t, s), 2)
	})
}

// someLines are one line of every outcome.
func someLines() []offhours.ReportLine {
	modified, deletedOn := cutoff.Add(-time.Hour), cutoff.AddDate(0, 1, 0)
	file := offhours.CSVName(1)
	reason := func(outcome offhours.Outcome) *string { return text("because it is \"" + string(outcome) + "\", so") }
	lines := []offhours.ReportLine{{ID: text(id(0)), ModifiedOn: &modified, Outcome: offhours.OutcomeDeleted, File: &file, DeletedOn: &deletedOn}}
	for i, outcome := range []offhours.Outcome{
		offhours.OutcomeKeptChanged, offhours.OutcomeKeptAttachment, offhours.OutcomeAlreadyGone, offhours.OutcomeFailed, offhours.OutcomeNotProcessed,
	} {
		lines = append(lines, offhours.ReportLine{ID: text(id(i + 1)), ModifiedOn: &modified, Outcome: outcome, File: &file, Reason: reason(outcome)})
	}
	return append(lines, offhours.ReportLine{Outcome: offhours.OutcomeKeptChanged, Reason: text("no longer matched")})
}

func TestTheTextOfAReport(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		w, err := s.CreateReport(t.Context(), ref, attempt)
		require.NoError(t, err)
		for i, line := range someLines() {
			require.Equal(t, i, w.Lines())
			require.NoError(t, w.Add(line))
		}
		stored, err := w.Commit(t.Context())
		require.NoError(t, err)
		require.Equal(t, ReportKey(ref, attempt), stored.Key)
		requireGolden(t, "report.csv", get(t, s, stored.Key))
	})
}

func TestALongReportHasALineForEachRecord(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		w, err := s.CreateReport(t.Context(), ref, attempt)
		require.NoError(t, err)
		for i := range 20_000 {
			line := someLines()[i%7]
			line.Reason = text(fmt.Sprintf("line %d\n", i))
			require.NoError(t, w.Add(line))
		}
		stored, err := w.Commit(t.Context())
		require.NoError(t, err)
		rows, err := readRows(strings.NewReader(get(t, s, stored.Key)), len(offhours.ReportHeader))
		require.NoError(t, err)
		require.Len(t, rows, 20_001)
		require.Equal(t, "line 19999\n", *rows[20_000][5])
	})
}

func TestAReportThatIsGivenUpLeavesNothing(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		w, err := s.CreateReport(t.Context(), ref, attempt)
		require.NoError(t, err)
		for range 5_000 {
			require.NoError(t, w.Add(someLines()[1]))
		}
		w.Abort()
		require.Empty(t, files(t, s))
	})
}
