// Command probe asks a URL and says by its exit code whether the answer was 200:
// the health check of containers that have neither a shell nor curl.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"
)

const timeout = 3 * time.Second

const usage = `Usage: probe URL

Asks the URL, for 3 seconds at most. Exit codes: 0 the answer was 200, 1 it was
not, 2 wrong usage.
`

func main() {
	flags := flag.NewFlagSet("probe", flag.ExitOnError)
	flags.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	_ = flags.Parse(os.Args[1:]) // exits on an error
	if flags.NArg() != 1 {
		flags.Usage()
		os.Exit(2)
	}
	if err := probe(flags.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}

func probe(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, answer.Status)
	}
	return nil
}
