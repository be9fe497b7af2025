package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
)

// plan is one request of the demo: what it asks for, and what it must find by
// the demo's own reading of the data.
type plan struct {
	name     string // in the demo's tables
	title    string // in the results
	draft    draft
	typeName string

	older, newer, staying int
	seen                  offhours.Request // as last answered
}

func (p *plan) selected() int { return p.older + p.newer }

func (p *plan) label() string { return p.draft.RequestType.Label() }

// copyBefore copies every record of the account, before anything happens to it.
func (d *demo) copyBefore(ctx context.Context) error {
	return d.exec(ctx,
		"CREATE SCHEMA demo",
		fmt.Sprintf("CREATE TABLE demo.before AS SELECT * FROM public.records WHERE account_id = %d", accountID),
		"ALTER TABLE demo.before ADD PRIMARY KEY (id)",
		"CREATE TABLE demo.chosen (request text, id uuid, newer boolean, PRIMARY KEY (request, id))",
		"CREATE TABLE demo.reported (request text, id uuid, modified_on timestamptz, outcome text, file text, deleted_on timestamptz, reason text)",
		"ANALYZE demo.before",
		witnessSQL)
}

// makePlans chooses the three largest types, and for each a range of dates of
// which some records are selected and some stay.
func (d *demo) makePlans(ctx context.Context) error {
	rows, err := d.conn.Query(ctx, `SELECT t.code, t.name FROM demo.before b JOIN record_types t ON t.account_id = b.account_id AND t.code = b.type_code
		WHERE t.category = 'custom' GROUP BY 1, 2 ORDER BY count(*) DESC, t.code LIMIT 3`)
	if err != nil {
		return fmt.Errorf("find the largest types: %w", err)
	}
	types, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
		Code int
		Name string
	}])
	if err != nil {
		return fmt.Errorf("find the largest types: %w", err)
	}
	if len(types) < 3 {
		return fmt.Errorf("the file has %d activity types; the demo needs three", len(types))
	}
	for i, p := range []*plan{&d.export, &d.delete, &d.third} {
		p.draft.ActivityType, p.typeName = types[i].Code, types[i].Name
		if err := d.makePlan(ctx, p); err != nil {
			return fmt.Errorf("choose dates for %q: %w", p.typeName, err)
		}
	}
	d.fourth.draft.ActivityType, d.fourth.draft.Range, d.fourth.typeName = d.third.draft.ActivityType, d.third.draft.Range, d.third.typeName
	return d.choose(ctx, &d.fourth)
}

// spread is how the dates of a type lie, in the account's zone.
type spread struct {
	first, low, middle, high, last time.Time
}

func (d *demo) makePlan(ctx context.Context, p *plan) error {
	s, err := d.spread(ctx, p.draft.ActivityType)
	if err != nil {
		return err
	}
	day := 24 * time.Hour
	cut := func(t time.Time) *offhours.Date {
		date := offhours.DateOf(t, time.UTC)
		return &date
	}
	switch p {
	case &d.export: // both sides go, the middle stays
		p.draft.Range.From = cut(later(s.low, s.first.Add(day)))
		p.draft.Range.To = cut(earlier(s.high, s.last.Add(-day)))
	default:
		stays := later(s.middle, s.first.Add(day))
		p.draft.Range.Days = int(d.today(time.Now()).Sub(stays)/day) + 1
	}
	if err := d.choose(ctx, p); err != nil {
		return err
	}
	if p.older == 0 || p.staying == 0 || (p == &d.export && p.newer == 0) {
		return fmt.Errorf("they are too close together: %d older and %d newer would go, %d stay", p.older, p.newer, p.staying)
	}
	return nil
}

// spread finds dates that cut off a third at each end, and half, or less where
// that would be more than one request may hold.
func (d *demo) spread(ctx context.Context, code int) (s spread, err error) {
	var records float64
	if err := d.conn.QueryRow(ctx, "SELECT count(*) FROM demo.before WHERE type_code = $1", code).Scan(&records); err != nil {
		return s, err
	}
	most := 0.9 * offhours.MaxRecordsPerRequest / records
	third, half := min(1.0/3, most/2), min(0.5, most)
	err = d.conn.QueryRow(ctx, `
SELECT min(date), percentile_disc($3::float8) WITHIN GROUP (ORDER BY date), percentile_disc($4::float8) WITHIN GROUP (ORDER BY date),
    percentile_disc(1 - $3::float8) WITHIN GROUP (ORDER BY date), max(date)
  FROM (SELECT (modified_on AT TIME ZONE $2)::date AS date FROM demo.before WHERE type_code = $1 AND modified_on < now()) dates`,
		code, d.hours.TimeZone, third, half).Scan(&s.first, &s.low, &s.middle, &s.high, &s.last)
	return s, err
}

// choose notes which records the plan must select, by the calendar of the
// account's zone and not by the product's instants.
func (d *demo) choose(ctx context.Context, p *plan) error {
	from, to := p.draft.Range.From, p.draft.Range.To
	if from == nil {
		kept := offhours.DateOf(d.today(time.Now()), time.UTC).AddDays(1 - p.draft.Range.Days)
		from = &kept
	}
	var upper *string // NULL: nothing newer goes
	if to != nil {
		text := to.String()
		upper = &text
	}
	_, err := d.conn.Exec(ctx, `
INSERT INTO demo.chosen
SELECT $1, id, date > $5::text::date FROM (SELECT id, modified_on, (modified_on AT TIME ZONE $3)::date AS date FROM demo.before WHERE type_code = $2) b
 WHERE date < $4::text::date OR date > $5::text::date AND modified_on < now()`,
		p.name, p.draft.ActivityType, d.hours.TimeZone, from.String(), upper)
	if err != nil {
		return err
	}
	return d.conn.QueryRow(ctx, `SELECT count(*) FILTER (WHERE newer IS NOT TRUE), count(*) FILTER (WHERE newer),
		(SELECT count(*) FROM demo.before WHERE type_code = $2) - count(*) FROM demo.chosen WHERE request = $1`,
		p.name, p.draft.ActivityType).Scan(&p.older, &p.newer, &p.staying)
}

// today is the account's date at an instant, at midnight UTC.
func (d *demo) today(at time.Time) time.Time {
	loc, err := d.hours.Location()
	if err != nil {
		loc = time.UTC // zoneAt has loaded it
	}
	year, month, day := at.In(loc).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
