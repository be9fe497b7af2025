package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole command. It returns the exit code: 0 after a stop that was
// asked for, 1 when a part failed, 2 for a wrong command line.
func run(args []string, stdout, stderr io.Writer) int {
	settings, err := parseFlags(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "devstack: %v\n", err)
		return 2
	}
	if err := serve(settings, log.New(stdout, "", 0)); err != nil {
		fmt.Fprintf(stderr, "devstack: %v\n", err)
		return 1
	}
	return 0
}

// serve runs the stack until it is told to stop or a part fails.
func serve(settings settings, out *log.Logger) error {
	began := time.Now()
	stack, err := newStack(settings, out)
	if err != nil {
		return err
	}
	defer stack.release()

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go obeySignals(stop, stack)

	err = stack.start(ctx)
	if err == nil {
		stack.announce(time.Since(began))
		err = stack.wait(ctx)
	}
	told := ctx.Err() != nil
	stack.stop()
	if told {
		return nil
	}
	return err
}

// obeySignals calls stop at the first signal and kills everything at the
// second. SIGHUP counts: a closed terminal should leave as clean a folder as
// Ctrl-C does.
func obeySignals(stop context.CancelFunc, stack *stack) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	<-signals
	stack.out.Print("Stopping. Ctrl-C again kills.")
	stop()
	<-signals
	stack.launcher.killAll()
	os.Exit(1)
}
