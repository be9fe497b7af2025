// Command bench measures the product as it is deployed, on servers of its own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const usage = `Usage: bench scale [flags]

  bench scale   many accounts whose windows open at the same time, and a heavy one

"bench COMMAND --help" explains each.
`

func main() {
	if len(os.Args) < 2 || os.Args[1] != "scale" {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	settings, err := parseScale(os.Args[2:], os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case err != nil:
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once
	code := runScale(ctx, settings, os.Stdout)
	stop()
	os.Exit(code)
}
