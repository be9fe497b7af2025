// Command demo shows the whole product at work, on a stack of its own that it
// starts and removes, and proves what it shows: that exactly the selected
// records and their files were deleted, in the window alone, and that what was
// downloaded rebuilds every one of them. It exits 0 only if all of it held.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/offhours/offhours/deploy/rig"
)

const usage = `Usage: demo [flags]

Imports a CSV file into a fresh stack on free ports, runs an Export & Delete and
a Delete Only request on it, stops both in the middle by longer business hours,
revokes a third, lets a fourth fail, and rebuilds what was deleted, records and
files, from what was downloaded. Needs nothing but PostgreSQL's binaries and those
of the product; takes about a minute, half of it waiting for a window to open.

Exit codes: 0 everything held, 1 something did not, 2 wrong usage.

Flags:
`

// settings is the command line.
type settings struct {
	csv, mapping, bin string
	keep              bool
}

func main() { rig.Main("demo", os.Args[1:], parseFlags, run) }

func parseFlags(args []string, help io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.StringVar(&s.csv, "csv", "deploy/load/sample.csv", "CSV `file` to import; at least three activity types, with some dozens of records each")
	flags.StringVar(&s.mapping, "mapping", "deploy/load/sf311.yaml", "YAML `file` that maps its columns")
	flags.StringVar(&s.bin, "bin", "bin", "`folder` with the binaries devstack, migrate, load, api, worker and starter")
	flags.BoolVar(&s.keep, "keep", false, "keep the scratch folder, with all data, logs and downloads")
	if err = rig.ParseFlags(flags, args, usage, help); errors.Is(err, flag.ErrHelp) {
		return s, err
	}
	return s, errors.Join(err, s.check())
}

// check finds what is missing before a stack is started for nothing.
func (s *settings) check() error {
	var errs []error
	for _, path := range []*string{&s.csv, &s.mapping, &s.bin} {
		absolute, err := filepath.Abs(*path)
		*path = absolute
		errs = append(errs, err)
	}
	for _, file := range []string{s.csv, s.mapping} {
		if info, err := os.Stat(file); err != nil || info.IsDir() {
			errs = append(errs, fmt.Errorf("%s is no file that can be read", file))
		}
	}
	errs = append(errs, rig.CheckBinaries(s.bin, "devstack", "load", "starter"))
	return errors.Join(errs...)
}

// run plays the scenario in a scratch folder and returns the exit code.
func run(ctx context.Context, settings settings, out io.Writer) int {
	began := time.Now()
	scratch, err := rig.Scratch("offhours-demo-")
	if err != nil {
		fmt.Fprintf(os.Stderr, "demo: %v\n", err)
		return 1
	}
	out = &shared{out: out}
	d := &demo{settings: settings, scratch: scratch, out: out}
	err = d.play(ctx)
	interrupted := ctx.Err() != nil
	held := d.results.print(out, err, interrupted)
	fmt.Fprintln(out)
	rig.Leave(ctx, scratch, settings.keep, !held, out)
	fmt.Fprintf(out, "Total time: %.0f s\n", time.Since(began).Seconds())
	if !held {
		return 1
	}
	return 0
}
