package main

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/archive"
)

// difference is what two tables do not share: rows of one that the other lacks.
type difference struct{ missing, extra int }

func (d difference) String() string {
	return fmt.Sprintf("%d missing, %d extra", d.missing, d.extra)
}

// rebuild fills a new table with the deleted records, from a folder of
// downloaded files alone, and compares it both ways with the copy that was taken
// before. The report tells which file holds what was deleted.
func (d *demo) rebuild(ctx context.Context, dir, table string) (rebuilt int, diff difference, err error) {
	export, err := archive.OpenExport(dir)
	if err != nil {
		return 0, diff, err
	}
	if err := d.exec(ctx, fmt.Sprintf("CREATE TABLE demo.%s (LIKE demo.before INCLUDING DEFAULTS)", table)); err != nil {
		return 0, diff, err
	}
	deleted, err := d.deletedFiles(ctx)
	if err != nil {
		return 0, diff, err
	}
	rows := newRestoredRows(export, deleted)
	defer rows.stop()
	n, err := d.conn.CopyFrom(ctx, pgx.Identifier{"demo", table}, restoredColumns, rows)
	if err != nil {
		return 0, diff, fmt.Errorf("copy the rebuilt records: %w", errors.Join(rows.err, err))
	}
	diff, err = d.compare(ctx,
		"SELECT * FROM demo.before WHERE id IN (SELECT id FROM demo.chosen WHERE request = 'export') AND id NOT IN "+d.keptIDs(),
		"SELECT * FROM demo."+table)
	return int(n), diff, err
}

// keptIDs are the two selected records that changed meanwhile.
func (d *demo) keptIDs() string {
	return fmt.Sprintf("('%s', '%s')", d.edit.id, d.edit.late.recordID)
}

// deletedFiles returns the CSV file of each record that the report calls deleted.
func (d *demo) deletedFiles(ctx context.Context) (map[string]string, error) {
	rows, err := d.conn.Query(ctx, "SELECT id::text, file FROM demo.reported WHERE request = 'export' AND outcome = 'deleted' AND id IS NOT NULL")
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	var id, file string
	_, err = pgx.ForEachRow(rows, []any{&id, &file}, func() error {
		files[id] = file
		return nil
	})
	return files, err
}

// compare counts the rows of each query that the other lacks, over all columns
// and with their multiplicity. Custom fields are compared as text: as jsonb, 1.0
// would pass for 1.
func (d *demo) compare(ctx context.Context, expected, seen string) (difference, error) {
	return d.compareTables(ctx, "demo.before", expected, seen)
}

// compareTables compares over the columns of a table.
func (d *demo) compareTables(ctx context.Context, table, expected, seen string) (diff difference, err error) {
	var columns string
	err = d.conn.QueryRow(ctx, `SELECT string_agg(CASE atttypid WHEN 'jsonb'::regtype THEN format('%I::text', attname) ELSE quote_ident(attname) END, ', ' ORDER BY attnum)
		FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped`, table).Scan(&columns)
	if err != nil {
		return diff, err
	}
	err = d.conn.QueryRow(ctx, fmt.Sprintf(`
WITH expected AS MATERIALIZED (SELECT %[1]s FROM (%[2]s) e), seen AS MATERIALIZED (SELECT %[1]s FROM (%[3]s) s)
SELECT (SELECT count(*) FROM (SELECT * FROM expected EXCEPT ALL SELECT * FROM seen) missing),
       (SELECT count(*) FROM (SELECT * FROM seen EXCEPT ALL SELECT * FROM expected) extra)`, columns, expected, seen)).Scan(&diff.missing, &diff.extra)
	if err != nil {
		return diff, fmt.Errorf("compare: %w", err)
	}
	return diff, nil
}

var restoredColumns = []string{
	"account_id", "type_code", "id", "external_key", "prospect_id", "status", "owner", "note",
	"created_on", "created_by", "created_by_name", "created_by_email",
	"modified_on", "modified_by", "modified_by_name", "modified_by_email", "fields",
}

// restoredRows feeds the deleted records of an export to a COPY.
type restoredRows struct {
	manifest offhours.Manifest
	deleted  map[string]string // CSV file by id
	pull     func() (archive.Exported, error, bool)
	stop     func()
	current  archive.Exported
	err      error
}

func newRestoredRows(export *archive.Export, deleted map[string]string) *restoredRows {
	pull, stop := iter.Pull2(export.Records())
	return &restoredRows{manifest: export.Manifest, deleted: deleted, pull: pull, stop: stop}
}

// Next implements [pgx.CopyFromSource].
func (r *restoredRows) Next() bool {
	for {
		record, err, ok := r.pull()
		if err != nil || !ok {
			r.err = err
			return false
		}
		if r.deleted[record.ID] == record.File {
			r.current = record
			return true
		}
	}
}

// Values implements [pgx.CopyFromSource].
func (r *restoredRows) Values() ([]any, error) {
	c := r.current
	var ids [4]pgtype.UUID
	for i, text := range []*string{&c.ID, c.ProspectID, c.CreatedBy.ID, c.ModifiedBy.ID} {
		if text == nil {
			continue
		}
		if err := ids[i].Scan(*text); err != nil {
			return nil, fmt.Errorf("an id in %s is no UUID: %w", c.File, err)
		}
	}
	return []any{
		r.manifest.Request.AccountID, r.manifest.Request.ActivityType, ids[0], c.ExternalKey, ids[1], c.Status, c.Owner, c.Note,
		c.CreatedOn, ids[2], c.CreatedBy.Name, c.CreatedBy.Email,
		c.ModifiedOn, ids[3], c.ModifiedBy.Name, c.ModifiedBy.Email, c.Fields,
	}, nil
}

// Err implements [pgx.CopyFromSource].
func (r *restoredRows) Err() error { return r.err }
