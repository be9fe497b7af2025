package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"gocloud.dev/gcerrors"

	"github.com/offhours/offhours"
)

// What every bucket has to do, whatever its driver. Parts, reports and manifests
// have tests of their own on top of it.

const someKey = "exports/7/some/file.csv"

// sizes are around the places where drivers cut: the first bytes, a buffer, and
// the parts of an upload.
var sizes = map[string]int{"nothing": 0, "a byte": 1, "a buffer": flushAt, "several parts": 11<<20 + 1}

// longText differs in every place.
var longText = sync.OnceValue(func() string {
	text := make([]byte, 0, sizes["several parts"]+16)
	for i := uint64(0); len(text) < sizes["several parts"]; i++ {
		text = strconv.AppendUint(append(text, ','), i, 16)
	}
	return string(text)
})

func someText(n int) string { return longText()[:n] }

func TestAFileReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		for name, size := range sizes {
			key, text := "exports/7/"+strings.ReplaceAll(name, " ", "-"), someText(size)
			stored := put(t, s, key, text)
			sum := sha256.Sum256([]byte(text))
			require.Equal(t, offhours.Stored{Key: key, Bytes: int64(size), SHA256: hex.EncodeToString(sum[:])}, stored)
			require.True(t, get(t, s, key) == text, name)
			require.NoError(t, s.Check(t.Context(), stored))
		}
	})
}

func TestAPieceOfAFileIsReadFromAnyPlace(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		text := someText(100_000)
		put(t, s, someKey, text)
		r, err := s.Open(t.Context(), someKey)
		require.NoError(t, err)
		defer r.Close()
		piece := make([]byte, 1000)
		for _, from := range []int64{99_000, 0, 50_001, 50_001} {
			at, err := r.Seek(from, io.SeekStart)
			require.NoError(t, err)
			require.Equal(t, from, at)
			_, err = io.ReadFull(r, piece)
			require.NoError(t, err)
			require.True(t, string(piece) == text[from:from+1000], "from %d", from)
		}
		end, err := r.Seek(-5, io.SeekEnd)
		require.NoError(t, err)
		require.Equal(t, int64(99_995), end)
		rest, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, text[99_995:], string(rest))
	})
}

func TestAFileIsWrittenOnce(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		for name, size := range sizes {
			key := "exports/7/" + strings.ReplaceAll(name, " ", "-")
			first := put(t, s, key, someText(size))
			second, err := s.Create(t.Context(), key, "text/csv")
			require.NoError(t, err)
			_, err = io.WriteString(second, strings.Repeat("x", size+1))
			require.NoError(t, err)
			_, err = second.Commit()
			require.ErrorIs(t, err, ErrExists, name)
			require.NoError(t, s.Check(t.Context(), first), name)
		}
		require.Len(t, files(t, s), len(sizes))
	})
}

func TestOfManyWritersOfOneNameOneWins(t *testing.T) {
	t.Parallel()
	const rounds, writers = 300, 8
	eachBucket(t, func(t *testing.T, s *Store) {
		for round := range rounds {
			key := fmt.Sprintf("exports/7/%d", round)
			won := race(t, s, key, writers)
			require.Len(t, won, 1, "round %d", round)
			require.Equal(t, won[0], get(t, s, key), "round %d", round)
		}
		require.Len(t, files(t, s), rounds)
	})
}

// race lets writers commit one key at the same time, and returns what those wrote
// that were told that theirs is the file.
func race(t *testing.T, s *Store, key string, writers int) (won []string) {
	t.Helper()
	var mu sync.Mutex
	var committing sync.WaitGroup
	start := make(chan struct{})
	for i := range writers {
		text := fmt.Sprintf("writer %d", i)
		file, err := s.Create(t.Context(), key, "text/csv")
		require.NoError(t, err)
		_, err = io.WriteString(file, text)
		require.NoError(t, err)
		committing.Go(func() {
			<-start
			_, err := file.Commit()
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won = append(won, text)
			case !errors.Is(err, ErrExists):
				t.Errorf("%s: %v", key, err)
			}
		})
	}
	close(start)
	committing.Wait()
	return won
}

