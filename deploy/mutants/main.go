// Command mutants takes the product's guards away, one at a time, and shows that a
// test notices each. It is for developers: `make mutants`.
//
// No file is changed: the compiler is given the edited text in place of the file's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

const usage = `Usage: mutants [name ...]

Takes the product's guards away, one at a time, or those that are named, and runs
the test that has to fail then. Run it in the module's folder, with
OFFHOURS_TEST_DATABASE_URL naming a PostgreSQL server for tests.

Exit codes: 0 every mutant was killed, 1 one survived, 2 it cannot be told.

Mutants:
`

func main() {
	flag.Usage = func() {
		fmt.Fprint(os.Stderr, usage)
		for _, m := range mutants {
			fmt.Fprintf(os.Stderr, "  %-24s %s\n", m.name, m.takes)
		}
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	survived, err := run(ctx, flag.Args())
	stop()
	switch {
	case err != nil:
		fmt.Fprintf(os.Stderr, "mutants: %v\n", err)
		os.Exit(2)
	case survived > 0:
		os.Exit(1)
	}
}

func run(ctx context.Context, names []string) (survived int, err error) {
	if os.Getenv("OFFHOURS_TEST_DATABASE_URL") == "" {
		return 0, errors.New("OFFHOURS_TEST_DATABASE_URL is not set: run `make mutants`")
	}
	chosen, err := choose(names)
	if err != nil {
		return 0, err
	}
	for _, m := range chosen { // before minutes are spent
		for _, e := range m.edits {
			if _, err := e.apply(); err != nil {
				return 0, fmt.Errorf("mutant %s: %w", m.name, err)
			}
		}
	}
	lab, err := newLab()
	if err != nil {
		return 0, err
	}
	defer lab.close()
	if err := lab.healthy(ctx, chosen); err != nil {
		return 0, err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "mutant\twithout\ttest that has to fail\tverdict\ttook")
	for i, m := range chosen {
		began := time.Now()
		killed, err := lab.kills(ctx, m)
		if err != nil {
			return 0, fmt.Errorf("mutant %s: %w", m.name, err)
		}
		verdict := "killed"
		if !killed {
			verdict = "SURVIVED"
			survived++
		}
		fmt.Fprintf(os.Stderr, "%d/%d %s %s\n", i+1, len(chosen), m.name, verdict)
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%.0f s\n", m.name, m.takes, m.test, verdict, time.Since(began).Seconds())
	}
	if err := table.Flush(); err != nil {
		return 0, err
	}
	fmt.Printf("%d mutants, %d killed, %d survived\n", len(chosen), len(chosen)-survived, survived)
	return survived, nil
}

// choose returns the mutants of the names, or all.
func choose(names []string) ([]mutant, error) {
	if len(names) == 0 {
		return mutants, nil
	}
	var chosen []mutant
	for _, m := range mutants {
		for i, name := range names {
			if m.name == name {
				chosen = append(chosen, m)
				names = append(names[:i:i], names[i+1:]...)
				break
			}
		}
	}
	if len(names) > 0 {
		return nil, fmt.Errorf("no such mutant: %s", strings.Join(names, ", "))
	}
	return chosen, nil
}
