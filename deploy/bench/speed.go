package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/offhours/offhours/deploy/rig"
)

const speedUsage = `Usage: bench speed [flags]

Starts PostgreSQL (which flushes, as in production) and Temporal on free ports,
in a folder of its own, and measures Export & Delete and Delete Only, from the
start of the workflow to Success, beside psql's COPY and one DELETE, and beside a
loop that reads and deletes with LIMIT. Every run starts from the same database,
and the methods take turns. Writes results.json after each run, and at the end
results.svg.

Exit codes: 0 every target held, 1 one did not, or a run failed, 2 wrong usage.

Flags:
`

// speedSettings is the command line.
type speedSettings struct {
	bin, out string
	sizes    []int
	reps     int
	only     *regexp.Regexp
	resume   bool
	keep     bool
}

func parseSpeed(args []string, help io.Writer) (s speedSettings, err error) {
	flags := flag.NewFlagSet("speed", flag.ContinueOnError)
	var sizes, only string
	flags.StringVar(&s.bin, "bin", "bin", "`folder` with the binaries devstack, migrate, load, api and worker")
	flags.StringVar(&s.out, "out", "bench", "`folder` for results.json and results.svg")
	flags.StringVar(&sizes, "sizes", "20000,200000", "`numbers` of records, separated by commas")
	flags.IntVar(&s.reps, "reps", 5, "`times` each method is measured")
	flags.StringVar(&only, "only", "", "`pattern` of the cells to measure, such as '^200000 plain/(psql|export)'; all if empty")
	flags.BoolVar(&s.resume, "resume", false, "keep the runs that results.json has, and measure the others")
	flags.BoolVar(&s.keep, "keep", false, "keep the scratch folder, with all data and logs")
	if err = rig.ParseFlags(flags, args, speedUsage, help); errors.Is(err, flag.ErrHelp) {
		return s, err
	}
	for word := range strings.SplitSeq(sizes, ",") {
		size, wrong := strconv.Atoi(word)
		if wrong != nil || size < 1 || size > 200_000 {
			err = errors.Join(err, fmt.Errorf("--sizes: %q is no number from 1 to 200000", word))
		}
		s.sizes = append(s.sizes, size)
	}
	if s.reps < 1 {
		err = errors.Join(err, fmt.Errorf("--reps %d: want 1 or more", s.reps))
	}
	pattern, wrong := regexp.Compile(only)
	s.only = pattern
	return s, errors.Join(err, wrong, s.check())
}

// check finds what is missing before a stack is started for nothing.
func (s *speedSettings) check() (err error) {
	for _, path := range []*string{&s.bin, &s.out} {
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	return rig.CheckBinaries(s.bin, "devstack", "migrate", "load", "api", "worker")
}

// runSpeed measures in a scratch folder and returns the exit code.
func runSpeed(ctx context.Context, settings speedSettings, out io.Writer) int {
	began := time.Now()
	dir, err := rig.Scratch("offhours-bench-")
	if err != nil {
		fmt.Fprintf(out, "bench: %v\n", err)
		return 1
	}
	b := &bench{settings: settings, dir: dir, out: out}
	err = b.measure(ctx)
	held := b.results.print(out)
	if err != nil {
		fmt.Fprintf(out, "The run could not be finished: %v\n", err)
	}
	rig.Leave(ctx, dir, settings.keep, err != nil, out)
	fmt.Fprintf(out, "Total time: %.0f s\n", time.Since(began).Seconds())
	if err != nil || !held {
		return 1
	}
	return 0
}
