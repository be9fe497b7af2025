package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// launcher starts child processes that cannot outlive devstack.
//
// The kernel signals a child when the *thread* that started it ends, and Go
// ends threads as it likes. All children are therefore started from one
// goroutine that never gives its thread back.
type launcher struct {
	starts chan func()

	mu      sync.Mutex
	running map[*process]struct{}
}

func newLauncher() *launcher {
	l := &launcher{starts: make(chan func()), running: map[*process]struct{}{}}
	go func() {
		runtime.LockOSThread()
		for start := range l.starts {
			start()
		}
	}()
	return l
}

// process is a child that was started.
type process struct {
	cmd     *exec.Cmd
	killsBy syscall.Signal
	done    chan struct{} // closed when it has ended
	err     error         // how it ended; read after done
}

// start starts cmd with its output appended to the log. Farewell is the signal
// the child gets if devstack dies without stopping it; killsBy ends it at once.
//
// The child gets a process group of its own: Ctrl-C in a terminal would
// otherwise reach PostgreSQL before the worker is done with it.
func (l *launcher) start(cmd *exec.Cmd, log string, farewell, killsBy syscall.Signal) (*process, error) {
	file, err := openLog(log)
	if err != nil {
		return nil, err
	}
	defer file.Close() // the child has its own by then
	cmd.Stdout, cmd.Stderr = file, file
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	dieWithParent(cmd.SysProcAttr, farewell)

	started := make(chan error)
	l.starts <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	p := &process{cmd: cmd, killsBy: killsBy, done: make(chan struct{})}
	l.mu.Lock()
	l.running[p] = struct{}{}
	l.mu.Unlock()
	go l.await(p)
	return p, nil
}

func (l *launcher) await(p *process) {
	p.err = p.cmd.Wait()
	l.mu.Lock()
	delete(l.running, p)
	l.mu.Unlock()
	close(p.done)
}

// killAll ends all children at once and does not wait.
func (l *launcher) killAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.running {
		_ = p.cmd.Process.Signal(p.killsBy) // it may have ended meanwhile
	}
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// stop sends the signal and kills the process when it is still there after
// patience. It returns when the process has ended, and whether it had to kill.
func (p *process) stop(signal os.Signal, patience time.Duration) (killed bool) {
	_ = p.cmd.Process.Signal(signal) // it may have ended meanwhile
	select {
	case <-p.done:
		return false
	case <-time.After(patience):
	}
	_ = p.cmd.Process.Signal(p.killsBy)
	<-p.done
	return true
}

// wait waits for the process to end by itself and returns how. When ctx ends
// first, it stops the process.
func (p *process) wait(ctx context.Context, patience time.Duration) error {
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		p.stop(syscall.SIGTERM, patience)
		return ctx.Err()
	}
}
