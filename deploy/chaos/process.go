package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
)

// process is a child of this run. It ends with it, however that ends.
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

// launch starts a command with its output appended to the log. The child gets
// the farewell if this process dies.
func launch(log string, farewell syscall.Signal, environment map[string]string, path string, arguments ...string) (*process, error) {
	output, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer output.Close() // the child has its own by then
	cmd := exec.Command(path, arguments...)
	cmd.Env = cleanEnvironment()
	for key, value := range maps.All(environment) {
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	cmd.Stdout, cmd.Stderr = output, output
	// In a process group of its own, so that Ctrl-C reaches it through us only.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr, farewell)
	started := make(chan error)
	launches() <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	p := &process{name: path, log: log, cmd: cmd, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // its state is looked at where it matters
		close(p.ended)
	}()
	return p, nil
}

// cleanEnvironment is ours without what would configure the product or its
// connections.
func cleanEnvironment() []string {
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
	return environment
}

func (p *process) runs() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// signal sends a signal; a process that has ended feels nothing.
func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// kill ends the process as a crash would.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.ended
}

// succeeded waits for the end and wants exit code 0.
func (p *process) succeeded() error {
	<-p.ended
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("%s ended with exit code %d:\n%s", p.name, code, tail(p.log))
	}
	return nil
}

// tail is the end of a log.
func tail(log string) string {
	text, err := os.ReadFile(log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-25):], "\n")
}
