package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/offhours/offhours"
)

const followAbout = `Follow a request until it has ended, and show what became of its records. On a
terminal there is a bar, elsewhere a line for each change, and with --output json
the request itself, one line for each change. PostgreSQL may go away meanwhile.

Exit codes: 0 Success, 7 Failed, 8 Revoked, 6 when --wait is over. Ctrl-C stops
following, never the request.`

const followExamples = `  starter follow 01a20e7a-6337-790d-804f-a425c2a797af
  starter follow $(starter list --limit 1 --output json | jq -r '.items[0].id') --wait 1h`

const (
	followEvery   = 500 * time.Millisecond
	followTimeout = 5 * time.Second // for one answer of PostgreSQL
)

func (t *tool) followCommand() *cobra.Command {
	var wait time.Duration
	command := &cobra.Command{
		Use:     "follow ID",
		Short:   "Follow a request until it has ended",
		Long:    followAbout,
		Example: followExamples,
		Args:    cobra.ExactArgs(1),
		RunE:    t.does(func(ctx context.Context, args []string) error { return t.follow(ctx, requestID(args[0]), wait) }),
	}
	command.Flags().DurationVar(&wait, "wait", 0, "how `long` to follow at most; without end if it is not given")
	return command
}

func (t *tool) follow(ctx context.Context, id string, wait time.Duration) error {
	rooms, _, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer rooms.close()
	following := ctx
	if wait > 0 {
		var cancel context.CancelFunc
		following, cancel = context.WithTimeout(ctx, wait)
		defer cancel()
	}
	w := t.newWatcher()
	request, err := rooms.follow(following, id, w)
	w.finish()
	switch {
	case following.Err() != nil && ctx.Err() == nil && !request.Status.Ended():
		return offhours.Errorf(offhours.CodeUnavailable, "The request has not ended yet.")
	case err != nil:
		return err
	}
	return t.end(request)
}

// follow shows a request, again and again, until it has ended.
func (r *rooms) follow(ctx context.Context, id string, w watcher) (offhours.Request, error) {
	ticker := time.NewTicker(followEvery)
	defer ticker.Stop()
	for {
		request, err := r.look(ctx, id)
		switch {
		case err == nil:
			w.show(request)
		case ctx.Err() != nil:
			return request, ctx.Err()
		case isOutage(err):
			w.away()
		default:
			return request, err
		}
		if request.Status.Ended() {
			return request, nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return request, ctx.Err()
		}
	}
}

func (r *rooms) look(ctx context.Context, id string) (offhours.Request, error) {
	ctx, cancel := context.WithTimeout(ctx, followTimeout)
	defer cancel()
	return r.db.RequestByID(ctx, id)
}

// end shows the outcomes, and makes the end of the request that of the command.
func (t *tool) end(r offhours.Request) error {
	if t.output == table {
		fmt.Fprintf(t.stdout, "%s: %s\n", r.Status.Label(), printable(r.StatusDetail))
		printRows(t.stdout, outcomeRows(r)...)
	}
	switch r.Status {
	case offhours.StatusFailed:
		return exit(exitFailed)
	case offhours.StatusRevoked:
		return exit(exitRevoked)
	}
	return nil
}
