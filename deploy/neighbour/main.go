// Command neighbour measures what users of the CRM notice of a request that runs:
// how long their short transactions on the same table take, while nothing else
// happens, and while 200,000 records are exported and deleted. It exits 0 only if
// the 99th percentile stays within twice that of the idle table.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

const usage = `Usage: neighbour [flags]

Starts PostgreSQL (fsync on), Temporal and a worker on free ports, in a scratch folder,
and lets sessions of two accounts select, update and insert records at a steady rate,
as users do: one of the accounts is that whose records are deleted. Latencies count
from when a transaction was due, so that a stall is not forgotten.

Exit codes: 0 the target is held, 1 it is not or something failed, 2 wrong usage.

Flags:
`

// settings is the command line.
type settings struct {
	bin     string
	records int
	clients int
	rate    int
	idle    time.Duration
	keep    bool
}

func main() {
	settings, err := parseFlags(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case err != nil:
		fmt.Fprintf(os.Stderr, "neighbour: %v\n", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	held, err := measure(ctx, settings, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "neighbour: %v\n", err)
	}
	if !held || err != nil {
		os.Exit(1)
	}
}

func parseFlags(args []string) (s settings, err error) {
	flags := flag.NewFlagSet("neighbour", flag.ContinueOnError)
	flags.Usage = func() { fmt.Fprint(flags.Output(), usage); flags.PrintDefaults() }
	flags.StringVar(&s.bin, "bin", "bin", "`folder` with the binaries devstack, migrate, load, worker and starter")
	flags.IntVar(&s.records, "records", 200_000, "records of each request")
	flags.IntVar(&s.clients, "clients", 8, "sessions of users")
	flags.IntVar(&s.rate, "rate", 200, "their transactions a second, together")
	flags.DurationVar(&s.idle, "idle", 20*time.Second, "`how long` to measure without a request, before each")
	flags.BoolVar(&s.keep, "keep", false, "keep the scratch folder, with all data and logs")
	if err = flags.Parse(args); err != nil {
		return s, err
	}
	if s.bin, err = filepath.Abs(s.bin); err != nil {
		return s, err
	}
	if s.records < 1 || s.clients < 1 || s.rate < 1 || s.idle <= 0 || flags.NArg() > 0 {
		return s, errors.New("all numbers must be above 0, and there are no arguments; see -h")
	}
	for _, name := range []string{"devstack", "migrate", "load", "worker", "starter"} {
		if _, err := exec.LookPath(filepath.Join(s.bin, name)); err != nil {
			return s, fmt.Errorf("the binary %s is missing in %s: build the product, or say with --bin where it is", name, s.bin)
		}
	}
	return s, nil
}
