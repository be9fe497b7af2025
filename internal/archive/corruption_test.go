package archive

import (
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func TestOneFlippedBitAnywhereIsFound(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	part := write(t, s, attempt, shape, copyOf(shape, someRecords(3)))
	for _, key := range []string{part.CSV.Key, part.List.Key} {
		good := get(t, s, key)
		for i := range len(good) {
			bad := []byte(good)
			bad[i] ^= 1 << (i % 8)
			replace(t, s, key, string(bad))
			_, err := s.VerifyPart(t.Context(), part, shape, selection)
			require.ErrorIs(t, err, offhours.ErrCorrupt, "byte %d of %s", i, key)
			if key == part.List.Key {
				_, err = s.ReadList(t.Context(), part.List, shape.List)
				requireArchiveChanged(t, err)
			}
		}
		replace(t, s, key, good)
	}
	_, err := s.VerifyPart(t.Context(), part, shape, selection)
	require.NoError(t, err)
}

// An S3 store keeps a checksum of its own, and the driver fails before ours is
// computed.
func TestAFileThatItsStoreFindsDamagedIsCorrupt(t *testing.T) {
	t.Parallel()
	s, server := inS3(t)
	part := write(t, s, attempt, shape, copyOf(shape, someRecords(3)))
	_, err := s.VerifyPart(t.Context(), part, shape, selection)
	require.NoError(t, err)
	server.Damage(math.MaxInt)
	_, err = s.VerifyPart(t.Context(), part, shape, selection)
	require.ErrorIs(t, err, offhours.ErrCorrupt)
	requireArchiveChanged(t, s.Check(t.Context(), *part.CSV))
	blob, err := s.Open(t.Context(), part.CSV.Key)
	require.NoError(t, err)
	defer blob.Close()
	require.ErrorContains(t, copyAll(blob), mismatch, "it was not the store's checksum that found it")
}

// What follows from a changed archive is final, so that bits which flip on the way
// must not pass for one.
func TestAFileThatIsDamagedOnTheWayIsReadAgain(t *testing.T) {
	t.Parallel()
	s, server := inS3(t)
	part := write(t, s, attempt, shape, copyOf(shape, someRecords(3)))
	server.Damage(maxReads - 1)
	require.NoError(t, s.Check(t.Context(), *part.CSV))
	server.Damage(maxReads - 1)
	entries, err := s.ReadList(t.Context(), part.List, shape.List)
	require.NoError(t, err)
	require.Len(t, entries, 3)
	server.Damage(maxReads)
	_, err = s.ReadList(t.Context(), part.List, shape.List)
	requireArchiveChanged(t, err)
}

func requireArchiveChanged(t *testing.T, err error) {
	t.Helper()
	var failure *offhours.Failure
	require.ErrorAs(t, err, &failure)
	require.Equal(t, offhours.FailureArchiveChanged, failure.Code)
}

func TestAFileCutAnywhereIsFound(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	part := write(t, s, attempt, shape, copyOf(shape, someRecords(3)))
	for _, key := range []string{part.CSV.Key, part.List.Key} {
		good := get(t, s, key)
		for n := range len(good) {
			replace(t, s, key, good[:n])
			_, err := s.VerifyPart(t.Context(), part, shape, selection)
			require.ErrorIs(t, err, offhours.ErrCorrupt, "%d bytes of %s", n, key)
		}
		replace(t, s, key, good)
	}
}

func TestChangesOfEitherFileAreFound(t *testing.T) {
	t.Parallel()
	rows := func(text string) []string { return strings.SplitAfter(strings.ReplaceAll(text, "\r\n", "\r|"), "\n") }
	changes := map[string]func(good string) string{
		"a newline appended":     func(good string) string { return good + "\n" },
		"a byte appended":        func(good string) string { return good + "x" },
		"a row appended twice":   func(good string) string { r := rows(good); return good + r[len(r)-2] },
		"a row inserted twice":   func(good string) string { r := rows(good); return strings.Join(slices.Insert(r, 1, r[1]), "") },
		"two rows swapped":       func(good string) string { r := rows(good); r[1], r[2] = r[2], r[1]; return strings.Join(r, "") },
		"a row less":             func(good string) string { r := rows(good); return strings.Join(slices.Delete(r, 2, 3), "") },
		"the last row less":      func(good string) string { r := rows(good); return strings.Join(r[:len(r)-2], "") },
		"all rows less":          func(good string) string { return rows(good)[0] },
		"no header":              func(good string) string { return strings.Join(rows(good)[1:], "") },
		"two headers":            func(good string) string { return rows(good)[0] + good },
		"nothing":                func(string) string { return "" },
		"Windows line ends":      func(good string) string { return strings.ReplaceAll(good, "\n", "\r\n") },
		"NULL made empty":        func(good string) string { return strings.Replace(good, ",,", ",\"\",", 1) },
		"another header":         func(good string) string { return strings.Replace(good, "ProspectActivityId", "prospectActivityId", 1) },
		"the same text unquoted": func(good string) string { return strings.Replace(good, "\""+id(1)+"\"", id(1), 1) },
	}
	eachBucket(t, func(t *testing.T, s *Store) {
		records := someRecords(3)
		records[2].note = nil
		part := write(t, s, attempt, shape, copyOf(shape, records))
		for _, key := range []string{part.CSV.Key, part.List.Key} {
			good := get(t, s, key)
			for name, change := range changes {
				bad := strings.ReplaceAll(change(good), "\r|", "\r\n")
				require.NotEqual(t, good, bad, name)
				replace(t, s, key, bad)
				_, err := s.VerifyPart(t.Context(), part, shape, selection)
				require.ErrorIs(t, err, offhours.ErrCorrupt, "%s in %s", name, key)
				if key == part.List.Key {
					_, err = s.ReadList(t.Context(), part.List, shape.List)
					requireArchiveChanged(t, err)
				}
			}
			replace(t, s, key, good)
		}
	})
}

func TestAMissingFileIsFound(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		for _, attempt := range []string{"csv", "list"} {
			part := write(t, s, attempt, shape, copyOf(shape, someRecords(3)))
			key := map[string]string{"csv": part.CSV.Key, "list": part.List.Key}[attempt]
			require.NoError(t, s.Remove(t.Context(), key, key), "removing twice is fine")
			_, err := s.VerifyPart(t.Context(), part, shape, selection)
			require.ErrorIs(t, err, offhours.ErrCorrupt)
			requireArchiveChanged(t, s.Check(t.Context(), offhours.Stored{Key: key, Bytes: 1}))
			_, err = s.Open(t.Context(), key)
			require.True(t, offhours.Is(err, offhours.CodeNotFound))
			if attempt == "list" {
				_, err = s.ReadList(t.Context(), part.List, shape.List)
				requireArchiveChanged(t, err)
			}
		}
	})
}

