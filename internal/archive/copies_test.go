package archive

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/archive/archivetest"
)

var copyPart = offhours.Part{RequestRef: ref, Number: 3}

// uploaded puts an object of the CRM and returns the attachment that refers to it.
func uploaded(t *testing.T, s *Store, number int, name, content string) offhours.Copy {
	t.Helper()
	keys, err := s.AddFiles(t.Context(), ref.AccountID, [][]byte{[]byte(content)})
	require.NoError(t, err)
	return offhours.Copy{RecordID: id(0), Attachment: offhours.Attachment{
		Number: number, ID: id(number), Version: "731", Key: keys[0], Name: name,
	}}
}

func copied(t *testing.T, s *Store, number int, name, content string) offhours.Copy {
	t.Helper()
	c, err := s.Copy(t.Context(), copyPart, attempt, uploaded(t, s, number, name, content))
	require.NoError(t, err)
	return c
}

func TestAnObjectIsCopiedWithItsChecksum(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		for i, content := range []string{"", "\x00\r\n\xff", strings.Repeat("long", 1<<18)} {
			c := copied(t, s, i+1, "Photo.JPG", content)

			require.Equal(t, fmt.Sprintf("attachment-0003-0000%d.jpg", i+1), c.File)
			require.Equal(t, content, get(t, s, c.ArchiveKey))
			require.Equal(t, int64(len(content)), c.Bytes)
			require.NoError(t, s.CheckCopies(t.Context(), []offhours.Copy{c}))
			looked, err := s.Look(t.Context(), copyPart, c)
			require.NoError(t, err)
			require.Equal(t, c, looked, "looking says the same of the object")
		}
	})
}

func TestAMissingObjectIsMarkedAndNotAnError(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		lost := uploaded(t, s, 1, "a.pdf", "content")
		require.NoError(t, s.Remove(t.Context(), lost.Key))
		want := lost
		want.Missing = true

		c, err := s.Copy(t.Context(), copyPart, attempt, lost)
		require.NoError(t, err)
		require.Equal(t, want, c)
		c, err = s.Look(t.Context(), copyPart, lost)
		require.NoError(t, err)
		require.Equal(t, want, c)
		state, err := s.RemoveFile(t.Context(), ref.AccountID, lost.Key, "any")
		require.NoError(t, err)
		require.Equal(t, offhours.FileMissing, state)
	})
}

func TestACopyOfAnObjectThatWasReplacedMeanwhileIsNotKept(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		c := uploaded(t, s, 1, "a.pdf", "before")
		before, err := s.look(t.Context(), ref.AccountID, c.Key)
		require.NoError(t, err)
		require.Eventually(t, func() bool { // on a disk, the next tick of its clock
			replace(t, s, c.Key, "behind")
			now, err := s.look(t.Context(), ref.AccountID, c.Key)
			return err == nil && now.etag != before.etag
		}, 5*time.Second, time.Millisecond)

		_, err = s.copy(t.Context(), ref.AccountID, c.Key, *before, CopyKey(ref, 3, 1, 0, attempt))

		require.ErrorIs(t, err, errReplaced)
		exists, err := s.bucket.Exists(t.Context(), CopyKey(ref, 3, 1, 0, attempt))
		require.NoError(t, err)
		require.False(t, exists)
	})
}

func TestAnObjectThatGoesBehindItsCopyIsTheBetterCopied(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	c := copied(t, s, 1, "a.pdf", "content")
	require.NoError(t, s.Remove(t.Context(), c.Key))
	require.NoError(t, s.CheckCopies(t.Context(), []offhours.Copy{c}))
}

func TestOnlyTheExportedStateOfAnObjectIsRemoved(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		c := copied(t, s, 1, "a.pdf", "content")
		other := copied(t, s, 2, "a.pdf", "content")
		replace(t, s, other.Key, "something else")
		for _, test := range []struct {
			c    offhours.Copy
			want offhours.FileState
		}{{c, offhours.FileRemoved}, {c, offhours.FileMissing}, {other, offhours.FileReplaced}} {
			state, err := s.RemoveFile(t.Context(), ref.AccountID, test.c.Key, test.c.ETag)
			require.NoError(t, err)
			require.Equal(t, test.want, state)
		}
		require.Equal(t, "something else", get(t, s, other.Key))
	})
}

