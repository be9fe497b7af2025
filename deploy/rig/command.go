package rig

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Main is a command that plays something on a stack of its own: it reads the command
// line, and exits with what run returns. --help exits 0, and wrong usage 2. A signal
// ends the context of run, so that it can clean up; a second one ends it at once.
func Main[S any](name string, args []string, parse func(args []string, help io.Writer) (S, error), run func(ctx context.Context, settings S, out io.Writer) int) {
	settings, err := parse(args, os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case err != nil:
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop)
	code := run(ctx, settings, os.Stdout)
	stop()
	os.Exit(code)
}

// ParseFlags reads a command line of flags alone. For --help it shows usage and all
// flags, and returns flag.ErrHelp.
func ParseFlags(flags *flag.FlagSet, args []string, usage string, help io.Writer) error {
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(help, usage)
		flags.SetOutput(help)
		flags.PrintDefaults()
	}
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return err
}
