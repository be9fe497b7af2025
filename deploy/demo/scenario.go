package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
)

// demo is one run of the scenario.
type demo struct {
	settings  settings
	scratch   string
	out       io.Writer
	results   results
	stack     *stack
	conn      *pgx.Conn // the demo's own, beside the product
	downloads string

	admin, secondAdmin, seller *caller

	hours   offhours.Schedule
	opening time.Time // of the window

	export, delete, third plan
	edit                  edit
}

// say prints what happens next, or just has, under a short heading.
func (d *demo) say(heading, format string, args ...any) {
	fmt.Fprintf(d.out, "%12s  %s\n", heading, fmt.Sprintf(format, args...))
}

// play runs the scenario on a stack that is gone when it returns. An error
// means that it could not be played to its end.
func (d *demo) play(ctx context.Context) (err error) {
	began := time.Now()
	d.say("Stack", "starting in %s", d.scratch)
	if d.stack, err = startStack(ctx, d.settings.bin, d.scratch); err != nil {
		return err
	}
	defer func() {
		d.say("Stack", "stopping")
		d.stack.stop()
	}()
	ctx, cancel := d.stack.watch(ctx)
	defer cancel()
	d.say("Stack", "ready after %.1f s", time.Since(began).Seconds())
	if d.conn, err = pgx.Connect(ctx, d.stack.env["DATABASE_URL"]); err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer func() { _ = d.conn.Close(context.WithoutCancel(ctx)) }()
	defer d.edit.release()
	for _, step := range []func(context.Context) error{d.prepare, d.ask, d.watchWork, d.prove} {
		if err := step(ctx); err != nil {
			return errors.Join(err, gone(ctx))
		}
	}
	return nil
}

// gone says why a context ended, if it did.
func gone(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}

// lastMinute leaves a window of one minute a day.
const lastMinute offhours.ClockTime = 24*60 - 1

// prepare fills the account, copies its records and chooses what to ask for. The
// hours end late at first, so that an import may take its time.
func (d *demo) prepare(ctx context.Context) (err error) {
	if d.hours, err = hoursUntil(time.Now()); err != nil {
		return err
	}
	if err := d.loadAccount(ctx, businessUntil(d.hours.TimeZone, lastMinute)); err != nil {
		return err
	}
	if err := d.importFile(ctx); err != nil {
		return err
	}
	d.export = plan{name: "export", draft: draft{RequestType: offhours.ExportAndDelete}}
	d.delete = plan{name: "delete", draft: draft{RequestType: offhours.DeleteOnly}}
	d.third = plan{name: "third", draft: draft{RequestType: offhours.ExportAndDelete}}
	if err := d.copyBefore(ctx); err != nil {
		return err
	}
	if err := d.makePlans(ctx); err != nil {
		return err
	}
	var records, types int
	if err := d.conn.QueryRow(ctx, "SELECT count(*), count(DISTINCT type_code) FROM demo.before").Scan(&records, &types); err != nil {
		return err
	}
	d.say("Import", "%d records of %d activity types, and a copy of them", records, types)
	return d.signInAll(ctx)
}

func (d *demo) signInAll(ctx context.Context) error {
	for _, user := range []struct {
		email string
		to    **caller
	}{{admin, &d.admin}, {secondAdmin, &d.secondAdmin}, {seller, &d.seller}} {
		c, err := signIn(ctx, d.stack.env, user.email)
		if err != nil {
			return err
		}
		*user.to = c
	}
	return nil
}

// ask previews, is refused, and creates the requests, all before the window
// opens.
func (d *demo) ask(ctx context.Context) error {
	if err := d.setHours(ctx); err != nil {
		return err
	}
	plans := []*plan{&d.export, &d.delete, &d.third}
	for _, p := range plans {
		if err := d.preview(ctx, p); err != nil {
			return err
		}
	}
	d.refuse(ctx)
	for _, p := range plans {
		if err := d.create(ctx, p); err != nil {
			return err
		}
	}
	d.refuseDuplicate(ctx)
	if err := d.revokeThird(ctx); err != nil {
		return err
	}
	if err := d.lockForEdit(ctx); err != nil {
		return err
	}
	if left := time.Until(d.opening); left < 0 {
		return fmt.Errorf("the window opened %.0f s before everything was prepared: this machine is too busy", -left.Seconds())
	}
	return nil
}

