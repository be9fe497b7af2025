package main

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/offhours/offhours"
)

const revokeAbout = `Take a request out of the queue by a signal to its workflow, and wait until it is
certain what became of it: revoked (exit code 0), too late (5), or, when no worker
answers in time, not known yet (6). A signal that was sent is heard later; asking
again does no harm. A request that was revoked before stays as it is.

What you give as --by and --reason is kept in the audit trail and in Temporal's
history, and users read --by: write nothing of a customer there.`

const revokeExamples = `  starter revoke 01a20e7a-6337-790d-804f-a425c2a797af
  starter revoke 01a20e7a-6337-790d-804f-a425c2a797af --by "support: J. Doe" --reason "customer called"
  starter revoke $(starter list --status in_queue --limit 1 --output json | jq -r '.items[0].id')`

const (
	sendPatience = 10 * time.Second
	verdictEvery = 200 * time.Millisecond
)

type revocation struct {
	by, reason string
	wait       time.Duration
}

func (t *tool) revokeCommand() *cobra.Command {
	var r revocation
	command := &cobra.Command{
		Use:     "revoke ID",
		Short:   "Take a request out of the queue, by signal",
		Long:    revokeAbout,
		Example: revokeExamples,
		Args:    cobra.ExactArgs(1),
		RunE:    t.does(func(ctx context.Context, args []string) error { return t.revoke(ctx, requestID(args[0]), r) }),
	}
	command.Flags().StringVar(&r.by, "by", "support", "`who` you are")
	command.Flags().StringVar(&r.reason, "reason", "", "`why`")
	command.Flags().DurationVar(&r.wait, "wait", patience, "how `long` to wait until it is certain")
	return command
}

// checkWords refuses what the audit trail does not keep as it stands.
func checkWords(flag, words string) error {
	if utf8.RuneCountInString(words) > offhours.MaxReasonLength {
		return usagef("%s must be at most %d characters", flag, offhours.MaxReasonLength)
	}
	for _, r := range words {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return usagef("%s must be text in one line", flag)
		}
	}
	return nil
}

// checkBy refuses a blank --by, too: trails name somebody.
func checkBy(by string) error {
	if strings.TrimSpace(by) == "" {
		return usagef("--by must say who you are")
	}
	return checkWords("--by", by)
}

func (t *tool) revoke(ctx context.Context, id string, r revocation) error {
	if err := checkBy(r.by); err != nil {
		return err
	}
	if err := checkWords("--reason", r.reason); err != nil {
		return err
	}
	rooms, _, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer rooms.close()
	request, err := rooms.request(ctx, id)
	if err == nil && request.Status == offhours.StatusInQueue {
		request, err = rooms.revoke(ctx, request, r)
	}
	switch {
	case err != nil:
		return err
	case request.Status != offhours.StatusRevoked:
		return offhours.Errorf(offhours.CodeTooLateToRevoke, offhours.TextTooLateToRevoke)
	case t.output == jsonFormat:
		return t.printJSON(toJSON(request))
	}
	fmt.Fprintln(t.stdout, printable(request.StatusDetail))
	return nil
}

// request reads a request, and does not wait long for PostgreSQL.
func (r *rooms) request(ctx context.Context, id string) (offhours.Request, error) {
	ctx, cancel := context.WithTimeout(ctx, sendPatience)
	defer cancel()
	request, err := r.db.RequestByID(ctx, id)
	if err != nil {
		return request, fmt.Errorf("read the request: %w", err)
	}
	return request, nil
}

// revoke sends the signal and waits until the request has left the queue.
func (r *rooms) revoke(ctx context.Context, request offhours.Request, why revocation) (offhours.Request, error) {
	if err := r.send(ctx, request.Ref(), why); err != nil {
		return request, err
	}
	waiting, cancel := context.WithTimeout(ctx, why.wait)
	defer cancel()
	ticker := time.NewTicker(verdictEvery)
	defer ticker.Stop()
	for {
		seen, err := r.db.RequestByID(waiting, request.ID)
		if err == nil && seen.Status != offhours.StatusInQueue {
			return seen, nil
		}
		if err != nil && !isOutage(err) && waiting.Err() == nil {
			return seen, fmt.Errorf("read the request: %w", err)
		}
		select {
		case <-ticker.C:
		case <-waiting.Done():
			if ctx.Err() != nil {
				return request, ctx.Err()
			}
			return request, offhours.Errorf(offhours.CodeUnavailable,
				"It is not known yet whether the request was revoked. The signal was sent and will be heard when a worker runs. Please ask again.")
		}
	}
}

// send signals the workflow. Where none runs, not yet or not any more, there is
// the way of the API, whose answer is certain.
func (r *rooms) send(ctx context.Context, ref offhours.RequestRef, why revocation) error {
	ctx, cancel := context.WithTimeout(ctx, sendPatience)
	defer cancel()
	err := r.workflows.SignalRevoke(ctx, ref, why.by, why.reason)
	if offhours.Is(err, offhours.CodeNotFound) {
		err = r.workflows.Revoke(ctx, ref, why.by, why.reason)
	}
	return err
}
