package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/offhours/offhours"
)

const limitsAbout = `Limits tell requests that delete when to slow down, so that others can work: with
smaller batches and pauses between them, down to 50 records and a second. A signal
that has reached its limit slows down; the request says why ("slowedBy"), and speed
comes back when it is over. No limit stops a request.

%s
The deployment has a value for each; an account may have others in their place. What
is changed holds within two seconds, for requests that run, too, and the change is
kept with its time and author.`

func limitsHelp() string {
	var rows strings.Builder
	for _, r := range offhours.LimitRanges {
		fmt.Fprintf(&rows, "  %-21s %s\n", r.Limit, r)
	}
	return fmt.Sprintf(limitsAbout, rows.String())
}

const limitsExamples = `  starter limits show
  starter limits set wal_bytes_per_second=33554432 busy_sessions=0 --by "support: J. Doe"
  starter limits set pause_ms=50 --account 1 --by "support: J. Doe"
  starter limits unset pause_ms --account 1`

func (t *tool) limitsCommand() *cobra.Command {
	command := &cobra.Command{
		Use:     "limits",
		Short:   "Show and change from which signals on requests slow down",
		Long:    limitsHelp(),
		Example: limitsExamples,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return usagef("say what to do with limits: show, set or unset; see starter limits --help")
		},
	}
	command.AddCommand(t.limitsShowCommand(), t.limitsSetCommand(), t.limitsUnsetCommand())
	return command
}

// whose adds the flag of the account, and returns nil for the deployment.
func whose(command *cobra.Command) func() *int64 {
	account := command.Flags().Int64("account", 0, "limits of the account with this `id`, in place of the deployment's")
	return func() *int64 {
		if !command.Flags().Changed("account") {
			return nil
		}
		return account
	}
}

func (t *tool) limitsShowCommand() *cobra.Command {
	command := &cobra.Command{Use: "show", Short: "Show the limits, and who changed them", Args: cobra.NoArgs}
	account := whose(command)
	command.RunE = t.does(func(ctx context.Context, _ []string) error {
		return t.withLimits(ctx, func(ctx context.Context, r *rooms) error { return t.showLimits(ctx, r, account()) })
	})
	return command
}

func (t *tool) limitsSetCommand() *cobra.Command {
	command := &cobra.Command{Use: "set LIMIT=VALUE...", Short: "Set limits, of the deployment or of an account", Args: cobra.MinimumNArgs(1)}
	account := whose(command)
	by := command.Flags().String("by", "support", "`who` you are")
	command.RunE = t.does(func(ctx context.Context, args []string) error {
		limits, err := readLimits(args)
		if err != nil {
			return err
		}
		return t.changeLimits(ctx, account(), limits, nil, *by)
	})
	return command
}

func (t *tool) limitsUnsetCommand() *cobra.Command {
	command := &cobra.Command{Use: "unset LIMIT... --account ID", Short: "Let the deployment's limits hold for an account again", Args: cobra.MinimumNArgs(1)}
	account := whose(command)
	by := command.Flags().String("by", "support", "`who` you are")
	command.RunE = t.does(func(ctx context.Context, args []string) error {
		var unset []offhours.Limit
		for _, name := range args {
			unset = append(unset, offhours.Limit(name))
		}
		return t.changeLimits(ctx, account(), nil, unset, *by)
	})
	return command
}

// readLimits reads NAME=VALUE; which limits there are is for the domain to say.
func readLimits(args []string) (offhours.Limits, error) {
	limits := offhours.Limits{}
	for _, arg := range args {
		name, text, _ := strings.Cut(arg, "=")
		value, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, usagef("%q is no limit and value: give one such as pause_ms=50", arg)
		}
		if _, twice := limits[offhours.Limit(name)]; twice {
			return nil, usagef("%s stands there twice", name)
		}
		limits[offhours.Limit(name)] = value
	}
	return limits, nil
}

// withLimits opens the rooms for a while.
func (t *tool) withLimits(ctx context.Context, do func(context.Context, *rooms) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	rooms, _, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer rooms.close()
	return do(ctx, rooms)
}

// changeLimits changes limits and shows what holds then.
func (t *tool) changeLimits(ctx context.Context, account *int64, set offhours.Limits, unset []offhours.Limit, by string) error {
	if err := checkBy(by); err != nil {
		return err
	}
	return t.withLimits(ctx, func(ctx context.Context, r *rooms) error {
		if err := r.db.ChangeLimits(ctx, account, set, unset, by); err != nil {
			return err
		}
		return t.showLimits(ctx, r, account)
	})
}

// limitJSON is a limit as it holds.
type limitJSON struct {
	Limit      offhours.Limit `json:"limit"`
	Value      int64          `json:"value"`      // 0: no limit
	Deployment int64          `json:"deployment"` // its value
	Own        bool           `json:"own"`        // the account has a value of its own
	About      string         `json:"about"`
}

func (t *tool) showLimits(ctx context.Context, r *rooms, account *int64) error {
	deployment, own, err := r.db.Limits(ctx, account)
	if err != nil {
		return err
	}
	changes, err := r.db.LimitChanges(ctx, account)
	if err != nil {
		return err
	}
	sees, err := r.db.SeesOthers(ctx)
	if err != nil {
		return err
	}
	limits := []limitJSON{}
	for _, l := range offhours.LimitRanges {
		value, has := own[l.Limit]
		if !has {
			value = deployment[l.Limit]
		}
		limits = append(limits, limitJSON{l.Limit, value, deployment[l.Limit], has, l.About})
	}
	if t.output == jsonFormat {
		return t.printJSON(map[string]any{"accountId": account, "limits": limits, "changes": changes, "seesOthers": sees})
	}
	t.printLimits(account, limits, changes)
	if !sees {
		t.note("Standbys and sessions of others are hidden from this role, so replica_lag_bytes, replica_lag_ms and busy_sessions do nothing.\n" +
			"As a superuser: GRANT pg_read_all_stats TO the role of DATABASE_URL.")
	}
	return nil
}

func (t *tool) printLimits(account *int64, limits []limitJSON, changes []offhours.LimitChange) {
	rows := [][]string{{"LIMIT", "VALUE", "OF", "MEANING"}}
	for _, l := range limits {
		of := "deployment"
		if l.Own {
			of = "account " + strconv.FormatInt(*account, 10)
		}
		rows = append(rows, []string{string(l.Limit), strconv.FormatInt(l.Value, 10), of, l.About})
	}
	printRows(t.stdout, rows...)
	rows = nil
	for _, c := range changes {
		rows = append(rows, []string{"  " + clock(c.At), printable(c.Actor), string(c.Before), "→", string(c.After)})
	}
	if len(rows) > 0 {
		fmt.Fprintln(t.stdout, "\nChanges")
		printRows(t.stdout, rows...)
	}
}
