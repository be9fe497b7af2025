//go:build unix

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// leftoverLimit is for what the kernel told to end: a worker may finish its
// batches first.
const leftoverLimit = 25 * time.Second

// noLeftovers fails the test if a process that has to do with the folder still
// runs: one that was started in it, was told of it, or serves from it. Where
// there is no /proc it sees nothing.
func noLeftovers(t *testing.T, folder string) {
	t.Helper()
	var left []string
	none := within(leftoverLimit, func() bool {
		left = leftovers(folder)
		return len(left) == 0
	})
	if !none {
		t.Errorf("processes are left:\n%s", strings.Join(left, "\n"))
	}
}

func leftovers(folder string) []string {
	processes, _ := filepath.Glob("/proc/[0-9]*")
	var found []string
	for _, process := range processes {
		if process == fmt.Sprintf("/proc/%d", os.Getpid()) {
			continue
		}
		command, _ := os.ReadFile(filepath.Join(process, "cmdline")) // it may be gone
		environment, _ := os.ReadFile(filepath.Join(process, "environ"))
		if bytes.Contains(append(command, environment...), []byte(folder)) {
			found = append(found, fmt.Sprintf("%s: %q", filepath.Base(process), bytes.ReplaceAll(command, []byte{0}, []byte{' '})))
		}
	}
	return found
}
