package archive

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func TestAPartThatWasWrittenVerifiesAndItsListIsRead(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		records := someRecords(5)
		part := write(t, s, attempt, shape, copyOf(shape, records))
		require.Equal(t, 5, part.Rows)
		require.Equal(t, []string{part.CSV.Key, part.List.Key}, files(t, s))

		keys, err := s.VerifyPart(t.Context(), part, shape, selection)
		require.NoError(t, err)
		require.Equal(t, offhours.PartKeys{
			Rows: 5, First: "2026-03-31T23:59:59.999995Z " + id(0), Last: "2026-03-31T23:59:59.999999Z " + id(4),
		}, keys)

		list, err := s.ReadList(t.Context(), part.List, shape.List)
		require.NoError(t, err)
		require.Len(t, list, 5)
		for i, entry := range list {
			require.Equal(t, offhours.Listed{ID: id(i), Version: "731", ModifiedOn: records[i].modified}, entry)
		}
	})
}

func TestADeleteOnlyPartHasAListAlone(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		part := write(t, s, attempt, listOnly, copyOf(listOnly, someRecords(3)))
		require.Nil(t, part.CSV)
		require.Equal(t, []string{part.List.Key}, files(t, s))
		keys, err := s.VerifyPart(t.Context(), part, listOnly, selection)
		require.NoError(t, err)
		require.Equal(t, 3, keys.Rows)
	})
}

func TestAPartWithoutRowsHasHeadersAlone(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		part := write(t, s, attempt, shape, "")
		keys, err := s.VerifyPart(t.Context(), part, shape, selection)
		require.NoError(t, err)
		require.Equal(t, offhours.PartKeys{}, keys)
		list, err := s.ReadList(t.Context(), part.List, shape.List)
		require.NoError(t, err)
		require.Empty(t, list)
	})
}

func TestALargePartIsTheSameAsASmallOne(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		records := someRecords(256)
		for i := range records {
			records[i].note = text(strings.Repeat("long, \"note\"\n", 1000))
		}
		part := write(t, s, attempt, shape, copyOf(shape, records))
		require.Greater(t, part.CSV.Bytes, int64(8*flushAt))
		keys, err := s.VerifyPart(t.Context(), part, shape, selection)
		require.NoError(t, err)
		require.Equal(t, 256, keys.Rows)
		require.Equal(t, part.CSV.Bytes, int64(len(get(t, s, part.CSV.Key))))
	})
}

func TestTwoAttemptsDoNotTouchEachOthersFiles(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		first := write(t, s, "1-run-5-1", shape, copyOf(shape, someRecords(2)))
		second := write(t, s, "2-run-5-2", shape, copyOf(shape, someRecords(3)))
		require.Len(t, files(t, s), 4)
		for _, part := range []offhours.PartFiles{first, second} {
			_, err := s.VerifyPart(t.Context(), part, shape, selection)
			require.NoError(t, err)
		}
	})
}

func TestAnAttemptThatRunsTwiceKeepsTheFirstFiles(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		one, err := s.CreatePart(t.Context(), ref, 1, attempt, shape)
		require.NoError(t, err)
		two, err := s.CreatePart(t.Context(), ref, 1, attempt, shape)
		require.NoError(t, err)
		_, err = one.Write([]byte(copyOf(shape, someRecords(2))))
		require.NoError(t, err)
		_, err = two.Write([]byte(copyOf(shape, someRecords(3))))
		require.NoError(t, err)
		part, err := one.Commit()
		require.NoError(t, err)
		_, err = two.Commit()
		require.Error(t, err)
		_, err = s.VerifyPart(t.Context(), part, shape, selection)
		require.NoError(t, err)
		require.Len(t, files(t, s), 2)
	})
}

// begin writes so much that the bucket has seen some of it, and half a row.
func begin(ctx context.Context, t *testing.T, s *Store) *PartWriter {
	t.Helper()
	w, err := s.CreatePart(ctx, ref, 1, attempt, shape)
	require.NoError(t, err)
	stream := copyOf(shape, []record{{id(0), cutoff, text(strings.Repeat("x", 2*flushAt)), nil}, {id(1), cutoff, nil, nil}})
	_, err = w.Write([]byte(stream[:len(stream)-5]))
	require.NoError(t, err)
	return w
}

func TestAPartThatIsGivenUpLeavesNothing(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		begin(t.Context(), t, s).Abort()
		require.Empty(t, files(t, s))
	})
}

func TestACopyThatEndsInsideARowLeavesNothing(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		_, err := begin(t.Context(), t, s).Commit()
		require.ErrorIs(t, err, errShortRow)
		require.Empty(t, files(t, s))
	})
}

func TestACancelledPartLeavesNothing(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		ctx, cancel := context.WithCancel(t.Context())
		w := begin(ctx, t, s)
		cancel()
		w.Abort()
		require.Empty(t, files(t, s))

		ctx, cancel = context.WithCancel(t.Context())
		w, err := s.CreatePart(ctx, ref, 1, attempt, shape)
		require.NoError(t, err)
		_, err = w.Write([]byte(copyOf(shape, someRecords(2))))
		require.NoError(t, err)
		cancel()
		_, err = w.Commit()
		require.Error(t, err, "a whole part is not written any more, either")
		require.Empty(t, files(t, s))
	})
}

