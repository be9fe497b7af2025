// Command bench measures the product as it is deployed, on servers of its own.
package main

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

const usage = `Usage: bench COMMAND [flags]

  bench speed       Export & Delete and Delete Only, beside psql and a plain loop
  bench scale       many accounts whose windows open at the same time, and a heavy one
  bench neighbour   what users of the CRM notice of a request that runs

"bench COMMAND --help" explains each.
`

// commands read their flags, and return what measures then and gives the exit code.
var commands = map[string]func(args []string, help io.Writer) (func(context.Context, io.Writer) int, error){
	"speed": func(args []string, help io.Writer) (func(context.Context, io.Writer) int, error) {
		s, err := parseSpeed(args, help)
		return func(ctx context.Context, out io.Writer) int { return runSpeed(ctx, s, out) }, err
	},
	"scale": func(args []string, help io.Writer) (func(context.Context, io.Writer) int, error) {
		s, err := parseScale(args, help)
		return func(ctx context.Context, out io.Writer) int { return runScale(ctx, s, out) }, err
	},
	"neighbour": func(args []string, help io.Writer) (func(context.Context, io.Writer) int, error) {
		s, err := parseNeighbour(args, help)
		return func(ctx context.Context, out io.Writer) int { return runNeighbour(ctx, s, out) }, err
	},
}

func main() {
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	measures, err := commands[os.Args[1]](os.Args[2:], os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case err != nil:
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once
	code := measures(ctx, os.Stdout)
	stop()
	os.Exit(code)
}
