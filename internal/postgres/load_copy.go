package postgres

import (
	"context"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/offhours/offhours"
)

// createIncoming makes the tables into which records of any type, and their
// files, are copied before they are compared with those that are there.
const createIncoming = `
CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS
SELECT ''::text AS type_name, id, external_key, prospect_id, status, owner, note,
    created_on, created_by, created_by_name, created_by_email,
    modified_on, modified_by, modified_by_name, modified_by_email, fields
FROM records WITH NO DATA;
CREATE TEMPORARY TABLE incoming_files (record_id uuid NOT NULL, type_name text NOT NULL, name text NOT NULL, field text, content bytea NOT NULL) ON COMMIT DROP`

// insertNew adds what is new and counts it by type. It goes in order of id, so
// that the primary key is filled page by page. Of the files, those of new records
// are left.
const insertNew = `
WITH added AS (
    INSERT INTO records (account_id, type_code, id, external_key, prospect_id, status, owner, note,
        created_on, created_by, created_by_name, created_by_email,
        modified_on, modified_by, modified_by_name, modified_by_email, fields)
    SELECT t.account_id, t.code, i.id, i.external_key, i.prospect_id, i.status, i.owner, i.note,
        i.created_on, i.created_by, i.created_by_name, i.created_by_email,
        i.modified_on, i.modified_by, i.modified_by_name, i.modified_by_email, i.fields
    FROM incoming i
    JOIN record_types t ON t.account_id = $1 AND t.name = i.type_name
    ORDER BY i.id
    ON CONFLICT (account_id, id) DO NOTHING
    RETURNING id, type_code
), known AS (
    DELETE FROM incoming_files f WHERE NOT EXISTS (SELECT 1 FROM added WHERE added.id = f.record_id)
)
SELECT type_code, count(*)::integer FROM added GROUP BY type_code`

// recordColumns are the columns behind the first one, or two, of a copy.
var recordColumns = []string{
	"id", "external_key", "prospect_id", "status", "owner", "note",
	"created_on", "created_by", "created_by_name", "created_by_email",
	"modified_on", "modified_by", "modified_by_name", "modified_by_email", "fields",
}

// tally counts what a source gave.
type tally struct {
	names []string       // of types, in order of appearance
	count map[string]int // of records, by type
}

func copyIncoming(ctx context.Context, tx pgx.Tx, next RecordSource) (tally, error) {
	t := tally{count: make(map[string]int)}
	columns := append([]string{"type_name"}, recordColumns...)
	for source := (&batches{next: next}); !source.ended; {
		_, err := copyRecords(ctx, tx, "incoming", columns, func(row *copyRow) error {
			in, err := source.record()
			if err != nil {
				return err
			}
			t.add(in.TypeName)
			row.values[0] = in.TypeName
			return row.set(1, in.Record)
		})
		if err != nil {
			return t, err
		}
		if err := stageFiles(ctx, tx, source.takeFiles()); err != nil {
			return t, err
		}
	}
	return t, nil
}

func (t *tally) add(name string) {
	if t.count[name] == 0 {
		t.names = append(t.names, name)
	}
	t.count[name]++
}

func insertIncoming(ctx context.Context, tx pgx.Tx, types map[string]LoadedType, t tally, filing *filing) (LoadResult, error) {
	rows, err := tx.Query(ctx, insertNew, filing.accountID)
	if err != nil {
		return LoadResult{}, fmt.Errorf("insert the records: %w", err)
	}
	inserted := make(map[int]int)
	var code, count int
	if _, err := pgx.ForEachRow(rows, []any{&code, &count}, func() error {
		inserted[code] = count
		return nil
	}); err != nil {
		return LoadResult{}, fmt.Errorf("insert the records: %w", err)
	}
	if err := filing.addStaged(ctx, tx); err != nil {
		return LoadResult{}, err
	}
	var result LoadResult
	for _, name := range t.names {
		loaded := types[name]
		loaded.Inserted = inserted[loaded.Code]
		loaded.Unchanged = t.count[name] - loaded.Inserted
		loaded.Files = filing.stored[name]
		result.Types = append(result.Types, loaded)
	}
	return result, nil
}

// copyFresh copies records of one type straight to where they belong.
func copyFresh(ctx context.Context, tx pgx.Tx, loaded LoadedType, next RecordSource, filing *filing) (inserted int, err error) {
	columns := append([]string{"account_id", "type_code"}, recordColumns...)
	for source := (&batches{next: next}); !source.ended; {
		n, err := copyRecords(ctx, tx, "records", columns, func(row *copyRow) error {
			in, err := source.record()
			if err != nil {
				return err
			}
			if in.TypeName != loaded.Name {
				return fmt.Errorf("the source gave a record of another type than %q", loaded.Name)
			}
			row.values[0], row.values[1] = filing.accountID, loaded.Code
			return row.set(2, in.Record)
		})
		if err != nil {
			return 0, err
		}
		inserted += n
		if err := filing.add(ctx, tx, source.takeFiles()); err != nil {
			return 0, err
		}
	}
	return inserted, nil
}

// copyRecords copies the rows that fill makes, until it returns io.EOF.
func copyRecords(ctx context.Context, tx pgx.Tx, table string, columns []string, fill func(*copyRow) error) (int, error) {
	row := &copyRow{values: make([]any, len(columns))}
	var failed error // pgx returns only what the server makes of it
	n, err := tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromFunc(func() ([]any, error) {
		switch failed = fill(row); failed {
		case nil:
			return row.values, nil
		case io.EOF: // itself: a wrapped one is a file or connection that broke off
			failed = nil
			return nil, nil
		}
		return nil, failed
	}))
	if failed != nil {
		err = failed
	}
	if err != nil {
		return 0, fmt.Errorf("copy the records: %w", err)
	}
	return int(n), nil
}

// copyRow is the row that is copied next. pgx encodes it before it asks for the
// one after, so all rows share one.
type copyRow struct {
	values []any
	ids    [4]pgtype.UUID
}

// set fills in recordColumns from a place on.
func (c *copyRow) set(from int, r offhours.Record) error {
	for i, text := range []*string{&r.ID, r.ProspectID, r.CreatedBy.ID, r.ModifiedBy.ID} {
		c.ids[i] = pgtype.UUID{}
		if text == nil {
			continue
		}
		if err := c.ids[i].Scan(*text); err != nil {
			return fmt.Errorf("a record has an id that is no UUID: %w", err)
		}
	}
	copy(c.values[from:], []any{
		&c.ids[0], r.ExternalKey, &c.ids[1], r.Status, r.Owner, r.Note,
		r.CreatedOn, &c.ids[2], r.CreatedBy.Name, r.CreatedBy.Email,
		r.ModifiedOn, &c.ids[3], r.ModifiedBy.Name, r.ModifiedBy.Email, r.Fields,
	})
	return nil
}