func TestACopyWithTooFewColumnsIsRefused(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]string{
		"too few columns":    "\"a\",\"b\"\n",
		"text without quote": "a,b\n",
		"an empty row":       "\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := inMemory(t)
			w, err := s.CreatePart(t.Context(), ref, 1, attempt, shape)
			require.NoError(t, err)
			_, err = w.Write([]byte(copyOf(shape, someRecords(1)) + row))
			require.EqualError(t, err, "row 2 of the copy: too few columns")
			w.Abort()
			require.Empty(t, files(t, s))
		})
	}
}

func TestACopyWithTextAfterAQuoteIsRefused(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	w, err := s.CreatePart(t.Context(), ref, 1, attempt, shape)
	require.NoError(t, err)
	_, err = w.Write([]byte("\"a\"x" + strings.Repeat(",", 2*len(shape.Header)) + "\n"))
	require.EqualError(t, err, "row 1 of the copy: too few columns")
	w.Abort()
}

// Entries share the memory of their texts, and neighbours a version.
func TestALongListIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	rows := appendHeader(nil, listOnly.List)
	var want []offhours.Listed
	for i := range 5_000 {
		entry := offhours.Listed{
			ID:      fmt.Sprintf("%08x-0000-4000-8000-%012x", i, i*i),
			Version: strings.Repeat("7", 1+i/40%3) + fmt.Sprint(i/30%2), ModifiedOn: cutoff.Add(time.Duration(i-9_999) * time.Microsecond),
		}
		attachments := "[]"
		if i%100 == 0 {
			entry.Attachments = []offhours.Attachment{{Number: i + 1, ID: entry.ID, Version: "9"}}
			attachments = fmt.Sprintf(`[{"number":%d,"id":"%s","version":"9"}]`, i+1, entry.ID)
		}
		modified := FormatTime(entry.ModifiedOn)
		rows = appendRow(rows, &entry.ID, &entry.Version, &modified, &attachments)
		want = append(want, entry)
	}
	list, err := s.ReadList(t.Context(), put(t, s, ListKey(ref, 1, attempt), string(rows)), listOnly.List)
	require.NoError(t, err)
	require.Equal(t, want, list)
}

// A part has two files, each with a sync of its own and of the four folders that
// lead to it. Any of them may be the one that the disk refuses.
func TestAPartWhoseFilesCannotBeMadeDurableWasNotWritten(t *testing.T) {
	t.Parallel()
	s := inFiles(t, t.TempDir())
	for refused := 1; ; refused++ {
		w, err := s.CreatePart(t.Context(), ref, 1, attempt, shape)
		require.NoError(t, err)
		_, err = w.Write([]byte(copyOf(shape, someRecords(2))))
		require.NoError(t, err)
		calls := 0
		s.disk.sync = func(f *os.File) error {
			if calls++; calls == refused {
				return errors.New("input/output error")
			}
			return f.Sync()
		}
		part, err := w.Commit()
		if err == nil {
			require.Equal(t, 1+2*5, refused, "every sync was refused once")
			break
		}
		require.Equal(t, offhours.PartFiles{}, part)
		require.Empty(t, files(t, s), "after sync %d was refused", refused)
	}
}

func TestAListThatCannotBeCommittedLeavesNoPart(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		put(t, s, ListKey(ref, 1, attempt), "taken") // makes the second commit fail
		w, err := s.CreatePart(t.Context(), ref, 1, attempt, shape)
		require.NoError(t, err)
		_, err = w.Write([]byte(copyOf(shape, someRecords(2))))
		require.NoError(t, err)
		part, err := w.Commit()
		require.Error(t, err)
		require.Equal(t, offhours.PartFiles{}, part, "nothing that could be recorded or verified")
		require.Equal(t, []string{ListKey(ref, 1, attempt)}, files(t, s), "the other file is removed")
	})
}

func TestABucketThatIsAwayIsAnErrorAndNotAFaultOfTheFiles(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	part := write(t, s, attempt, shape, copyOf(shape, someRecords(2)))
	require.NoError(t, s.bucket.Close())
	var failure *offhours.Failure

	_, err := s.VerifyPart(t.Context(), part, shape, selection)
	require.Error(t, err)
	require.NotErrorIs(t, err, offhours.ErrCorrupt)
	_, err = s.ReadList(t.Context(), part.List, shape.List)
	require.Error(t, err)
	require.False(t, errors.As(err, &failure))
	err = s.Check(t.Context(), *part.CSV)
	require.Error(t, err)
	require.False(t, errors.As(err, &failure))
	_, err = s.CreatePart(t.Context(), ref, 2, attempt, shape)
	require.Error(t, err)
	require.Error(t, s.Remove(t.Context(), part.CSV.Key))
	require.Error(t, s.Ping(t.Context()))
}
