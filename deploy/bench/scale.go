package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
)

const scaleUsage = `Usage: bench scale [flags]

Queues one heavy account's requests, and one small request of each of many other
accounts, while all windows are closed; lets all of them open at the same minute;
and measures how the product bears it, on a stack of its own with two workers.

Exit codes: 0 every target was held, 1 one was not, or the run could not be
finished, 2 wrong usage.

Flags:
`

// scaleSettings is the command line of "bench scale".
type scaleSettings struct {
	bin      string
	accounts int // that are small
	records  int // of each type of the heavy account
	types    int // of the heavy account
	spread   time.Duration
	fairness string
	results  string
	keep     bool
}

func parseScale(args []string, help io.Writer) (s scaleSettings, err error) {
	flags := flag.NewFlagSet("bench scale", flag.ContinueOnError)
	flags.StringVar(&s.bin, "bin", "bin", "`folder` with the binaries devstack, migrate, api and worker")
	flags.IntVar(&s.accounts, "accounts", 2000, "`number` of small accounts, with one request of 50 to 200 records each")
	flags.IntVar(&s.types, "types", offhours.MaxQueuedRecords/offhours.MaxRecordsPerRequest, "`number` of requests of the heavy account, each of a type of its own")
	flags.IntVar(&s.records, "records", offhours.MaxRecordsPerRequest, "`number` of records of each of these")
	flags.DurationVar(&s.spread, "spread", time.Minute, "OFFHOURS_SPREAD of the product")
	flags.StringVar(&s.fairness, "fairness", "both", "`whether` accounts take turns: on, off, or both, one run after the other")
	flags.StringVar(&s.results, "results", "bench/scale.json", "`file` to write the results to")
	flags.BoolVar(&s.keep, "keep", false, "keep the scratch folder, with all data and logs")
	if err = rig.ParseFlags(flags, args, scaleUsage, help); errors.Is(err, flag.ErrHelp) {
		return s, err
	}
	return s, errors.Join(err, s.check())
}

func (s *scaleSettings) check() (err error) {
	if s.bin, err = filepath.Abs(s.bin); err != nil {
		return err
	}
	var problems []error
	if s.accounts < 20 || s.types < 1 || s.records < 1 {
		problems = append(problems, errors.New("--accounts must be at least 20, and --types and --records at least 1"))
	}
	if s.records > offhours.MaxRecordsPerRequest || s.records*s.types > offhours.MaxQueuedRecords {
		problems = append(problems, fmt.Errorf("a request may have %d records, and the requests of an account %d together", offhours.MaxRecordsPerRequest, offhours.MaxQueuedRecords))
	}
	if !slices.Contains([]string{"on", "off", "both"}, s.fairness) {
		problems = append(problems, fmt.Errorf("--fairness is %q, want on, off or both", s.fairness))
	}
	if s.spread < 0 {
		problems = append(problems, fmt.Errorf("--spread is %s, want 0 or more", s.spread))
	}
	return errors.Join(append(problems, rig.CheckBinaries(s.bin, "devstack", "migrate", "api", "worker"))...)
}

// scaleResults is the file of results.
type scaleResults struct {
	Accounts     int            `json:"accounts"`
	HeavyTypes   int            `json:"heavyTypes"`
	HeavyRecords int            `json:"heavyRecordsOfEachType"`
	Machine      machine        `json:"machine"`
	Fair         *scaleOutcome  `json:"fairnessOn,omitempty"`
	Unfair       *scaleOutcome  `json:"fairnessOff,omitempty"`
	Targets      []scaleVerdict `json:"targets"`
}

// runScale measures and returns the exit code.
func runScale(ctx context.Context, s scaleSettings, out io.Writer) int {
	results := scaleResults{Accounts: s.accounts, HeavyTypes: s.types, HeavyRecords: s.records, Machine: thisMachine()}
	for _, fair := range []bool{true, false} {
		if fair && s.fairness == "off" || !fair && s.fairness == "on" {
			continue
		}
		outcome, err := measureScale(ctx, s, fair, out)
		if err != nil {
			fmt.Fprintf(out, "bench: the run could not be finished: %v\n", err)
			return 1
		}
		if fair {
			results.Fair = outcome
		} else {
			results.Unfair = outcome
		}
	}
	results.Targets = judgeScale(s, results)
	printScale(out, results)
	if err := writeResults(s.results, results); err != nil {
		fmt.Fprintf(out, "bench: %v\n", err)
		return 1
	}
	if slices.ContainsFunc(results.Targets, func(v scaleVerdict) bool { return !v.Held }) {
		return 1
	}
	return 0
}

// measureScale does one run in a scratch folder.
func measureScale(ctx context.Context, s scaleSettings, fair bool, out io.Writer) (outcome *scaleOutcome, err error) {
	dir, err := rig.Scratch("offhours-scale-")
	if err != nil {
		return nil, err
	}
	r := &scaleRun{settings: s, fair: fair, dir: dir, out: out, began: time.Now()}
	defer func() {
		r.stop()
		rig.Leave(ctx, dir, s.keep, err != nil, out)
	}()
	for _, step := range []func(context.Context) error{r.start, r.load, r.queue, r.open, r.await, r.measure} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return &r.outcome, nil
}

func writeResults(file string, results any) error {
	text, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

func (r *scaleRun) say(format string, args ...any) {
	fmt.Fprintf(r.out, "%5.0f s  %s\n", time.Since(r.began).Seconds(), fmt.Sprintf(format, args...))
}
