package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// beginning is before every record: created_on and modified_on are checked to
// lie in the years of RFC 3339.
var beginning = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)

// Plan cuts the selection into parts of about partSize records, in (modified_on,
// id) order and from the index alone, and returns their numbers. What the
// request then depends on is frozen with it: columns, custom fields and the
// schema. A plan is made once; calling again returns it.
//
// It returns an *offhours.Failure if more records match than were confirmed, or
// if a foreign key would make a delete reach rows nobody exported.
func (db *DB) Plan(ctx context.Context, ref offhours.RequestRef, partSize int) ([]int, error) {
	if err := db.analyze(ctx); err != nil {
		return nil, err
	}
	var parts []int
	err := pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		if err := lockRecords(ctx, tx); err != nil {
			return err
		}
		facts, err := db.q.PlanFacts(ctx, tx, dbsqlc.PlanFactsParams{ID: ref.RequestID, AccountID: ref.AccountID})
		if err != nil {
			return notFound(err, "request")
		}
		switch {
		case facts.Status != string(offhours.StatusInProgress):
			return offhours.ErrEnded
		case facts.Phase != nil && *facts.Phase == string(offhours.PhasePlanning):
			if !facts.InTime {
				return offhours.TooLateToDelete()
			}
			if facts.Fields == nil {
				return &offhours.Failure{Code: offhours.FailureTypeChanged,
					Detail: "The activity type was removed, or is no longer a custom one, after the request was created. Nothing was deleted."}
			}
			if err := db.plan(ctx, tx, ref, facts, partSize); err != nil {
				return err
			}
		}
		parts, err = db.partNumbers(ctx, tx, ref, 1)
		return err
	})
	return parts, impossible(err)
}

func (db *DB) plan(ctx context.Context, tx pgx.Tx, ref offhours.RequestRef, facts dbsqlc.PlanFactsRow, partSize int) error {
	if err := refuseUnsafeSchema(ctx, tx); err != nil {
		return err
	}
	found, planned := 0, 0
	for _, side := range sides(selectionOf(facts.SelBefore, facts.SelAfter, facts.SelUntil)) {
		count, err := db.q.CountRange(ctx, tx, dbsqlc.CountRangeParams{
			AccountID: ref.AccountID, TypeCode: facts.TypeCode, FromModified: side[0], ToModified: side[1],
		})
		if err != nil {
			return fmt.Errorf("count the selection: %w", err)
		}
		if found += count; found > facts.Records {
			return offhours.MoreThanConfirmed(found, facts.Records)
		}
		parts, err := db.q.PlanParts(ctx, tx, dbsqlc.PlanPartsParams{
			RequestID: ref.RequestID, After: planned, PartSize: partSize, Records: count,
			AccountID: ref.AccountID, TypeCode: facts.TypeCode, FromModified: side[0], ToModified: side[1],
		})
		if err != nil {
			return fmt.Errorf("plan the parts: %w", err)
		}
		planned += int(parts)
	}
	return db.freeze(ctx, tx, ref, facts)
}

// freeze keeps what the files and the delete depend on from now on.
func (db *DB) freeze(ctx context.Context, tx pgx.Tx, ref offhours.RequestRef, facts dbsqlc.PlanFactsRow) error {
	var header []string
	if offhours.RequestType(facts.RequestType) == offhours.ExportAndDelete {
		var fields []offhours.Field
		if err := json.Unmarshal(facts.Fields, &fields); err != nil {
			return unexportable()
		}
		header = offhours.ExportHeader(fields)
	}
	text, err := json.Marshal(header)
	if err != nil {
		return err
	}
	return db.q.SetPlan(ctx, tx, dbsqlc.SetPlanParams{ID: ref.RequestID, Fingerprint: facts.Fingerprint, Header: text, Fields: facts.Fields})
}

// sides returns the contiguous ranges of a selection as [from, to).
func sides(s offhours.Selection) [][2]time.Time {
	all := [][2]time.Time{{beginning, s.Before}}
	if s.After != nil {
		all = append(all, [2]time.Time{*s.After, *s.Until})
	}
	return all
}

func selectionOf(before time.Time, after, until *time.Time) offhours.Selection {
	return offhours.Selection{Before: before.UTC(), After: utc(after), Until: utc(until)}
}

// lockRecords waits for a rewrite of the table that is under way, and holds off
// the next one, before the transaction takes its snapshot: an older snapshot sees
// a rewritten table empty
// (https://www.postgresql.org/docs/15/mvcc-caveats.html). LOCK takes none.
func lockRecords(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, "LOCK TABLE records, attachments IN ACCESS SHARE MODE")
	return err
}