func TestAFileThatChangedAfterItWasVerifiedIsFound(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		part := write(t, s, attempt, shape, copyOf(shape, someRecords(3)))
		require.NoError(t, s.Check(t.Context(), *part.CSV))
		text := get(t, s, part.CSV.Key)
		for _, other := range []string{text + "\n", text[1:], "'" + text[1:]} {
			replace(t, s, part.CSV.Key, other)
			requireArchiveChanged(t, s.Check(t.Context(), *part.CSV))
		}
	})
}

// pair stores two files that are exactly what was written, checksums and all:
// what is wrong with them is what they say.
func pair(t *testing.T, s *Store, csv, list []record, rows int) offhours.PartFiles {
	t.Helper()
	csvText, listText := string(appendHeader(nil, shape.Header)), string(appendHeader(nil, shape.List))
	for _, r := range csv {
		csvText += r.csv()
	}
	for _, r := range list {
		listText += r.list()
	}
	stored := put(t, s, CSVKey(ref, 1, attempt), csvText)
	return offhours.PartFiles{CSV: &stored, List: put(t, s, ListKey(ref, 1, attempt), listText), Rows: rows}
}

func TestFilesThatWereWrittenSoButSayTheWrongThingAreCorrupt(t *testing.T) {
	t.Parallel()
	good := someRecords(3)
	change := func(change func(r []record)) []record { r := slices.Clone(good); change(r); return r }
	swapped := change(func(r []record) { r[0], r[1] = r[1], r[0] })
	repeated := change(func(r []record) { r[1] = r[0] })
	outside := change(func(r []record) { r[2].modified = cutoff })
	for name, c := range map[string]struct {
		csv, list []record
		rows      int
	}{
		"a row less in the CSV file":       {good[:2], good, 3},
		"no rows in the CSV file":          {nil, good, 3},
		"a row less in the list":           {good, good[:2], 2},
		"no rows in the list":              {good, nil, 0},
		"fewer rows than were counted":     {good, good, 4},
		"more rows than were counted":      {good, good, 2},
		"another id in the CSV file":       {change(func(r []record) { r[1].id = id(9) }), good, 3},
		"another time in the CSV file":     {change(func(r []record) { r[1].modified = r[1].modified.Add(time.Microsecond) }), good, 3},
		"rows in another order":            {swapped, swapped, 3},
		"rows in another order in one":     {swapped, good, 3},
		"a row twice":                      {repeated, repeated, 3},
		"a row at the cut-off":             {outside, outside, 3},
		"an earlier row after a later one": {good[1:], append(good[1:2:2], good[0]), 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := inMemory(t)
			_, err := s.VerifyPart(t.Context(), pair(t, s, c.csv, c.list, c.rows), shape, selection)
			require.ErrorIs(t, err, offhours.ErrCorrupt)
		})
	}
}

