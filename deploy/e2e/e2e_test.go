// Package e2e proves from the outside that a request survives what happens to
// machines: stops, kills, and parts that go away and come back. It knows only
// what operators know: commands and their environment, HTTP, the database, the
// files in the bucket, and Temporal.
//
// Every test starts a devstack of its own, in a folder of its own, and leaves
// no process behind.
package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// slots keeps it at two stacks at a time, whatever -parallel says: each wants a
// core, and a starved one proves nothing.
var slots = make(chan struct{}, 2)

// parallel lets the test run beside one other.
func parallel(t *testing.T) {
	t.Helper()
	binaries(t)
	t.Parallel()
	slots <- struct{}{}
	t.Cleanup(func() { <-slots })
}

// binaries is the folder with devstack, migrate, load, api and worker.
func binaries(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("OFFHOURS_TEST_BIN")
	if folder == "" {
		t.Skip("OFFHOURS_TEST_BIN is not set: run `make test`")
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		t.Fatal(err)
	}
	return folder
}
