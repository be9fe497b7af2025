//go:build unix

package e2e

import (
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"testing"
)

// process is a child of a test. It ends with the test at the latest, and with
// the test binary, however that ends.
type process struct {
	name  string
	log   string // file with all it wrote
	cmd   *exec.Cmd
	ended chan struct{}
}

// launches runs functions on one thread that never ends: the kernel signals a
// child when the thread that started it ends, and Go ends threads as it likes.
var launches = sync.OnceValue(func() chan func() {
	functions := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range functions {
			f()
		}
	}()
	return functions
})

// launch starts a command with its output appended to the log. It gets the
// farewell if the test binary dies.
func launch(t *testing.T, log string, farewell syscall.Signal, environment []string, path string, arguments ...string) *process {
	t.Helper()
	output, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close() // the child has its own by then
	cmd := exec.Command(path, arguments...)
	cmd.Env = append(os.Environ(), "OFFHOURS_USER_CALLS=0") // the tests ask often
	cmd.Env = append(cmd.Env, environment...)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr, farewell)

	started := make(chan error)
	launches() <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	p := &process{name: path, log: log, cmd: cmd, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // its state is looked at where it matters
		close(p.ended)
	}()
	t.Cleanup(p.kill)
	return p
}

// kill ends the process as a crash would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended before
	<-p.ended
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
	eventually(t, p.name+" ends", func() bool { return !p.runs() })
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Fatalf("%s ended with exit code %d, want 0:\n%s", p.name, code, tail(p.log))
	}
}

func (p *process) runs() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

func (p *process) signal(t *testing.T, signal syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Fatalf("signal %s: %v", p.name, err)
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
