package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours/internal/archive"
)

// loadReport downloads a request's report into the demo's table, and compares
// it with what the request says and with what was chosen.
func (d *demo) loadReport(ctx context.Context, p *plan) error {
	path := filepath.Join(d.scratch, "report-"+p.name+".csv")
	if _, err := d.downloadTo(ctx, requestsPath+"/"+p.seen.ID+"/report", path); err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	var rows [][]any
	for line, err := range archive.ReadReport(file) {
		if err != nil {
			return fmt.Errorf("read the report of %s: %w", p.label(), err)
		}
		rows = append(rows, []any{p.name, line.ID, line.ModifiedOn, string(line.Outcome), line.File, line.DeletedOn, line.Reason})
	}
	columns := []string{"request", "id", "modified_on", "outcome", "file", "deleted_on", "reason"}
	if _, err := d.conn.CopyFrom(ctx, pgx.Identifier{"demo", "reported"}, columns, pgx.CopyFromRows(rows)); err != nil {
		return fmt.Errorf("load the report of %s: %w", p.label(), err)
	}
	return d.checkReport(ctx, p, len(rows))
}

func (d *demo) checkReport(ctx context.Context, p *plan, lines int) error {
	var deleted, kept, unknown int
	err := d.conn.QueryRow(ctx, `
SELECT count(*) FILTER (WHERE outcome = 'deleted'), count(*) FILTER (WHERE outcome IN ('keptChanged', 'keptAttachment')),
       (SELECT count(*) FROM (
           (SELECT id, modified_on FROM demo.reported WHERE request = $1 EXCEPT ALL SELECT b.id, b.modified_on FROM demo.before b JOIN demo.chosen c ON c.id = b.id AND c.request = $1)
           UNION ALL
           (SELECT b.id, b.modified_on FROM demo.before b JOIN demo.chosen c ON c.id = b.id AND c.request = $1 EXCEPT ALL SELECT id, modified_on FROM demo.reported WHERE request = $1)) u)
  FROM demo.reported WHERE request = $1`, p.name).Scan(&deleted, &kept, &unknown)
	if err != nil {
		return fmt.Errorf("read the report of %s back: %w", p.label(), err)
	}
	d.results.equal(p.title+": lines of the report", p.selected(), lines)
	d.results.equal(p.title+": records that only the report or the choice has", 0, unknown)
	d.results.equal(p.title+": deleted and kept, in the report", counts(p.seen.Outcomes.Deleted, p.seen.Outcomes.KeptChanged+p.seen.Outcomes.KeptAttachment), counts(deleted, kept))
	return nil
}

// reported is what the report of the export says of a record; "none" if nothing.
func (d *demo) reported(ctx context.Context, id string) (outcome, reason string, err error) {
	err = d.conn.QueryRow(ctx, `SELECT coalesce(min(outcome), 'none'), coalesce(min(reason), '') FROM demo.reported WHERE request = 'export' AND id = $1::text::uuid`,
		id).Scan(&outcome, &reason)
	if err != nil {
		err = fmt.Errorf("look for a record in the report: %w", err)
	}
	return outcome, reason, err
}

func counts(deleted, kept int) string { return fmt.Sprintf("%d and %d", deleted, kept) }
