package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// ask previews, is refused, and creates the requests, all before the window
// opens.
func (d *demo) ask(ctx context.Context) error {
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
	for _, step := range []func(context.Context) error{d.revokeThird, d.createFourth, d.lockForEdit, d.openSoon} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) preview(ctx context.Context, p *plan) error {
	seen, err := d.admin.preview(ctx, p.draft)
	if err != nil {
		return fmt.Errorf("preview %s of %q: %w", p.label(), p.typeName, err)
	}
	d.say("Preview", "%s of %q, %s: %d records, %d older and %d newer; %d stay",
		p.label(), p.typeName, p.draft.Range.Label(), seen.Records, seen.RecordsBefore, seen.RecordsAfter, p.staying)
	d.results.equal(p.title+": preview", previewed(p.older, p.newer, d.opening), previewed(seen.RecordsBefore, seen.RecordsAfter, seen.EarliestStart))
	if seen.Refusal != nil {
		return fmt.Errorf("%s of %q would be refused: %w", p.label(), p.typeName, seen.Refusal)
	}
	return nil
}

func previewed(older, newer int, start time.Time) string {
	return fmt.Sprintf("%d older, %d newer, from %s", older, newer, utc(start))
}

// create creates a request, and repeats the call as if its answer was lost.
func (d *demo) create(ctx context.Context, p *plan) (err error) {
	caller := d.admin
	if p == &d.delete {
		caller = d.secondAdmin
	}
	key, body := uuid.NewString(), p.draft.confirm(true)
	var status int
	if p.seen, status, err = caller.create(ctx, key, body); err != nil {
		return fmt.Errorf("create %s of %q: %w", p.label(), p.typeName, err)
	}
	d.say("Created", "%s of %q: %d records", p.label(), p.typeName, p.seen.Records)
	d.results.equal(p.title+": created", fmt.Sprintf("201, %d records", p.selected()), fmt.Sprintf("%d, %d records", status, p.seen.Records))
	again, status, err := caller.create(ctx, key, body)
	if err != nil {
		return fmt.Errorf("create %s of %q again: %w", p.label(), p.typeName, err)
	}
	d.results.equal(p.title+": the same call again", "200, "+p.seen.ID, fmt.Sprintf("%d, %s", status, again.ID))
	return nil
}
