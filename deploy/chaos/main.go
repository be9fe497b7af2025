// Command chaos tries to make the product lose a record. It runs it as real
// processes, lets users work on the same records, breaks everything around it by
// a plan that follows from a seed, and then proves from what an independent
// witness saw that every invariant of DESIGN.md held. It exits 0 only then. A sweep
// breaks one thing at a time instead, and leaves none out.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/offhours/offhours/deploy/rig"
)

const usage = `Usage: chaos [flags]

Runs Temporal, PostgreSQL, the API and two workers on free ports, in a folder of
its own, and breaks them for a while. The same seed plans the same faults.

With --sweep it plays small requests of each kind instead, again and again, and at
each call after which something has durably changed (a commit, an object, a mail, a
step of a workflow) kills the program before or after the call, or loses the answer.

Exit codes: 0 nothing was lost, 1 something was, or the run could not be finished,
2 wrong usage.

Flags:
`

// settings is the command line.
type settings struct {
	bin      string
	duration time.Duration
	seed     uint64
	keep     bool
	sweep    bool
	only     string // of a sweep
	share    int
}

func main() { rig.Main("chaos", os.Args[1:], parseFlags, run) }

func parseFlags(args []string, help io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.StringVar(&s.bin, "bin", "bin", "`folder` with the binaries devstack, migrate, load, api and worker")
	flags.DurationVar(&s.duration, "duration", 10*time.Minute, "how long faults are injected")
	flags.Uint64Var(&s.seed, "seed", 0, "`number` from which the plan follows; 0 takes one from the clock")
	flags.BoolVar(&s.sweep, "sweep", false, "instead, end a program or lose an answer at every call after which something has changed")
	flags.IntVar(&s.share, "share", 1, "of a sweep, play one trial of so `many`; the seed says which")
	flags.StringVar(&s.only, "only", ".", "of a sweep, play trials that match this regular `expression`, as: revoke / .* / lost")
	flags.BoolVar(&s.keep, "keep", false, "keep the scratch folder, with all data and logs")
	if err = rig.ParseFlags(flags, args, usage, help); errors.Is(err, flag.ErrHelp) {
		return s, err
	}
	if s.seed == 0 {
		s.seed = uint64(time.Now().UnixNano()) % 1_000_000
	}
	if s.share < 1 {
		err = errors.Join(err, errors.New("--share is a whole number from 1 on"))
	}
	if _, wrong := regexp.Compile(s.only); wrong != nil {
		err = errors.Join(err, fmt.Errorf("--only: %w", wrong))
	}
	return s, errors.Join(err, s.check())
}

// check finds what is missing before a stack is started for nothing.
func (s *settings) check() (err error) {
	if s.bin, err = filepath.Abs(s.bin); err != nil {
		return err
	}
	return rig.CheckBinaries(s.bin, "devstack", "migrate", "load", "api", "worker")
}

// run rages, or sweeps, in a scratch folder and returns the exit code.
func run(ctx context.Context, settings settings, out io.Writer) int {
	dir, err := rig.Scratch("offhours-chaos-")
	if err != nil {
		fmt.Fprintf(out, "chaos: %v\n", err)
		return 1
	}
	play := rage
	if settings.sweep {
		play = sweepThrough
	}
	clean, err := play(ctx, settings, dir, out)
	if err != nil {
		fmt.Fprintf(out, "The run could not be finished: %v\n", err)
	}
	clean = clean && err == nil
	rig.Leave(ctx, dir, settings.keep, !clean, out)
	if !clean {
		return 1
	}
	return 0
}

// rage injects faults for a while, and reports whether nothing was lost.
func rage(ctx context.Context, settings settings, dir string, out io.Writer) (clean bool, err error) {
	fmt.Fprintf(out, "Seed %d, faults for %s. The same again: make chaos DURATION=%s SEED=%d\n", settings.seed, settings.duration, settings.duration, settings.seed)
	c, err := newChaos(settings, dir, out)
	if err != nil {
		return false, err
	}
	outcome, err := c.play(ctx)
	c.tally.print(out, outcome)
	return held(outcome.violations, err), err
}

// sweepThrough plays the trials of a sweep, and reports whether nothing was lost.
func sweepThrough(ctx context.Context, settings settings, dir string, out io.Writer) (clean bool, err error) {
	fmt.Fprintf(out, "Seed %d. The same again: make sweep SEED=%d ARGS='--share %d --only \"%s\"'\n", settings.seed, settings.seed, settings.share, settings.only)
	s, err := newSweep(settings, dir, out)
	if err != nil {
		return false, err
	}
	defer s.stop()
	if err := s.start(ctx); err != nil {
		return false, err
	}
	o, err := s.all(ctx, regexp.MustCompile(settings.only), settings.share)
	o.print(out, settings.seed, settings.share)
	return len(o.wrong) == 0, err
}

// held reports whether a run proved that nothing was lost.
func held(violations []violation, err error) bool { return err == nil && len(violations) == 0 }