func TestAFileThatIsNotCommittedLeavesNothing(t *testing.T) {
	t.Parallel()
	endings := map[string]func(t *testing.T, cancel func(), file *File){
		"given up":                   func(_ *testing.T, _ func(), file *File) { file.Abort() },
		"cancelled, then given up":   func(_ *testing.T, cancel func(), file *File) { cancel(); file.Abort() },
		"cancelled, then committed":  func(t *testing.T, cancel func(), file *File) { cancel(); commitFails(t, file) },
		"given up after a bad write": func(t *testing.T, cancel func(), file *File) { cancel(); _, _ = file.Write([]byte("x")); file.Abort() },
		"committed after a source that failed": func(t *testing.T, _ func(), file *File) {
			_, err := io.Copy(file, io.MultiReader(strings.NewReader("some"), iotest.ErrReader(errors.New("the source is gone"))))
			require.Error(t, err)
			file.Abort()
		},
	}
	eachBucket(t, func(t *testing.T, s *Store) {
		for name, end := range endings {
			for size, n := range sizes {
				ctx, cancel := context.WithCancel(t.Context())
				file, err := s.Create(ctx, someKey, "text/csv")
				require.NoError(t, err)
				_, err = io.WriteString(file, someText(n))
				require.NoError(t, err)
				end(t, cancel, file)
				cancel()
				require.Empty(t, files(t, s), "%s after %s", name, size)
			}
		}
	})
}

func commitFails(t *testing.T, file *File) {
	t.Helper()
	stored, err := file.Commit()
	require.Error(t, err)
	require.Equal(t, offhours.Stored{}, stored)
}

// brokenWriter takes a few bytes, then fails once: what comes after is not the
// file any more.
type brokenWriter struct {
	writer
	fail error
}

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.fail == nil {
		return w.writer.Write(p)
	}
	n, _ := w.writer.Write(p[:len(p)/2])
	err := w.fail
	w.fail = nil
	return n, err
}

func TestAFileWithAGapIsNeverCommitted(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		file, err := s.Create(t.Context(), someKey, "text/csv")
		require.NoError(t, err)
		fault := errors.New("input/output error")
		file.w = &brokenWriter{writer: file.w, fail: fault}
		_, err = io.WriteString(file, "0123456789")
		require.ErrorIs(t, err, fault)
		_, err = io.WriteString(file, "what follows")
		require.NoError(t, err)
		_, err = file.Commit()
		require.ErrorIs(t, err, fault)
		require.Empty(t, files(t, s))
	})
}

// hostile are names that somebody may type, or attack with.
var hostile = []string{
	"a b", " a", "a ", "ä/ö", "日本語", "𝄞", "e\u0301", "\u00e9", "a%20b", "a%2fb", "%", "%00", "a+b", "a&b", "a?b", "a#b", "a=b", "a;b", "a:b", "a*b", "a|b", "a<b>", "a\"b", "a'b", "a`b",
	"a\\b", "..\\a", "~", "~/a", "$HOME", "-rf", "a.", ".a", "...a", "a..b", "a.tmp.csv", "a.attrs.csv", "a.attrs/b", "CON", "con", "A", "a", "COM1.csv", "a__b", "__0", strings.Repeat("n", 200),
	strings.Repeat("n/", 99) + "n", "a\tb", "a\nb", "a\rb", "a\x00b", "\x7f", "a\u0085b", "a\u200bb", "a\u202eb", "a\ufeffb", "\xff", "a\xc3", "", "/", "/a", "a/", "a//b", ".", "./a", "a/.", "a/./b",
	"..", "../a", "a/..", "a/../b", "a/../../b", "../../../../../../etc/passwd", "a../b", "a/b../c", "a.attrs", "a.tmp", "a/.tmp", "__0x2f__", "a__0x2e____0x2e__", strings.Repeat("n", 201),
	strings.Repeat("n/", 512) + "n", "/etc/passwd", "//etc/passwd", "file:///etc/passwd",
}

