// Command starter is for support tooling: it creates, lists, shows, revokes and
// follows the requests of every account, reconciles them with Temporal, changes the
// limits that they respect, and checks downloaded exports. Who has its environment is trusted: it asks for no token.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"
	"golang.org/x/term"

	"github.com/offhours/offhours/internal/settings"
)

const about = `starter is for support tooling: it creates, lists, shows, revokes and follows the
requests of every account, reconciles them with Temporal, changes the limits that they
respect, and checks downloaded exports. It speaks to PostgreSQL and Temporal as the worker does, and is told where
they are by the same variables; "restore-check" needs none of them:

%s
With --output json, stdout has one JSON document ("follow": one a line), and an
error is one on stderr: {"error": {"code", "detail"}}; only wrong usage is told in
words. Requests have the form of the REST contract, and accountId. Fields may be
added; none changes its meaning.

Exit codes:
   0  done; "follow": the request ended as Success
   1  an error that only its text explains
   2  wrong usage, or a setting is missing
   3  there is no such request or account
   4  refused, with the code and text of the API
   5  too late to revoke
   6  something does not answer, or the outcome is not known yet: ask again
   7  "follow": the request ended as Failed
   8  "follow": the request was revoked
   9  "reconcile": something is left to mend
  10  "restore-check": the export is not whole
 130  stopped by Ctrl-C`

const rootExamples = `  # on the stack of "make run"
  export DATABASE_URL='postgres://postgres@127.0.0.1:5433/offhours?sslmode=disable' OFFHOURS_GRACE=1m
  starter list
  starter help create`

func help() string {
	var variables strings.Builder
	settings.Describe[config](&variables)
	return fmt.Sprintf(about, variables.String())
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	t := &tool{
		stdout:      os.Stdout,
		stderr:      os.Stderr,
		terminal:    term.IsTerminal(int(os.Stderr.Fd())),
		environment: env.ToMap(os.Environ()),
		dial:        client.NewLazyClient,
	}
	code := t.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// tool is one run of the command.
type tool struct {
	stdout, stderr io.Writer
	terminal       bool // stderr shows a progress bar
	environment    map[string]string
	dial           func(client.Options) (client.Client, error)

	output format
	ran    bool // the usage was right
}

// run runs a subcommand and returns the exit code.
func (t *tool) run(ctx context.Context, args []string) int {
	root := t.root()
	root.SetArgs(args)
	return t.report(ctx, root.ExecuteContext(ctx))
}

func (t *tool) root() *cobra.Command {
	t.output = table
	root := &cobra.Command{
		Use:           "starter",
		Short:         "Requests of every account, for support tooling",
		Long:          help(),
		Example:       rootExamples,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(*cobra.Command, []string) error {
			return usagef("say what to do: create, list, show, revoke, follow, reconcile, limits or restore-check; see starter --help")
		},
	}
	root.SetOut(t.stdout)
	root.SetErr(t.stderr)
	root.PersistentFlags().VarP(&t.output, "output", "o", `form of what is printed, "table" or "json"`)
	root.AddCommand(t.createCommand(), t.listCommand(), t.showCommand(), t.revokeCommand(), t.followCommand(), t.reconcileCommand(), t.limitsCommand(), t.restoreCheckCommand())
	return root
}

// does is what a subcommand does once its usage was right.
func (t *tool) does(f func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(command *cobra.Command, args []string) error {
		t.ran = true
		return f(command.Context(), args)
	}
}
