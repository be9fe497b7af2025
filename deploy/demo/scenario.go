package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
	"github.com/offhours/offhours/internal/archive"
)

// demo is one run of the scenario.
type demo struct {
	settings  settings
	scratch   string
	out       io.Writer
	results   results
	stack     *rig.Devstack
	conn      *pgx.Conn      // the demo's own, beside the product
	bucket    *archive.Store // the product's, for what the CRM does
	downloads string

	admin, secondAdmin, seller *caller

	hours   offhours.Schedule
	opening time.Time // of the window

	export, delete, third, fourth plan
	files                         files
	edit                          edit
	pause                         pause
	progress                      *progress // while requests run
}

// working are the requests that run in the window.
func (d *demo) working() []*plan { return []*plan{&d.export, &d.delete, &d.fourth} }

// say prints what happens next, or just has, under a short heading.
func (d *demo) say(heading, format string, args ...any) {
	if d.progress != nil {
		d.progress.clear()
	}
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
		d.stack.Stop()
	}()
	ctx, cancel := watch(ctx, d.stack)
	defer cancel()
	d.say("Stack", "ready after %.1f s", time.Since(began).Seconds())
	if d.conn, err = pgx.Connect(ctx, d.stack.Env["DATABASE_URL"]); err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer func() { _ = d.conn.Close(context.WithoutCancel(ctx)) }()
	defer d.edit.release()
	if d.bucket, err = archive.Open(ctx, d.stack.Env["OFFHOURS_BUCKET_URL"]); err != nil {
		return err
	}
	defer d.bucket.Close()
	for _, step := range []func(context.Context) error{d.prepare, d.ask, d.watchWork, d.prove} {
		if err := step(ctx); err != nil {
			if ctx.Err() != nil {
				return fmt.Errorf("%w\n%s", context.Cause(ctx), rig.Tail(d.stack.Log))
			}
			return err
		}
	}
	return nil
}

// lastMinute leaves a window of one minute a day.
const lastMinute offhours.ClockTime = 24*60 - 1

// prepare fills the account, copies its records and files, and chooses what to ask
// for. Business lasts until late at first, so that everything may take its time.
func (d *demo) prepare(ctx context.Context) (err error) {
	zone, err := zoneAt(time.Now())
	if err != nil {
		return err
	}
	d.hours = everyDay(zone, lastMinute)
	window, err := d.hours.NextWindow(time.Now())
	if err != nil {
		return err
	}
	d.opening = window.Open
	if err := d.loadAccount(ctx); err != nil {
		return err
	}
	d.say("Import", "reading %s", d.settings.csv)
	if err := d.importFile(ctx); err != nil {
		return err
	}
	d.export = plan{name: "export", title: "Export & Delete", draft: draft{RequestType: offhours.ExportAndDelete}}
	d.delete = plan{name: "delete", title: "Delete Only", draft: draft{RequestType: offhours.DeleteOnly}}
	d.third = plan{name: "third", title: "Third request", draft: draft{RequestType: offhours.ExportAndDelete}}
	d.fourth = plan{name: "fourth", title: "Fourth request", draft: draft{RequestType: offhours.DeleteOnly}}
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
	if err := d.attach(ctx); err != nil {
		return err
	}
	return d.signInAll(ctx)
}

func (d *demo) signInAll(ctx context.Context) error {
	for _, user := range []struct {
		email string
		to    **caller
	}{{admin, &d.admin}, {secondAdmin, &d.secondAdmin}, {seller, &d.seller}} {
		c, err := signIn(ctx, d.stack.Env, user.email)
		if err != nil {
			return err
		}
		*user.to = c
	}
	return nil
}