// Nobody removes it again once it is recorded as removed, so that a power cut must
// not bring it back.
func TestWhatIsRemovedFromADiskIsRecordedOnlyWhenTheDiskKnows(t *testing.T) {
	t.Parallel()
	s := inFiles(t, t.TempDir())
	c := copied(t, s, 1, "a.pdf", "content")
	var synced []string
	broken := errors.New("input/output error")
	s.disk.sync = func(f *os.File) error { synced = append(synced, f.Name()); return broken }

	for range 2 { // the second time it is gone, as far as anybody can see
		_, err := s.RemoveFile(t.Context(), ref.AccountID, c.Key, c.ETag)
		require.ErrorIs(t, err, broken)
	}
	_, err := s.PurgeExport(t.Context(), ref)
	require.ErrorIs(t, err, broken)

	files, exports := filepath.Join(s.disk.dir, "files/7"), filepath.Join(s.disk.dir, "exports/7")
	require.Equal(t, []string{files, files, exports}, synced)
}

func TestFilesOnAnotherDiskAreRemovedToo(t *testing.T) {
	t.Parallel()
	s := inFiles(t, t.TempDir())
	c := copied(t, s, 1, "a.pdf", "content")
	here, there := filepath.Join(s.disk.dir, "files"), filepath.Join(t.TempDir(), "files")
	require.NoError(t, os.Rename(here, there))
	require.NoError(t, os.Symlink(there, here))

	state, err := s.RemoveFile(t.Context(), ref.AccountID, c.Key, c.ETag)

	require.NoError(t, err)
	require.Equal(t, offhours.FileRemoved, state)
	require.NoFileExists(t, filepath.Join(there, "7", filepath.Base(c.Key)))
}

func TestNothingOutsideOfAnAccountsFolderIsTouched(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	c := copied(t, s, 1, "a.pdf", "content")
	for _, key := range []string{
		"files/77/x", "files/7", "files/7/", "files/7/../8/x", "files/7//x", "/files/7/x", "exports/7/x", c.ArchiveKey, "reports/7/x", "",
	} {
		var failure *offhours.Failure
		_, err := s.RemoveFile(t.Context(), 7, key, c.ETag)
		require.ErrorAs(t, err, &failure, key)
		_, err = s.Copy(t.Context(), copyPart, attempt, offhours.Copy{Attachment: offhours.Attachment{Key: key}})
		require.ErrorAs(t, err, &failure, key)
	}
	require.NoError(t, s.CheckCopies(t.Context(), []offhours.Copy{c}))
}

func TestABucketThatIsAwayMakesNoAttachmentMissing(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	c := uploaded(t, s, 1, "a.pdf", "content")
	require.NoError(t, s.bucket.Close())
	_, err := s.Copy(t.Context(), copyPart, attempt, c)
	require.Error(t, err)
	_, err = s.RemoveFile(t.Context(), ref.AccountID, c.Key, "any")
	require.Error(t, err)
	require.Error(t, s.CheckCopies(t.Context(), []offhours.Copy{{Attachment: offhours.Attachment{File: "x"}, ArchiveKey: "x"}}))

	dir := filepath.Join(t.TempDir(), "bucket")
	s = inFiles(t, dir)
	c = uploaded(t, s, 1, "a.pdf", "content")
	require.NoError(t, os.Rename(dir, dir+"-away"))
	_, err = s.Copy(t.Context(), copyPart, attempt, c)
	require.ErrorContains(t, err, "away")
	_, err = s.RemoveFile(t.Context(), ref.AccountID, c.Key, "any")
	require.ErrorContains(t, err, "away")
}

func TestABucketThatComesBackAtThatMomentMakesNoAttachmentMissing(t *testing.T) {
	t.Parallel()
	server := archivetest.NewS3(t, "archive")
	var away atomic.Bool
	flapping := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead && away.CompareAndSwap(true, false) {
			http.NotFound(w, r)
			return
		}
		server.ServeHTTP(w, r)
	}))
	t.Cleanup(flapping.Close)
	server.Endpoint = flapping.URL
	s, err := Open(t.Context(), server.URL("archive"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	c := uploaded(t, s, 1, "a.pdf", "content")

	away.Store(true)
	c, err = s.Copy(t.Context(), copyPart, attempt, c)
	require.NoError(t, err)
	require.False(t, c.Missing)
	require.False(t, away.Load(), "it was away when it was asked for the object")
	away.Store(true)
	state, err := s.RemoveFile(t.Context(), ref.AccountID, c.Key, c.ETag)
	require.NoError(t, err)
	require.Equal(t, offhours.FileRemoved, state)
}

// twoCopies are two records with an attachment each, and a third one whose object
// was missing.
func twoCopies(t *testing.T, s *Store) ([]record, []offhours.Copy) {
	t.Helper()
	records := someRecords(3)
	copies := []offhours.Copy{copied(t, s, 1, "a.pdf", "first"), copied(t, s, 2, "b \"q\".pdf", "second"), uploaded(t, s, 3, "lost", "")}
	copies[1].Field = text("mx_Custom_3~mx_CustomObject_1")
	copies[2].Missing = true
	for i := range copies {
		copies[i].RecordID = records[i].id
		records[i].attached = []offhours.Attachment{copies[i].Attachment}
	}
	return records, copies
}

func TestAPartIsVerifiedWithItsAttachments(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		records, copies := twoCopies(t, s)
		part := write(t, s, attempt, shape, copyOf(shape, records))
		part.Copies = append(copies, copied(t, s, 4, "of an attachment that changed.pdf", "x"))

		keys, err := s.VerifyPart(t.Context(), part, shape, selection)

		require.NoError(t, err)
		require.Equal(t, []int{1, 2, 3}, keys.Copies)
		list, err := s.ReadList(t.Context(), part.List, shape.List)
		require.NoError(t, err)
		require.Equal(t, records[1].attached, list[1].Attachments)

		only := write(t, s, attempt+"-only", listOnly, copyOf(listOnly, records))
		only.Copies = part.Copies
		keys, err = s.VerifyPart(t.Context(), only, listOnly, selection)
		require.NoError(t, err)
		require.Equal(t, []int{1, 2, 3}, keys.Copies)
	})
}

