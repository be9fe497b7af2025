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

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
)

const neighbourUsage = `Usage: bench neighbour [flags]

Measures what users of the CRM notice of a request that runs: how long their short
transactions on the same table take while nothing else happens, and while records are
exported and deleted, with the throttle on and off. Sessions of two accounts select,
update and insert records at a steady rate, on a stack of its own (fsync on); one of
the accounts is that whose records go. Latencies count from when a transaction was due,
so that a stall is not forgotten. Worker and Temporal run only while nobody else wants
to (chrt --idle), as if they had machines of their own: what is measured is the database.

Exit codes: 0 the target was held, 1 it was not, or the run could not be finished, 2
wrong usage.

Flags:
`

// neighbourSettings is the command line of "bench neighbour".
type neighbourSettings struct {
	bin     string
	records int // of each request
	clients int
	rate    int // transactions a second, of all clients
	idle    time.Duration
	keep    bool
}

func parseNeighbour(args []string, help io.Writer) (s neighbourSettings, err error) {
	flags := flag.NewFlagSet("bench neighbour", flag.ContinueOnError)
	flags.StringVar(&s.bin, "bin", "bin", "`folder` with the binaries devstack, migrate, load, worker and starter")
	flags.IntVar(&s.records, "records", offhours.MaxRecordsPerRequest, "`number` of records of each request")
	flags.IntVar(&s.clients, "clients", 8, "`number` of sessions of users")
	flags.IntVar(&s.rate, "rate", 200, "`number` of their transactions a second, together")
	flags.DurationVar(&s.idle, "idle", 20*time.Second, "how `long` to measure without a request, before each")
	flags.BoolVar(&s.keep, "keep", false, "keep the scratch folder, with all data and logs")
	if err = rig.ParseFlags(flags, args, neighbourUsage, help); errors.Is(err, flag.ErrHelp) {
		return s, err
	}
	return s, errors.Join(err, s.check())
}

func (s *neighbourSettings) check() (err error) {
	if s.bin, err = filepath.Abs(s.bin); err != nil {
		return err
	}
	if s.records < 1 || s.records > offhours.MaxRecordsPerRequest || s.clients < 1 || s.rate < 1 || s.idle <= 0 {
		err = fmt.Errorf("--records must be from 1 to %d, --clients, --rate and --idle above 0", offhours.MaxRecordsPerRequest)
	}
	return errors.Join(err, rig.CheckBinaries(s.bin, "devstack", "migrate", "load", "worker", "starter"))
}

// runNeighbour measures and returns the exit code.
func runNeighbour(ctx context.Context, s neighbourSettings, out io.Writer) int {
	dir, err := rig.Scratch("offhours-bench-")
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		return 1
	}
	r := &neighbourRun{settings: s, dir: dir, out: out}
	held, err := r.measure(ctx)
	if err != nil {
		fmt.Fprintf(out, "The run was not finished: %v\n", err)
	}
	rig.Leave(ctx, dir, s.keep, err != nil, out)
	if err != nil || !held {
		return 1
	}
	return 0
}
