package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	// grace is the time to revoke that every request of the demo is given.
	grace = 5 * time.Second

	// startPatience covers a first start on a slow disk; devstack gives up on
	// parts that do not start long before.
	startPatience = 3 * time.Minute
	// stopPatience covers calls under way and PostgreSQL's last checkpoint.
	stopPatience = time.Minute
)

// stack is a devstack that belongs to this run alone.
type stack struct {
	cmd    *exec.Cmd
	output string            // file
	env    map[string]string // addresses, as devstack gives them
	ended  chan struct{}
}

// startStack starts devstack and waits until everything answers. An error shows
// what devstack said, and leaves nothing running.
func startStack(ctx context.Context, bin, scratch string) (*stack, error) {
	s := &stack{output: filepath.Join(scratch, "devstack.log"), ended: make(chan struct{})}
	output, err := os.Create(s.output)
	if err != nil {
		return nil, fmt.Errorf("create devstack's log: %w", err)
	}
	defer output.Close() // devstack has its own by then
	envFile := filepath.Join(scratch, "stack.env")
	s.cmd = exec.Command(filepath.Join(bin, "devstack"),
		"--dir", filepath.Join(scratch, "stack"), "--bin", bin, "--env-file", envFile,
		"--grace", grace.String(), "--fast-unsafe-postgres",
		"--api-port=0", "--temporal-port=0", "--ui-port=0", "--postgres-port=0", "--oidc-port=0", "--login-port=0")
	s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = cleanEnvironment(), output, output
	// In a process group of its own, so that Ctrl-C reaches it through stop only.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(s.cmd.SysProcAttr)
	started := make(chan error, 1)
	go s.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start devstack: %w", err)
	}
	if err := s.awaitReady(ctx, envFile); err != nil {
		s.stop()
		return nil, fmt.Errorf("%w\n%s", err, s.said())
	}
	return s, nil
}

// run is devstack's life. Its thread is not given back before that ends, see
// dieWithParent.
func (s *stack) run(started chan<- error) {
	runtime.LockOSThread()
	started <- s.cmd.Start()
	_ = s.cmd.Wait() // how it ended stands in its output
	close(s.ended)
}

// cleanEnvironment is ours without what would configure the product or its
// connections: this stack is told everything by devstack.
func cleanEnvironment() []string {
	environment := []string{"TEMPORAL_CONFIG_FILE=" + os.DevNull}
	for _, variable := range os.Environ() {
		foreign := false
		for _, prefix := range []string{"OFFHOURS_", "TEMPORAL_", "PG", "DATABASE_URL=", "SENDGRID_"} {
			foreign = foreign || strings.HasPrefix(variable, prefix)
		}
		if !foreign {
			environment = append(environment, variable)
		}
	}
	return environment
}

// awaitReady waits for the env file: its appearance says that all is ready.
func (s *stack) awaitReady(ctx context.Context, envFile string) error {
	return poll(ctx, "the stack", startPatience, s.ended, func(context.Context) (bool, error) {
		text, err := os.ReadFile(envFile)
		if errors.Is(err, os.ErrNotExist) {
			return false, nil
		}
		s.env = parseEnv(string(text))
		return err == nil, err
	})
}

func parseEnv(text string) map[string]string {
	env := map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok {
			env[key] = value
		}
	}
	return env
}

// said is the end of devstack's output.
func (s *stack) said() string {
	text, err := os.ReadFile(s.output)
	if err != nil {
		return err.Error()
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return "devstack said:\n  " + string(bytes.Join(lines[max(0, len(lines)-30):], []byte("\n  ")))
}

// watch returns a context that ends when the stack does.
func (s *stack) watch(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-s.ended:
			cancel(errors.New("the stack ended by itself"))
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// stop ends everything devstack started. It returns when nothing runs any more.
func (s *stack) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-s.ended:
	case <-time.After(stopPatience):
		_ = s.cmd.Process.Kill() // its children end with it
		<-s.ended
	}
}

// pollInterval is short enough to see a part between its export and its delete.
const pollInterval = 20 * time.Millisecond

// poll tries until try is done or fails. It gives up after patience, when ctx
// ends or when gone is closed (nil: never). What names the thing waited for.
func poll(ctx context.Context, what string, patience time.Duration, gone <-chan struct{}, try func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("nothing within %s", patience))
	defer cancel()
	for {
		done, err := try(ctx)
		if ctx.Err() != nil {
			return fmt.Errorf("wait for %s: %w", what, context.Cause(ctx))
		}
		if done || err != nil {
			return err
		}
		select {
		case <-gone:
			return fmt.Errorf("wait for %s: it ended", what)
		case <-ctx.Done():
		case <-time.After(pollInterval):
		}
	}
}