func TestAttachmentsThatAreNotWhatWasCopiedAreFound(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, s *Store, records []record, copies []offhours.Copy) []offhours.Copy{
		"a byte of a copy changed": func(t *testing.T, s *Store, _ []record, copies []offhours.Copy) []offhours.Copy {
			replace(t, s, copies[1].ArchiveKey, "sEcond")
			return copies
		},
		"a copy is longer": func(t *testing.T, s *Store, _ []record, copies []offhours.Copy) []offhours.Copy {
			replace(t, s, copies[1].ArchiveKey, "second ")
			return copies
		},
		"a copy is missing": func(t *testing.T, s *Store, _ []record, copies []offhours.Copy) []offhours.Copy {
			require.NoError(t, s.Remove(t.Context(), copies[0].ArchiveKey))
			return copies
		},
		"an attachment was not copied": func(_ *testing.T, _ *Store, _ []record, copies []offhours.Copy) []offhours.Copy {
			return copies[1:]
		},
		"an attachment is named twice": func(_ *testing.T, _ *Store, r []record, copies []offhours.Copy) []offhours.Copy {
			r[0].attached = append(r[0].attached, r[0].attached[0])
			return copies
		},
		"an attachment is another record's": func(_ *testing.T, _ *Store, r []record, copies []offhours.Copy) []offhours.Copy {
			r[0].attached, r[1].attached = r[1].attached, r[0].attached
			return copies
		},
		"another version": func(_ *testing.T, _ *Store, r []record, copies []offhours.Copy) []offhours.Copy {
			r[0].attached[0].Version = "732"
			return copies
		},
		"another checksum": func(_ *testing.T, _ *Store, r []record, copies []offhours.Copy) []offhours.Copy {
			r[0].attached[0].SHA256 = strings.Repeat("0", 64)
			return copies
		},
		"no copy and not missing": func(_ *testing.T, _ *Store, r []record, copies []offhours.Copy) []offhours.Copy {
			r[2].attached[0].Missing, copies[2].Missing = false, false
			return copies
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := inMemory(t)
			records, copies := twoCopies(t, s)
			copies = spoil(t, s, records, copies)
			part := write(t, s, attempt, shape, copyOf(shape, records))
			part.Copies = copies
			_, err := s.VerifyPart(t.Context(), part, shape, selection)
			require.ErrorIs(t, err, offhours.ErrCorrupt)
		})
	}
}

func TestACSVFileThatShowsOtherAttachmentsThanItsListIsCorrupt(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	records, copies := twoCopies(t, s)
	row := strings.TrimSuffix(records[0].csv(), "\n")
	for name, csv := range map[string]string{
		"another name": strings.Replace(row, "a.pdf", "A.pdf", 1),
		"none":         row[:strings.LastIndex(row, `"[{`)] + `"[]"`,
		"more members": strings.Replace(row, `[{`, `[{""owner"":""x"",`, 1),
		"no JSON":      row[:strings.LastIndex(row, `"[{`)] + `"[{"`,
		"more JSON":    strings.TrimSuffix(row, `"`) + `[]"`,
	} {
		part := write(t, s, attempt+name[:2]+fmt.Sprint(len(name)), shape, csv+","+records[0].list())
		part.Copies = copies
		_, err := s.VerifyPart(t.Context(), part, shape, selection)
		require.ErrorIs(t, err, offhours.ErrCorrupt, name)
	}
}
