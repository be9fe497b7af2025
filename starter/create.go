package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/offhours/offhours"
)

const createAbout = `Create a request for an administrator who cannot do it alone. The rights of the
user and the limits of the account hold as in the API, and each refusal has the
code and the text that the user would see. The audit trail says who acted.

What would be selected is shown first. Nothing is created without --confirm,
which states for the user that the statutory retention of the data has been met.
--dry-run shows what would happen, or why it would be refused, and ends there.

After an outage it may not be known whether the request was created: run the
same command again with the --key that was shown. One key makes one request.`

const createExamples = `  starter create --account 1 --as ada@acme.example --type "Document Collection" --days 365 --dry-run
  starter create --account 1 --as ada@acme.example --type "Document Collection" --days 365 --confirm
  starter create --account 1 --as ada@acme.example --type 201 --from 2025-01-01 --to 2025-12-31 --delete-only --confirm`

const (
	admitPatience = time.Minute     // admissions of one account take turns
	startTimeout  = 3 * time.Second // a worker starts what could not be started here
)

// order is what the flags of create say.
type order struct {
	account          int64
	as, activityType string
	days             int
	from, to         string
	deleteOnly       bool
	confirmed        bool
	dryRun           bool
	key, operator    string
}

func (t *tool) createCommand() *cobra.Command {
	var o order
	command := &cobra.Command{
		Use:     "create",
		Short:   "Create a request on behalf of an administrator",
		Long:    createAbout,
		Example: createExamples,
		Args:    cobra.NoArgs,
		RunE:    t.does(func(ctx context.Context, _ []string) error { return t.create(ctx, o) }),
	}
	flags := command.Flags()
	flags.Int64Var(&o.account, "account", 0, "`id` of the account (needed)")
	flags.StringVar(&o.as, "as", "", "`email` of the administrator of that account who asks for it (needed)")
	flags.StringVar(&o.activityType, "type", "", "activity type, by `code or name` (needed)")
	flags.IntVar(&o.days, "days", 0, "keep what was modified in the last so many `days`, today included")
	flags.StringVar(&o.from, "from", "", "keep what was modified from this `date` of the account's calendar …")
	flags.StringVar(&o.to, "to", "", "… to this `date`; what is older or newer goes")
	flags.BoolVar(&o.deleteOnly, "delete-only", false, "keep no files: this cannot be undone")
	flags.BoolVar(&o.confirmed, "confirm", false, "state that statutory retention has been met, and create")
	flags.BoolVar(&o.dryRun, "dry-run", false, "show what would happen and create nothing")
	flags.StringVar(&o.key, "key", "", "idempotency `key`; made up if it is not given")
	flags.StringVar(&o.operator, "by", "support", "`who` you are, for the audit trail")
	for _, needed := range []string{"account", "as", "type"} {
		_ = command.MarkFlagRequired(needed)
	}
	command.MarkFlagsOneRequired("days", "from")
	command.MarkFlagsRequiredTogether("from", "to")
	command.MarkFlagsMutuallyExclusive("days", "from")
	command.MarkFlagsMutuallyExclusive("confirm", "dry-run")
	return command
}

// creation is an order on its way to become a request.
type creation struct {
	*tool
	*rooms
	order
	grace   time.Duration
	user    offhours.User
	account offhours.Account
	draft   offhours.Draft
}

func (t *tool) create(ctx context.Context, o order) error {
	picked, err := o.dates()
	if err == nil {
		err = o.check()
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, admitPatience)
	defer cancel()
	rooms, config, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer rooms.close()
	c := &creation{tool: t, rooms: rooms, order: o, grace: config.Grace}
	c.draft = offhours.Draft{RequestType: offhours.ExportAndDelete, Range: picked, Confirmed: o.confirmed}
	if o.deleteOnly {
		c.draft.RequestType = offhours.DeleteOnly
	}
	if err := c.identify(ctx); err != nil {
		return err
	}
	preview, err := c.db.Preview(ctx, c.account, c.draft, c.grace)
	if err != nil {
		return err
	}
	if o.dryRun || !o.confirmed {
		return c.preview(preview)
	}
	if t.output == table {
		c.printPreview(preview)
		fmt.Fprintln(t.stdout)
	}
	return c.admit(ctx)
}

// dates reads the range that the flags name.
func (o order) dates() (picked offhours.DateRange, err error) {
	if o.from == "" && o.to == "" {
		return offhours.DateRange{Days: o.days}, nil
	}
	from, fromErr := offhours.ParseDate(o.from)
	to, toErr := offhours.ParseDate(o.to)
	switch {
	case fromErr != nil:
		return picked, usagef("--from: %v", fromErr)
	case toErr != nil:
		return picked, usagef("--to: %v", toErr)
	}
	return offhours.DateRange{From: &from, To: &to}, nil
}

func (o order) check() error {
	if o.key != "" && !offhours.ValidKey(o.key) {
		return usagef("--key must be at most %d printable ASCII characters", offhours.MaxKeyLength)
	}
	return checkBy(o.operator)
}

