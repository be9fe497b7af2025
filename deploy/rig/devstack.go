package rig

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	// startPatience covers a first start on a slow, busy machine; devstack gives up
	// on parts that do not start long before.
	startPatience = 3 * time.Minute
	// stopPatience covers calls under way and PostgreSQL's last checkpoint.
	stopPatience = time.Minute
)

// Devstack is a running dev stack.
type Devstack struct {
	*Process
	Env map[string]string // addresses and settings, as the dev stack gives them
}

// StartDevstack starts the dev stack of a folder of binaries and waits until
// everything answers. It keeps its data in dir, and listens on free ports but for
// those that are given by name. An error shows what it said, and leaves nothing
// running.
func StartDevstack(ctx context.Context, bin, dir, log string, ports map[string]string, flags ...string) (*Devstack, error) {
	envFile := strings.TrimSuffix(log, ".log") + ".env"
	if err := os.Remove(envFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	arguments := append([]string{"--dir", dir, "--bin", bin, "--env-file", envFile}, flags...)
	for _, port := range []string{"api", "temporal", "ui", "postgres", "oidc", "login"} {
		number := ports[port]
		if number == "" {
			number = "0"
		}
		arguments = append(arguments, "--"+port+"-port", number)
	}
	// If we die, SIGTERM lets it stop everything in order.
	run, err := Launch(log, syscall.SIGTERM, CleanEnvironment(nil), filepath.Join(bin, "devstack"), arguments...)
	if err != nil {
		return nil, err
	}
	d := &Devstack{Process: run}
	err = Poll(ctx, "the dev stack", startPatience, run.ended, func(context.Context) (bool, error) {
		d.Env, err = ReadEnv(envFile)
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		d.Stop()
		return nil, fmt.Errorf("%w\n%s", err, Tail(log))
	}
	return d, nil
}

// Stop ends everything the dev stack has started. It returns when nothing of it
// runs any more.
func (d *Devstack) Stop() { d.Process.Stop(stopPatience) }

// ReadEnv reads a file of KEY=VALUE lines.
func ReadEnv(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	env := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok {
			env[key] = value
		}
	}
	return env, nil
}
