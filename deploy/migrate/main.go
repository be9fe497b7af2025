// Command migrate brings the database to the newest schema and exits. It runs
// once per deployment, before the API and the workers; running it again changes
// nothing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/offhours/offhours/internal/postgres"
)

const usage = `Usage: migrate

Brings the database that DATABASE_URL names to the newest schema. It takes no
arguments, and running it again changes nothing.
`

func main() {
	flags := flag.NewFlagSet("migrate", flag.ExitOnError)
	flags.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	_ = flags.Parse(os.Args[1:]) // exits on an error
	if flags.NArg() > 0 {
		flags.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Getenv("DATABASE_URL")); err != nil {
		fmt.Fprintln(os.Stderr, "migrate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, url string) error {
	if url == "" {
		return errors.New("DATABASE_URL is not set; for example postgres://user@host/offhours")
	}
	applied, err := postgres.Migrate(ctx, url)
	if err != nil {
		return err
	}
	for _, name := range applied {
		fmt.Println("applied", name)
	}
	if len(applied) == 0 {
		fmt.Println("the schema is current")
	}
	return nil
}
