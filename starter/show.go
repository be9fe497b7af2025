package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/starter/control"
)

const showExamples = `  starter show 01a20e7a-6337-790d-804f-a425c2a797af
  starter show bulk/1/01a20e7a-6337-790d-804f-a425c2a797af     # as Temporal's page names it
  starter show $(starter list --limit 1 --output json | jq -r '.items[0].id') --output json`

func (t *tool) showCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show a request, its workflow, its audit trail and its mails",
		Long: `Show everything about a request: what it selects, how it stands, what happened to
it and when, how many of its mails were sent, and what its workflow does. If
Temporal does not answer, the rest is shown and the exit code is 6.`,
		Example: showExamples,
		Args:    cobra.ExactArgs(1),
		RunE:    t.does(func(ctx context.Context, args []string) error { return t.show(ctx, requestID(args[0])) }),
	}
}

// requestID takes the id of a request or of its workflow.
func requestID(text string) string {
	if strings.HasPrefix(text, "bulk/") {
		return text[strings.LastIndex(text, "/")+1:]
	}
	return text
}

// dossier is everything about a request.
type dossier struct {
	Request  requestJSON          `json:"request"`
	Account  accountJSON          `json:"account"`
	Timeline []offhours.Event     `json:"timeline"`
	Mails    []offhours.MailCount `json:"mails"`
	Workflow *control.Workflow    `json:"workflow"` // nil: there is none, or Temporal does not answer
}

type accountJSON struct {
	ID             int64  `json:"id"`
	Name           string `json:"name"`
	TimeZone       string `json:"timeZone"`
	FeatureEnabled bool   `json:"featureEnabled"`
}

func (t *tool) show(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	rooms, _, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer rooms.close()
	d, err := rooms.dossier(ctx, id)
	if err != nil {
		return err
	}
	workflow, workflowErr := rooms.workflows.Describe(ctx, d.Request.Ref())
	switch {
	case workflowErr == nil:
		d.Workflow = &workflow
	case offhours.Is(workflowErr, offhours.CodeNotFound):
		workflowErr = nil
	}
	if t.output == jsonFormat {
		err = t.printJSON(d)
	} else {
		t.printDossier(d, workflowErr)
	}
	if err == nil {
		err = workflowErr
	}
	return err
}

func (r *rooms) dossier(ctx context.Context, id string) (d dossier, err error) {
	request, err := r.db.RequestByID(ctx, id)
	if err != nil {
		return d, err
	}
	d.Request = toJSON(request)
	account, err := r.db.Account(ctx, request.AccountID)
	if err != nil {
		return d, err
	}
	d.Account = accountJSON{account.ID, account.Name, account.Schedule.TimeZone, account.FeatureEnabled}
	if d.Timeline, err = r.db.AuditTrail(ctx, request.ID); err != nil {
		return d, err
	}
	d.Mails, err = r.db.Mails(ctx, request.ID)
	return d, err
}

func (t *tool) printDossier(d dossier, workflowErr error) {
	r := d.Request.Request
	rows := requestRows(r)
	rows[1][1] = fmt.Sprintf("%d %s, %s", d.Account.ID, printable(d.Account.Name), d.Account.TimeZone)
	printRows(t.stdout, rows...)
	if r.Status.Ended() {
		fmt.Fprintln(t.stdout, "\nOutcomes")
		printRows(t.stdout, outcomeRows(r)...)
	}
	fmt.Fprintln(t.stdout, "\nTimeline")
	rows = nil
	for _, event := range d.Timeline {
		rows = append(rows, []string{"  " + clock(event.At), event.Action, printable(event.Actor), printable(string(event.Detail))})
	}
	printRows(t.stdout, rows...)
	fmt.Fprintln(t.stdout, "\nMails")
	rows = nil
	for _, mails := range d.Mails {
		rows = append(rows, []string{"  " + string(mails.Kind), strconv.Itoa(mails.Count), mails.State})
	}
	printRows(t.stdout, rows...)
	t.printWorkflow(d.Workflow, workflowErr)
}

func (t *tool) printWorkflow(w *control.Workflow, err error) {
	fmt.Fprintln(t.stdout, "\nWorkflow")
	switch {
	case err != nil:
		fmt.Fprintln(t.stdout, "  Temporal did not say.")
		return
	case w == nil:
		fmt.Fprintln(t.stdout, "  There is none, not yet or not any more.")
		return
	}
	printRows(t.stdout,
		[]string{"  Id", w.ID},
		[]string{"  Run", w.RunID},
		[]string{"  Status", fmt.Sprintf("%s, %d events", w.Status, w.HistoryEvents)},
		[]string{"  Started", clockOr(w.StartedOn, "not known")},
		[]string{"  Closed", clockOr(w.ClosedOn, "not yet")})
	for _, step := range w.Pending {
		fmt.Fprintf(t.stdout, "  %s is %s, attempt %d. %s\n", step.Name, strings.ToLower(step.State), step.Attempt, printable(step.LastFailure))
	}
}
