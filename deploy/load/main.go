// Command load brings data into the product's database: accounts and people,
// records from CSV files, and invented records for demos and benchmarks.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/caarlos0/env/v11"
	"golang.org/x/term"

	"github.com/offhours/offhours/internal/postgres"
)

const usage = `load brings data into the database that DATABASE_URL names, and files of records
into the bucket that OFFHOURS_BUCKET_URL names.

  load accounts FILE    accounts, their schedules and users, from a JSON file
  load import FILE      records from a CSV file, by a mapping of its columns
  load generate         invented records

"load COMMAND --help" explains each, with examples. Every run loads all or
nothing: Ctrl-C, or an error, leaves the database as it was. Exit codes: 0 done,
1 failed, 2 wrong usage.
`

const noDatabase = "DATABASE_URL is not set: give the URL of the product's PostgreSQL database, such as postgres://offhours@localhost:5432/offhours"

func main() {
	config, err := configFromEnv(env.ToMap(os.Environ()))
	if err != nil {
		fmt.Fprintf(os.Stderr, "load: read the configuration:\n%v\n", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	l := loader{
		stdout:      os.Stdout,
		stderr:      os.Stderr,
		terminal:    term.IsTerminal(int(os.Stderr.Fd())),
		databaseURL: config.DatabaseURL,
		bucketURL:   config.BucketURL,
		grace:       config.Grace,
		spread:      config.Spread,
		now:         time.Now(),
	}
	code := l.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// loader is one run of the command.
type loader struct {
	stdout, stderr io.Writer
	terminal       bool // stderr shows a progress bar
	databaseURL    string
	bucketURL      string // needed if records have files
	grace          time.Duration
	spread         time.Duration
	now            time.Time
}

// usageError says that the command was called wrongly.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// run runs a subcommand and returns the exit code.
func (l loader) run(ctx context.Context, args []string) int {
	err := l.dispatch(ctx, args)
	var wrong usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &wrong):
		fmt.Fprintf(l.stderr, "load: %v\n", err)
		return 2
	case errors.Is(err, postgres.ErrInDoubt):
		fmt.Fprintf(l.stderr, "load: %v\n", err)
	case ctx.Err() != nil:
		fmt.Fprintln(l.stderr, "load: stopped; nothing was loaded")
	default:
		fmt.Fprintf(l.stderr, "load: %v\nNothing was loaded.\n", err)
	}
	return 1
}

func (l loader) dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return usagef("say what to load\n\n%s", usage)
	}
	switch args[0] {
	case "accounts":
		return l.accounts(ctx, args[1:])
	case "import":
		return l.importFile(ctx, args[1:])
	case "generate":
		return l.generate(ctx, args[1:])
	case "help", "-h", "-help", "--help":
		fmt.Fprint(l.stdout, usage)
		return nil
	}
	return usagef("there is no command %q\n\n%s", args[0], usage)
}

// parse reads flags, before and after the operands, and returns the operands:
// exactly those that names lists.
func (l loader) parse(flags *flag.FlagSet, help string, args []string, names ...string) ([]string, error) {
	flags.SetOutput(io.Discard)
	var operands []string
	for {
		err := flags.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(l.stdout, help)
			flags.SetOutput(l.stdout)
			flags.PrintDefaults()
			return nil, err
		}
		if err != nil {
			return nil, usagef("%v; see load %s --help", err, flags.Name())
		}
		if flags.NArg() == 0 {
			break
		}
		operands, args = append(operands, flags.Arg(0)), flags.Args()[1:]
	}
	if len(operands) != len(names) {
		return nil, usagef("load %s needs %s; see load %s --help", flags.Name(), needs(names), flags.Name())
	}
	return operands, nil
}

func needs(names []string) string {
	if len(names) == 0 {
		return "flags alone"
	}
	return "exactly one " + strings.Join(names, " and one ")
}

// open connects to the database.
func (l loader) open(ctx context.Context) (*postgres.DB, error) {
	if l.databaseURL == "" {
		return nil, usageError{noDatabase}
	}
	db, err := postgres.Open(ctx, l.databaseURL)
	if err != nil {
		return nil, err
	}
	db.SpreadOpenings(l.spread)
	if err := db.Ping(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	return db, nil
}