// identify finds whom and what the order names. It refuses as the API does.
func (c *creation) identify(ctx context.Context) (err error) {
	c.user, c.account, err = c.db.UserByEmail(ctx, c.as)
	switch {
	case err != nil && !offhours.Is(err, offhours.CodeNotFound):
		return fmt.Errorf("look for the user: %w", err)
	case err != nil, c.user.AccountID != c.order.account, !c.user.IsAdmin():
		c.note("--as must be the email of an active administrator of account %d.", c.order.account)
		return offhours.Errorf(offhours.CodeAccessDenied, offhours.TextAccessDenied)
	case !c.account.FeatureEnabled:
		return offhours.Errorf(offhours.CodeFeatureDisabled, offhours.TextFeatureDisabled)
	}
	c.draft.ActivityType, err = c.typeCode(ctx)
	return err
}

// typeCode takes a code as it is: what is no custom type is refused later.
func (c *creation) typeCode(ctx context.Context) (int, error) {
	if code, err := strconv.ParseInt(c.activityType, 10, 32); err == nil {
		return int(code), nil
	}
	types, err := c.db.RecordTypes(ctx, c.account.ID)
	if err != nil {
		return 0, fmt.Errorf("look for the activity type: %w", err)
	}
	for _, t := range types {
		if t.Name == c.activityType {
			return t.Code, nil
		}
	}
	return 0, offhours.Errorf(offhours.CodeUnknownActivityType, "This account has no custom activity type named %q.", c.activityType)
}

// previewJSON is a preview in the form of the REST contract.
type previewJSON struct {
	Selection     offhours.Selection `json:"selection"`
	Records       int                `json:"records"`
	RecordsBefore int                `json:"recordsBefore"`
	RecordsAfter  int                `json:"recordsAfter"`
	Attachments   int                `json:"attachments"`
	EarliestStart time.Time          `json:"earliestStart"`
	Refusal       *problem           `json:"refusal"`
}

// preview shows what would happen, and ends with why it would not.
func (c *creation) preview(p offhours.Preview) error {
	if c.output == table {
		c.printPreview(p)
	} else if err := c.printPreviewJSON(p); err != nil {
		return err
	}
	switch {
	case p.Refusal != nil:
		return p.Refusal
	case c.dryRun:
		c.note("Nothing was created: this was a dry run.")
		return nil
	}
	return offhours.Errorf(offhours.CodeNotConfirmed, "Nothing was created. Add --confirm to state that the statutory retention of this data has been met.")
}

func (c *creation) printPreviewJSON(p offhours.Preview) error {
	document := previewJSON{p.Selection, p.Records, p.RecordsBefore, p.RecordsAfter, p.Attachments, p.EarliestStart, nil}
	if p.Refusal != nil {
		document.Refusal = &problem{string(p.Refusal.Code), p.Refusal.Detail}
	}
	return c.printJSON(map[string]any{"preview": document})
}

func (c *creation) printPreview(p offhours.Preview) {
	rows := [][]string{
		{"Account", fmt.Sprintf("%d %s", c.account.ID, printable(c.account.Name))},
		{"Activity type", strconv.Itoa(c.draft.ActivityType)},
		{"Request type", c.draft.RequestType.Label()},
		{"Range", c.draft.Range.Label()},
		{"Selection", selected(p.Selection)},
		{"Records", strconv.Itoa(p.Records)},
	}
	if p.Selection.After != nil {
		rows = append(rows, []string{"", fmt.Sprintf("%d before the range, %d after it", p.RecordsBefore, p.RecordsAfter)})
	}
	printRows(c.stdout, append(rows,
		[]string{"Attachments", strconv.Itoa(p.Attachments)},
		[]string{"Earliest start", clock(p.EarliestStart)})...)
}

func (c *creation) admit(ctx context.Context) error {
	if c.key == "" {
		c.key = "support-" + uuid.NewString()
	}
	request, created, err := c.db.AdmitOnBehalf(ctx, c.operator, c.user, c.draft, c.key, c.grace)
	if err != nil {
		if isOutage(err) {
			c.note("It is not known whether the request was created. Run the command again with --key %s", c.key)
		}
		return err
	}
	if created {
		c.start(ctx, request)
	}
	if c.output == jsonFormat {
		return c.printJSON(map[string]any{"created": created, "key": c.key, "request": toJSON(request)})
	}
	if !created {
		c.note("This key made this request before; nothing was created now.")
	}
	printRows(c.stdout,
		[]string{"Request", request.ID},
		[]string{"Status", request.Status.Label() + ": " + printable(request.StatusDetail)})
	c.note("\nstarter follow %s", request.ID)
	return nil
}

// start hands an admitted request to Temporal. If that fails a worker does it.
func (c *creation) start(ctx context.Context, request offhours.Request) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTimeout)
	defer cancel()
	err := c.workflows.Start(ctx, request.Ref())
	if err == nil {
		err = c.db.MarkWorkflowStarted(ctx, request.ID)
	}
	if err != nil {
		c.note("Its workflow was not started yet; a worker will start it.")
	}
}
