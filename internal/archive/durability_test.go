package archive

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// writtenByHelper names the folder in which a helper process, this same test,
// writes a part under the eyes of strace.
const writtenByHelper = "OFFHOURS_TEST_WRITE_PART"

// A power cut may come after the delete was committed: by then every byte of the
// part, and every name on the way to it, has to be on the disk. It may come
// before, too: a name has no file without its bytes.
func TestACommittedPartIsOnTheDiskWithEveryFolderThatNamesIt(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv(writtenByHelper); dir != "" {
		store, err := Open(t.Context(), "file://"+filepath.ToSlash(dir)+"/new/archive?create_dir=true")
		require.NoError(t, err)
		write(t, store, attempt, shape, copyOf(shape, someRecords(3)))
		require.NoError(t, store.Close())
		return
	}
	dir := t.TempDir()
	calls := trace(t, dir)
	root := filepath.Join(dir, "new", "archive")
	at := -1
	for _, above := range []string{filepath.Dir(root), dir} {
		at = callTo(t, calls, at+1, `fsync\(\d+<`+regexp.QuoteMeta(above)+`>`)
	}
	for _, key := range []string{CSVKey(ref, 1, attempt), ListKey(ref, 1, attempt)} {
		path := filepath.Join(root, key)
		synced := callTo(t, calls, at+1, `fsync\(\d+<`+regexp.QuoteMeta(path)+`\.[A-Z2-7]+\.tmp>`)
		named := regexp.QuoteMeta(filepath.Base(path))
		at := callTo(t, calls, synced+1, `linkat\(.*"`+named+`\.[A-Z2-7]+\.tmp",.*"`+named+`"`)
		for folder := filepath.Dir(path); len(folder) >= len(root); folder = filepath.Dir(folder) {
			at = callTo(t, calls, at+1, `fsync\(\d+<`+regexp.QuoteMeta(folder)+`>`)
		}
	}
}

// trace returns the system calls by which a helper process writes a part.
func trace(t *testing.T, dir string) []string {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("strace is not installed: whether files reach the disk is not tested here")
	}
	require.NoError(t, err)
	log := filepath.Join(t.TempDir(), "calls")
	args := []string{"-f", "-y", "-s", "4096", "-e", "trace=/^(link.*|rename.*|fsync|fdatasync)$", "-o", log}
	if err := exec.Command(strace, append(args, "true")...).Run(); err != nil {
		t.Skip("strace may not trace here: whether files reach the disk is not tested")
	}
	helper := exec.Command(strace, append(args, os.Args[0], "-test.run=^"+t.Name()+"$")...)
	helper.Env = append(os.Environ(), writtenByHelper+"="+dir)
	out, err := helper.CombinedOutput()
	require.NoError(t, err, "%s", out)
	calls, err := os.ReadFile(log)
	require.NoError(t, err)
	return strings.Split(string(calls), "\n")
}

// callTo is the place of the first call from one place on.
func callTo(t *testing.T, calls []string, from int, pattern string) int {
	t.Helper()
	call := regexp.MustCompile(pattern)
	for i := from; i < len(calls); i++ {
		if call.MatchString(calls[i]) {
			return i
		}
	}
	require.Failf(t, "not called", "%s after call %d of\n%s", pattern, from, strings.Join(calls, "\n"))
	return 0
}