// setHours makes it business hours now, until a window opens in a moment.
func (d *demo) setHours(ctx context.Context) (err error) {
	d.opening = nextOpening(time.Now())
	if d.hours, err = hoursUntil(d.opening); err != nil {
		return err
	}
	if err := d.loadAccount(ctx, d.hours); err != nil {
		return err
	}
	var account struct {
		NextWindows []offhours.Window `json:"nextWindows"`
	}
	if _, err := d.admin.call(ctx, http.MethodGet, "/api/v1/account", nil, &account); err != nil {
		return err
	}
	seen := "none"
	if len(account.NextWindows) > 0 {
		seen = utc(account.NextWindows[0].Open)
	}
	loc, err := d.hours.Location()
	if err != nil {
		return err
	}
	d.say("Hours", "business until %s in %s; the window opens in %.0f s", d.opening.In(loc).Format("15:04"), d.hours.TimeZone, time.Until(d.opening).Seconds())
	d.results.equal("next window opens", utc(d.opening), seen)
	return nil
}

func utc(t time.Time) string { return t.UTC().Format("15:04:05Z") }

func (d *demo) preview(ctx context.Context, p *plan) error {
	seen, err := d.admin.preview(ctx, p.draft)
	if err != nil {
		return fmt.Errorf("preview %s of %q: %w", p.label(), p.typeName, err)
	}
	d.say("Preview", "%s of %q, %s: %d records, %d older and %d newer; %d stay",
		p.label(), p.typeName, p.draft.Range.Label(), seen.Records, seen.RecordsBefore, seen.RecordsAfter, p.staying)
	d.results.equal("preview of "+p.label()+": older and newer records", counts(p.older, p.newer), counts(seen.RecordsBefore, seen.RecordsAfter))
	if seen.Refusal != nil {
		return fmt.Errorf("%s of %q would be refused: %w", p.label(), p.typeName, seen.Refusal)
	}
	return nil
}

// create creates a request, and repeats the call as if its answer was lost.
func (d *demo) create(ctx context.Context, p *plan) (err error) {
	caller := d.admin
	if p == &d.delete {
		caller = d.secondAdmin
	}
	body := keyedBody{uuid.NewString(), p.draft.confirm(true)}
	var status int
	if p.seen, status, err = caller.create(ctx, body); err != nil {
		return fmt.Errorf("create %s of %q: %w", p.label(), p.typeName, err)
	}
	d.say("Created", "%s of %q: %d records", p.label(), p.typeName, p.seen.Records)
	d.results.equal("created "+p.label()+": records", fmt.Sprintf("201, %d", p.selected()), fmt.Sprintf("%d, %d", status, p.seen.Records))
	again, status, err := caller.create(ctx, body)
	d.results.holds("the same call again", "200, the same request", fmt.Sprintf("%d, %s", status, orProblem(err, "the same request")), err == nil && status == http.StatusOK && again.ID == p.seen.ID)
	return nil
}

// watchWork waits for the window and for both requests to end, and edits a
// record meanwhile.
func (d *demo) watchWork(ctx context.Context) error {
	edited := make(chan error, 1)
	var state string
	go func() {
		var err error
		state, err = d.edit.commit(ctx, d.export.seen.ID, d.opening)
		edited <- err
	}()
	d.say("Work", "the window opens at %s", utc(d.opening))
	err := d.awaitEnd(ctx)
	if err != nil {
		return errors.Join(err, d.progressOf(&d.export), d.progressOf(&d.delete))
	}
	if err := <-edited; err != nil {
		return err
	}
	d.say("Edited", "one selected record, after its part was %s", state)
	return nil
}

// progressOf says where a request was when the demo lost patience.
func (d *demo) progressOf(p *plan) error {
	return fmt.Errorf("%s was seen last as %s: %s", p.label(), p.seen.Status.Label(), p.seen.StatusDetail)
}