func TestAHostileNameIsStoredAsItIsOrRefused(t *testing.T) {
	t.Parallel()
	stored := map[string]map[string]bool{}
	var mu sync.Mutex
	t.Run("on", func(t *testing.T) {
		eachBucket(t, func(t *testing.T, s *Store) {
			took := map[string]bool{}
			for _, key := range hostile {
				if took[key] = storesOrRefuses(t, s, key); took[key] {
					require.NoError(t, s.Remove(t.Context(), key))
				}
			}
			mu.Lock()
			defer mu.Unlock()
			stored[t.Name()] = took
		})
	})
	require.True(t, len(stored) == 3, "every bucket was tried to the end")
	for _, took := range stored {
		for _, key := range hostile {
			require.Equal(t, checkKey(key) == nil, took[key], "all buckets take the same names: %q", key)
		}
	}
}

// storesOrRefuses writes under a key, and proves that a file of exactly this name
// is there afterwards, or none at all.
func storesOrRefuses(t *testing.T, s *Store, key string) (stores bool) {
	t.Helper()
	file, err := s.Create(t.Context(), key, "text/csv")
	if err != nil {
		require.ErrorIs(t, err, ErrKey, "%q", key)
		require.NotContains(t, err.Error(), "passwd")
		require.Empty(t, files(t, s), "%q", key)
		return false
	}
	_, err = io.WriteString(file, key)
	require.NoError(t, err)
	_, err = file.Commit()
	require.NoError(t, err, "%q", key)
	require.Equal(t, []string{key}, files(t, s))
	r, err := s.Open(t.Context(), key)
	require.NoError(t, err, "%q", key)
	defer r.Close()
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, key, string(text))
	return true
}

// Keys that were not built here are read and removed, too. They reach no file
// that is not in the bucket.
func TestAHostileNameReachesNothingOutsideOfTheBucket(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := inFiles(t, dir)
	secret := filepath.Join(dir, "secret")
	require.NoError(t, os.WriteFile(secret, []byte("secret"), 0o600))
	require.NoError(t, os.Symlink(dir, filepath.Join(dir, "archive", "out")))
	for _, key := range append(hostile, "../secret", "a/../../secret", "/../secret", "..", secret) {
		r, err := s.Open(t.Context(), key)
		if err == nil {
			r.Close()
			t.Errorf("%q was opened", key)
		}
		_ = s.Remove(t.Context(), key)
	}
	require.FileExists(t, secret)
	file, err := s.Create(t.Context(), "out/new", "text/csv")
	if err == nil {
		file.Abort()
	}
	require.ErrorContains(t, err, "escapes", "not even through a link")
}

func TestAFileThatIsRemovedIsGone(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		put(t, s, someKey, "text")
		require.NoError(t, s.Remove(t.Context(), someKey))
		require.NoError(t, s.Remove(t.Context(), someKey), "twice is fine")
		_, err := s.Open(t.Context(), someKey)
		require.True(t, offhours.Is(err, offhours.CodeNotFound))
		require.Empty(t, files(t, s))
		put(t, s, someKey, "another text")
	})
}

func TestFilesAreListedByTheirPrefix(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		for _, key := range []string{"exports/1/a", "exports/1/b", "exports/11/a", "exports/2/a", "reports/1/a"} {
			put(t, s, key, "text")
		}
		require.Equal(t, []string{"exports/1/a", "exports/1/b", "exports/11/a", "exports/2/a", "reports/1/a"}, files(t, s))
		require.Equal(t, []string{"exports/1/a", "exports/1/b"}, listed(t, s, "exports/1/"))
		require.Empty(t, listed(t, s, "exports/3/"))
	})
}

func TestABucketThatIsGoneIsNotAMissingFile(t *testing.T) {
	t.Parallel()
	s, server := inS3(t)
	gone, err := Open(t.Context(), server.URL("another"))
	require.NoError(t, err)
	defer gone.Close()
	_, err = gone.Open(t.Context(), someKey)
	require.ErrorContains(t, err, "the bucket does not exist")
	require.Error(t, gone.Ping(t.Context()))
	_, err = s.Open(t.Context(), someKey)
	require.True(t, offhours.Is(err, offhours.CodeNotFound))
	require.NotEqual(t, gcerrors.NotFound, gcerrors.Code(err))
}
