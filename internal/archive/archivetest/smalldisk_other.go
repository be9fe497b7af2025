//go:build !linux

package archivetest

import "testing"

// SmallDisk skips the test: small file systems are mounted on Linux only.
func SmallDisk(t testing.TB, _ int) Disk {
	t.Helper()
	t.Skip("a disk that is really full is tested on Linux only")
	return Disk{}
}

// Resize changes the size of the file system.
func (Disk) Resize(testing.TB, int) {}