// exportedColumns are the columns that an export holds or, like account_id, that
// everyone knows. One more would be deleted without being in the archive.
var exportedColumns = map[string]string{
	"records": "account_id bigint, id uuid, type_code integer, external_key text, prospect_id uuid, status text, owner text, note text, " +
		"created_on timestamp with time zone, created_by uuid, created_by_name text, created_by_email text, " +
		"modified_on timestamp with time zone, modified_by uuid, modified_by_name text, modified_by_email text, fields jsonb",
	"attachments": "account_id bigint, record_id uuid, id uuid, name text, file_key text, field text",
	"files":       "account_id bigint, key text, created_on timestamp with time zone",
}

// refuseUnsafeSchema refuses columns that no export would hold; attachments without
// the foreign key that takes back a delete when one has come behind its snapshot; and
// foreign keys that delete or empty referencing rows: even a test for unexported ones in
// the same statement does not save them
// (https://www.postgresql.org/docs/15/ddl-constraints.html#DDL-CONSTRAINTS-FK).
func refuseUnsafeSchema(ctx context.Context, tx pgx.Tx) error {
	var unsafe int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM pg_constraint WHERE contype = 'f'
		AND confrelid IN ('records'::regclass, 'attachments'::regclass, 'files'::regclass) AND confdeltype NOT IN ('a', 'r')`).Scan(&unsafe)
	if err != nil {
		return err
	}
	if unsafe > 0 {
		return &offhours.Failure{Code: offhours.FailureSchemaUnsafe,
			Detail: "A foreign key of the database would delete rows that were not exported. Nothing was deleted. Ask your operator to make it NO ACTION."}
	}
	var guarded bool
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_constraint c WHERE c.contype = 'f'
		AND c.conrelid = 'attachments'::regclass AND c.confrelid = 'records'::regclass
		AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgconstraint = c.oid AND t.tgenabled NOT IN ('O', 'A')))`).Scan(&guarded)
	if err != nil {
		return err
	}
	if !guarded {
		return &offhours.Failure{Code: offhours.FailureSchemaUnsafe,
			Detail: "The foreign key of attachments to their records is missing or disabled. Nothing was deleted. Ask your operator to restore it."}
	}
	for table, exported := range exportedColumns {
		var columns string
		err = tx.QueryRow(ctx, `SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute
			WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`, table).Scan(&columns)
		if err != nil {
			return err
		}
		if columns != exported {
			return &offhours.Failure{Code: offhours.FailureSchemaUnsafe,
				Detail: "The records or their attachments have columns that this release does not export. Nothing was deleted. Ask your operator to update Offhours."}
		}
	}
	return nil
}

// analyze gives a freshly loaded table the statistics without which the plans
// of the delete are hundreds of times slower.
func (db *DB) analyze(ctx context.Context) error {
	var never bool
	err := db.pool.QueryRow(ctx, `SELECT reltuples < 0 FROM pg_class WHERE oid = 'records'::regclass`).Scan(&never)
	if err == nil && never {
		_, err = db.pool.Exec(ctx, "ANALYZE records, attachments")
	}
	return err
}

// PlanRewritten plans a further round: the records that an earlier round found
// rewritten, that is, with another row version but the same modified_on, are
// exported anew. It returns no parts if there are none. Calling it again for the
// same round returns the same parts.
func (db *DB) PlanRewritten(ctx context.Context, ref offhours.RequestRef, round int) (parts []int, err error) {
	err = db.inTx(ctx, func(tx pgx.Tx) error {
		if parts, err = db.partNumbers(ctx, tx, ref, round); err != nil || len(parts) > 0 {
			return err
		}
		err := db.q.PlanRewritten(ctx, tx, dbsqlc.PlanRewrittenParams{RequestID: ref.RequestID, AccountID: ref.AccountID, Round: round})
		if err != nil {
			return err
		}
		parts, err = db.partNumbers(ctx, tx, ref, round)
		return err
	})
	return parts, err
}

func (db *DB) partNumbers(ctx context.Context, tx pgx.Tx, ref offhours.RequestRef, round int) ([]int, error) {
	return db.q.PartNumbers(ctx, tx, dbsqlc.PartNumbersParams{RequestID: ref.RequestID, AccountID: ref.AccountID, Round: round})
}