func TestOnBothSidesOfACustomRangeRowsAreSelected(t *testing.T) {
	t.Parallel()
	after, until := cutoff.AddDate(0, 0, 10), cutoff.AddDate(0, 0, 20)
	custom := offhours.Selection{Before: cutoff, After: &after, Until: &until}
	verify := func(modified ...time.Time) error {
		var records []record
		for i, m := range modified {
			records = append(records, record{id(i), m, nil, nil})
		}
		s := inMemory(t)
		_, err := s.VerifyPart(t.Context(), pair(t, s, records, records, len(records)), shape, custom)
		return err
	}
	require.NoError(t, verify(cutoff.Add(-time.Microsecond), after, until.Add(-time.Microsecond)))
	require.ErrorIs(t, verify(cutoff), offhours.ErrCorrupt)
	require.ErrorIs(t, verify(after.Add(-time.Microsecond)), offhours.ErrCorrupt)
	require.ErrorIs(t, verify(until), offhours.ErrCorrupt)
}

func TestAListEntryNeedsAKeyAndATime(t *testing.T) {
	t.Parallel()
	good := []*string{text(id(0)), text("731"), text(FormatTime(cutoff.Add(-time.Hour))), text("[]")}
	for name, change := range map[string]func(row []*string){
		"no id":                      func(row []*string) { row[0] = nil },
		"no version":                 func(row []*string) { row[1] = nil },
		"no time":                    func(row []*string) { row[2] = nil },
		"no such date":               func(row []*string) { row[2] = text("2026-02-30T00:00:00.000000Z") },
		"milliseconds":               func(row []*string) { row[2] = text("2026-02-03T00:00:00.000Z") },
		"another zone":               func(row []*string) { row[2] = text("2026-02-03T00:00:00.000000+05:30") },
		"a comma for the point":      func(row []*string) { row[2] = text("2026-02-03T00:00:00,000000Z") },
		"an hour without its nought": func(row []*string) { row[2] = text("2026-02-03T1:00:00.000000Z") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row := slices.Clone(good)
			change(row)
			s := inMemory(t)
			list := put(t, s, ListKey(ref, 1, attempt), string(appendRow(appendHeader(nil, listOnly.List), row...)))
			_, err := s.VerifyPart(t.Context(), offhours.PartFiles{List: list, Rows: 1}, listOnly, selection)
			require.ErrorIs(t, err, offhours.ErrCorrupt)
			_, err = s.ReadList(t.Context(), list, listOnly.List)
			requireArchiveChanged(t, err)
		})
	}
}

func TestANetworkThatFailsWhileReadingBackIsNotTakenForCorruption(t *testing.T) {
	t.Parallel()
	away := errors.New("the network is away")
	records := someRecords(2)
	csv := string(appendHeader(nil, shape.Header)) + records[0].csv() + records[1].csv()
	list := string(appendHeader(nil, shape.List)) + records[0].list() + records[1].list()
	for name, c := range map[string]struct{ list, csv io.Reader }{
		"inside the list":      {failing(list[:len(list)-9], away), strings.NewReader(csv)},
		"after the list":       {failing(list, away), strings.NewReader(csv)},
		"inside the CSV file":  {strings.NewReader(list), failing(csv[:len(csv)-9], away)},
		"after the CSV file":   {strings.NewReader(list), failing(csv, away)},
		"between two CSV rows": {strings.NewReader(list), failing(csv[:len(csv)-len(records[1].csv())], away)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := verifyRows(rowsOf(t, c.list, shape.List), rowsOf(t, c.csv, shape.Header), copySet{}, selection)
			require.ErrorIs(t, err, away)
			require.NotErrorIs(t, err, offhours.ErrCorrupt)
		})
	}
}

func failing(text string, err error) io.Reader {
	return io.MultiReader(strings.NewReader(text), iotest.ErrReader(err))
}

func rowsOf(t *testing.T, in io.Reader, header []string) *rowsFile {
	t.Helper()
	f := &rowsFile{reading: &reading{Reader: in}, rows: newRowReader(in, len(header))}
	require.NoError(t, f.rows.checkHeader(header))
	return f
}
