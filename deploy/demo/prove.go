package main

import (
	"context"
	"fmt"
	"time"

	"github.com/offhours/offhours"
)

// prove checks everything that was promised, once both requests have ended.
func (d *demo) prove(ctx context.Context) error {
	for _, p := range []*plan{&d.export, &d.delete} {
		d.checkEnd(p)
		if err := d.checkWindow(ctx, p); err != nil {
			return err
		}
		if err := d.loadReport(ctx, p); err != nil {
			return err
		}
	}
	for _, step := range []func(context.Context) error{
		d.checkFourth, d.checkPause, d.checkEdited, d.checkAttached, d.checkRest, d.downloadExport, d.checkDownloads, d.checkRebuilt, d.checkFiles, d.checkObjects,
		d.tamper, d.checkDeleteOnly, d.checkMails,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// checkEnd compares how a request ended with how it had to.
func (d *demo) checkEnd(p *plan) {
	r := p.seen
	expected := offhours.Outcomes{Deleted: p.selected()}
	if p == &d.export { // one was edited, and one got a file
		expected = offhours.Outcomes{Deleted: p.selected() - 2, KeptChanged: 1, KeptAttachment: 1}
	}
	d.say("Ended", "%s of %q: %s, %d deleted, %d kept", p.label(), p.typeName, r.Status.Label(), r.Outcomes.Deleted, r.Outcomes.KeptChanged+r.Outcomes.KeptAttachment)
	status := string(r.Status)
	if r.Failure != nil {
		status += " (" + r.Failure.Error() + ")"
	}
	d.results.equal(p.title+": status", offhours.StatusSuccess, status)
	d.results.equal(p.title+": outcomes add up to", r.Records, r.Outcomes.Total())
	d.results.equal(p.title+": outcomes", outcomes(expected), outcomes(r.Outcomes))
}

func outcomes(o offhours.Outcomes) string {
	return fmt.Sprintf("%d deleted, %d keptChanged, %d keptAttachment, %d other",
		o.Deleted, o.KeptChanged, o.KeptAttachment, o.Total()-o.Deleted-o.KeptChanged-o.KeptAttachment)
}

// checkWindow checks that nothing happened before the window opened, or after
// it closed.
func (d *demo) checkWindow(ctx context.Context, p *plan) error {
	started := "never"
	inTime := p.seen.StartedOn != nil && !p.seen.StartedOn.Before(d.opening)
	if p.seen.StartedOn != nil {
		started = utc(*p.seen.StartedOn)
	}
	d.results.holds(p.title+": started", "from "+utc(d.opening)+" on", started, inTime)

	window, err := d.hours.NextWindow(d.opening)
	if err != nil {
		return err
	}
	var deleted int
	var first, last *time.Time
	err = d.conn.QueryRow(ctx, "SELECT coalesce(sum(deleted), 0), min(deleted_at), max(deleted_at) FROM batches WHERE request_id = $1", p.seen.ID).Scan(&deleted, &first, &last)
	if err != nil {
		return fmt.Errorf("read the batches of %s: %w", p.label(), err)
	}
	seen := fmt.Sprintf("%d, never", deleted)
	inside := false
	if first != nil {
		seen = fmt.Sprintf("%d, %s to %s", deleted, utc(*first), utc(*last))
		inside = window.Contains(*first) && window.Contains(*last) && deleted == p.seen.Outcomes.Deleted
	}
	d.results.holds(p.title+": deleted in the window", fmt.Sprintf("%d, %s to %s", p.seen.Outcomes.Deleted, utc(window.Open), utc(window.Close)), seen, inside)
	return nil
}

// checkEdited checks that the record which was edited is still there, with the
// edit and nothing else changed, and that the report says so.
func (d *demo) checkEdited(ctx context.Context) error {
	outcome, _, err := d.reported(ctx, d.edit.id)
	if err != nil {
		return err
	}
	d.results.equal("edited record, in the report", "keptChanged", outcome)
	var same int
	err = d.conn.QueryRow(ctx, `SELECT count(*) FROM records WHERE account_id = $1 AND id = $2::text::uuid AND note = $3 AND modified_on > $4`,
		accountID, d.edit.id, editedNote, d.opening).Scan(&same)
	if err != nil {
		return err
	}
	d.results.equal("edited record, still there with the edit", 1, same)
	unedited := func(table string) string {
		return fmt.Sprintf("SELECT (jsonb_populate_record(r, jsonb_build_object('note', NULL, 'modified_on', %s))).* FROM %s r WHERE id = '%s'",
			"'2000-01-01Z'", table, d.edit.id)
	}
	diff, err := d.compare(ctx, unedited("demo.before"), unedited("public.records"))
	d.results.equal("edited record, all its other values", difference{}, diff)
	return err
}

// checkAttached checks that the record which got a file is still there, as it was,
// with its file, and that the report says so.
func (d *demo) checkAttached(ctx context.Context) error {
	outcome, _, err := d.reported(ctx, d.edit.late.recordID)
	if err != nil {
		return err
	}
	var same int
	err = d.conn.QueryRow(ctx, `SELECT count(*) FROM attachments WHERE record_id = $1::text::uuid AND name = $2 AND file_key = $3`,
		d.edit.late.recordID, lateName, d.edit.late.key).Scan(&same)
	if err != nil {
		return err
	}
	d.results.equal("record that got a file, in the report", "keptAttachment", outcome)
	d.results.equal("record that got a file, still there with it", 1, same)
	return nil
}

// checkRest compares all that must be there still with all that is.
func (d *demo) checkRest(ctx context.Context) error {
	diff, err := d.compare(ctx,
		"SELECT * FROM demo.before WHERE id NOT IN (SELECT id FROM demo.chosen WHERE request IN ('export', 'delete'))",
		"SELECT * FROM public.records WHERE id NOT IN "+d.keptIDs())
	d.results.equal("all records that were not to go", difference{}, diff)
	return err
}

// checkRebuilt rebuilds what the export deleted.
func (d *demo) checkRebuilt(ctx context.Context) error {
	rebuilt, diff, err := d.rebuild(ctx, d.downloads, "rebuilt")
	if err != nil {
		return err
	}
	d.say("Rebuilt", "%d records from the downloaded files; against the copy: %s", rebuilt, diff)
	d.results.equal("records rebuilt from the files", d.export.seen.Outcomes.Deleted, rebuilt)
	d.results.equal("rebuilt and copied before, EXCEPT ALL both ways", difference{}, diff)
	return nil
}

// checkDeleteOnly checks that nothing is left of what Delete Only deleted.
func (d *demo) checkDeleteOnly(ctx context.Context) error {
	_, err := d.admin.files(ctx, d.delete.seen.ID)
	d.results.equal("Delete Only: files", "409 not_ready", codeOf(err))
	var left int
	err = d.conn.QueryRow(ctx, "SELECT count(*) FROM records WHERE id IN (SELECT id FROM demo.chosen WHERE request = 'delete')").Scan(&left)
	d.results.equal("Delete Only: chosen records left", 0, left)
	return err
}

// exec runs statements of the demo.
func (d *demo) exec(ctx context.Context, statements ...string) error {
	for _, sql := range statements {
		if _, err := d.conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%.60s: %w", sql, err)
		}
	}
	return nil
}
