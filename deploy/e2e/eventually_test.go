package e2e

import (
	"testing"
	"time"
)

const (
	pollInterval = 20 * time.Millisecond
	// pollLimit is for the slowest step of a test, on a machine that is busy
	// with other things: a worker that was killed is noticed after 10 seconds.
	pollLimit = 50 * time.Second
)

// eventually looks until done returns true, and fails the test if it never does.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	began := time.Now()
	if !within(pollLimit, func() bool { return t.Context().Err() != nil || done() }) {
		t.Fatalf("waited %s in vain: %s", pollLimit, what)
	}
	if took := time.Since(began); took > time.Second {
		t.Logf("%.1f s until %s", took.Seconds(), what)
	}
}

// passes waits for an instant.
func passes(t *testing.T, at time.Time) {
	t.Helper()
	eventually(t, "the time passes", func() bool { return !time.Now().Before(at) })
}

// within looks until done returns true, and reports whether it did in time. All
// waiting of the tests is here.
func within(limit time.Duration, done func() bool) bool {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for deadline := time.Now().Add(limit); !done(); <-ticker.C {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}
