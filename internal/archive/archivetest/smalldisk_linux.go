package archivetest

import (
	"fmt"
	"syscall"
	"testing"
)

// SmallDisk makes a folder on a file system of its own, of so many megabytes,
// that exists until the test ends. Only root can: for anyone else the test is
// skipped.
func SmallDisk(t testing.TB, megabytes int) Disk {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, size(megabytes)); err != nil {
		t.Skipf("a disk that is really full is not tested here: mounting a small one takes root (%v)", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount the small disk: %v", err)
		}
	})
	return Disk{folder}
}

// Resize changes the size of the file system.
func (d Disk) Resize(t testing.TB, megabytes int) {
	t.Helper()
	if err := syscall.Mount("tmpfs", d.Folder, "tmpfs", syscall.MS_REMOUNT, size(megabytes)); err != nil {
		t.Fatal(err)
	}
}

func size(megabytes int) string { return fmt.Sprintf("size=%dm", megabytes) }
