package archivetest

import (
	"fmt"
	"syscall"
	"testing"
)

// SmallDisk is a folder on a file system of its own, of so many megabytes, that
// exists until the test ends. Only root can make one: for anyone else the test is
// skipped.
func SmallDisk(t testing.TB, megabytes int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", megabytes)); err != nil {
		t.Skipf("a disk that is really full is not tested here: mounting a small one takes root (%v)", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount the small disk: %v", err)
		}
	})
	return dir
}
