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

// eventually looks until done returns true. All waiting of the tests is here.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	began := time.Now()
	for !done() {
		if time.Since(began) > pollLimit {
			t.Fatalf("waited %s in vain: %s", pollLimit, what)
		}
		select {
		case <-t.Context().Done():
			t.Fatalf("stopped while waiting: %s", what)
		case <-ticker.C:
		}
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
