//go:build unix

package e2e

import (
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/offhours/offhours/deploy/rig"
)

// process is a child of a test. It ends with the test at the latest, and with
// the test binary, however that ends.
type process struct{ *rig.Process }

// launch starts a command with its output appended to the log. It gets the
// farewell if the test binary dies.
func launch(t *testing.T, log string, farewell syscall.Signal, environment []string, path string, arguments ...string) *process {
	t.Helper()
	// The tests ask often.
	environment = slices.Concat(os.Environ(), []string{"OFFHOURS_USER_CALLS=0"}, environment)
	p, err := rig.Launch(log, farewell, environment, path, arguments...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return &process{p}
}

// stop ends the process as Ctrl-C does, and wants exit code 0.
func (p *process) stop(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGTERM)
	p.succeeds(t)
}

// succeeds waits for the end of the process and wants exit code 0.
func (p *process) succeeds(t *testing.T) {
	t.Helper()
	eventually(t, p.Name+" ends", func() bool { return !p.Runs() })
	if err := p.Succeeded(); err != nil {
		t.Fatal(err)
	}
}

func (p *process) signal(t *testing.T, signal syscall.Signal) {
	t.Helper()
	if err := p.Signal(signal); err != nil {
		t.Fatalf("signal %s: %v", p.Name, err)
	}
}

// freezeWhen waits for a moment in the middle of what the process does, and
// stops it there. It looks twice: what the process had sent before it froze has
// arrived by the second time.
func (p *process) freezeWhen(t *testing.T, what string, moment func() bool) {
	t.Helper()
	frozen := false
	eventually(t, what, func() bool {
		switch holds := moment(); {
		case holds && frozen:
			return true
		case holds:
			p.signal(t, syscall.SIGSTOP)
			frozen = true
		case frozen:
			p.signal(t, syscall.SIGCONT)
			frozen = false
		}
		return false
	})
}

// thaw lets a frozen process go on.
func (p *process) thaw(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGCONT)
}
