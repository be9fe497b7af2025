// Package rig runs the product and its dev stack as real processes, for commands
// and tests that look at it from outside: it starts and ends them, waits for what
// they do, and calls the REST API as its users do.
package rig

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Process is a child that ends with this process, however that ends.
type Process struct {
	Name string // path of what it runs
	Log  string // file with all it wrote

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

// Launch starts a command in an environment of KEY=VALUE lines, with its output
// appended to the log. The child gets the farewell if this process dies. (Only
// Linux can do that.)
func Launch(log string, farewell syscall.Signal, environment []string, path string, arguments ...string) (*Process, error) {
	output, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer output.Close() // the child has its own by then
	cmd := exec.Command(path, arguments...)
	cmd.Env = environment
	cmd.Stdout, cmd.Stderr = output, output
	// In a process group of its own, so that Ctrl-C reaches it through us only.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr, farewell)
	started := make(chan error)
	launches() <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	p := &Process{Name: path, Log: log, cmd: cmd, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // its state is looked at where it matters
		close(p.ended)
	}()
	return p, nil
}

// CleanEnvironment is ours without what would configure the product or its
// connections, and then the values given.
func CleanEnvironment(values map[string]string) []string {
	environment := []string{"TEMPORAL_CONFIG_FILE=" + os.DevNull}
	for _, variable := range os.Environ() {
		foreign := false
		for _, prefix := range []string{"OFFHOURS_", "TEMPORAL_", "PG", "DATABASE_URL=", "SENDGRID_", "AWS_"} {
			foreign = foreign || strings.HasPrefix(variable, prefix)
		}
		if !foreign {
			environment = append(environment, variable)
		}
	}
	for key, value := range values {
		environment = append(environment, key+"="+value)
	}
	return environment
}

// PID is the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Ended is closed when the process has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Runs reports whether the process has not ended.
func (p *Process) Runs() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// Signal sends a signal. One that has ended cannot be told anything.
func (p *Process) Signal(s syscall.Signal) error { return p.cmd.Process.Signal(s) }

// Kill ends the process as a crash would.
func (p *Process) Kill() {
	_ = p.Signal(syscall.SIGKILL) // it may have ended before
	<-p.ended
}

// Stop ends the process as Ctrl-C does, and kills it when patience is over. What
// it has started ends with it.
func (p *Process) Stop(patience time.Duration) {
	_ = p.Signal(syscall.SIGTERM) // it may have ended before
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.Kill()
	}
}

// Succeeded waits for the end and wants exit code 0.
func (p *Process) Succeeded() error {
	<-p.ended
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("%s ended with exit code %d:\n%s", p.Name, code, Tail(p.Log))
	}
	return nil
}

// Tail is the end of a log.
func Tail(log string) string {
	text, err := os.ReadFile(log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-25):], "\n")
}
