package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	// childPatience is what api and worker get for a graceful end.
	childPatience = 20 * time.Second

	// A child that ends is started again after shortestPause, then after twice
	// as long each time up to longestPause. One that ran for steadyAfter begins
	// anew.
	shortestPause = time.Second
	longestPause  = 10 * time.Second
	steadyAfter   = 30 * time.Second
)

// children are the product's binaries.
type children struct {
	bin      string
	folder   folder
	launcher *launcher
	lock     *os.File // they hold it too
	out      *log.Logger
	started  func(name string, pid int) // called at each start of a kept child

	environment []string
	stopKeeping context.CancelFunc
	kept        sync.WaitGroup
}

// check returns an error for each binary that is not there.
func (c *children) check(names ...string) error {
	var errs []error
	for _, name := range names {
		if _, err := exec.LookPath(filepath.Join(c.bin, name)); err != nil {
			errs = append(errs, fmt.Errorf("the binary %s is missing: build the product, or say with --bin where it is (%w)", name, err))
		}
	}
	return errors.Join(errs...)
}

// once runs a binary to its end, which must be exit code 0.
func (c *children) once(ctx context.Context, name string, arguments ...string) error {
	process, err := c.launch(name, arguments...)
	if err != nil {
		return err
	}
	if err := process.wait(ctx, childPatience); err != nil {
		log := c.folder.log(name)
		return fmt.Errorf("%s %q: %w; %s ends with:\n%s", name, arguments, err, log, logTail(log))
	}
	return nil
}

// keep runs a binary until stop, again and again if need be.
func (c *children) keep(names ...string) {
	ctx, cancel := context.WithCancel(context.Background())
	c.stopKeeping = cancel
	for _, name := range names {
		c.kept.Go(func() { c.keepOne(ctx, name) })
	}
}

// stop ends what keep started, all at the same time.
func (c *children) stop() {
	if c.stopKeeping == nil {
		return
	}
	c.stopKeeping()
	c.kept.Wait()
}

func (c *children) keepOne(ctx context.Context, name string) {
	pause := shortestPause
	for {
		began := time.Now()
		err := c.runOne(ctx, name)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > steadyAfter {
			pause = shortestPause
		}
		c.out.Printf("%s ended (%s); it starts again in %s. Its log: %s", name, ending(err), pause, c.folder.log(name))
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

func (c *children) runOne(ctx context.Context, name string) error {
	process, err := c.launch(name)
	if err != nil {
		return err
	}
	c.started(name, process.pid())
	select {
	case <-process.done:
		return process.err
	case <-ctx.Done():
		if process.stop(syscall.SIGTERM, childPatience) {
			c.out.Printf("%s did not end within %s and was killed.", name, childPatience)
		}
		return ctx.Err()
	}
}

func (c *children) launch(name string, arguments ...string) (*process, error) {
	cmd := exec.Command(filepath.Join(c.bin, name), arguments...)
	cmd.Env = append(os.Environ(), c.environment...)
	cmd.ExtraFiles = []*os.File{c.lock}
	return c.launcher.start(cmd, c.folder.log(name), syscall.SIGTERM, syscall.SIGKILL)
}

// ending says how a process ended; a clean exit is no error, but unexpected too.
func ending(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}
