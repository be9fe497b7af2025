package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// Part returns a part as it is recorded.
func (db *DB) Part(ctx context.Context, ref offhours.RequestRef, number int) (offhours.Part, error) {
	row, err := db.q.GetPart(ctx, db.pool, dbsqlc.GetPartParams{RequestID: ref.RequestID, Part: number, AccountID: ref.AccountID})
	if err != nil {
		return offhours.Part{}, notFound(err, "part")
	}
	part := partFromRow(ref, row.Part)
	part.WindowOpen = row.WindowOpen
	part.Manifest = offhours.Stored{Key: orZero(row.ManifestKey), Bytes: orZero(row.ManifestBytes), SHA256: orZero(row.ManifestSha256)}
	part.Selection = selectionOf(row.SelBefore, row.SelAfter, row.SelUntil)
	part.Shape.List = offhours.ListHeader(offhours.RequestType(row.RequestType))
	if err := json.Unmarshal(row.Header, &part.Shape.Header); err != nil {
		return offhours.Part{}, fmt.Errorf("read the header of request %s: %w", ref.RequestID, err)
	}
	return part, nil
}

func partFromRow(ref offhours.RequestRef, p dbsqlc.Part) offhours.Part {
	part := offhours.Part{
		RequestRef: ref, Number: p.Part, Round: p.Round, SourcePart: orZero(p.SourcePart),
		Epoch: p.Epoch, State: offhours.PartState(p.State), Done: p.Done, Deleted: p.Deleted,
		Keys: offhours.PartKeys{Rows: orZero(p.Rows), First: orZero(p.FirstKey), Last: orZero(p.LastKey)},
	}
	if p.ListKey != nil {
		part.Files.Rows = orZero(p.Rows)
		part.Files.List = offhours.Stored{Key: *p.ListKey, Bytes: orZero(p.ListBytes), SHA256: orZero(p.ListSha256)}
	}
	if p.CsvKey != nil {
		part.Files.CSV = &offhours.Stored{Key: *p.CsvKey, Bytes: orZero(p.CsvBytes), SHA256: orZero(p.CsvSha256)}
	}
	return part
}

// ClaimPart makes the caller the only attempt that may change the part: it waits
// for the transaction of an older attempt and fences off all its later ones. It
// returns ErrEnded once the request has ended or is ending.
func (db *DB) ClaimPart(ctx context.Context, ref offhours.RequestRef, number int) (offhours.Part, error) {
	claimed, err := db.q.ClaimPart(ctx, db.pool, dbsqlc.ClaimPartParams{RequestID: ref.RequestID, Part: number, AccountID: ref.AccountID})
	if err != nil {
		return offhours.Part{}, err
	}
	if claimed == 0 {
		return offhours.Part{}, offhours.ErrEnded
	}
	return db.Part(ctx, ref, number)
}

// CopyPart streams the records of a part, in (modified_on, id) order and from
// one snapshot, as CSV rows without a header: first the columns of the CSV file,
// then those of the delete list. In pieces it takes longer, with the snapshot held
// as long, and others have the rests. It returns an *offhours.Failure if the schema
// is no longer the one that was planned, and ErrFenced for a superseded attempt.
func (db *DB) CopyPart(ctx context.Context, part offhours.Part, to io.Writer, pieces offhours.Pieces) (snapshot offhours.Snapshot, err error) {
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, db.pool, options, func(tx pgx.Tx) error {
		// Whoever rests comes back in less; a worker that is cut off lets go of its snapshot and locks.
		if _, err := tx.Exec(ctx, "SET LOCAL idle_in_transaction_session_timeout = '10s'"); err != nil {
			return err
		}
		if err := lockRecords(ctx, tx); err != nil {
			return err
		}
		facts, err := db.copyFacts(ctx, tx, part)
		if err != nil {
			return err
		}
		if !facts.SameSchema {
			return schemaChanged()
		}
		if snapshot.XID, err = strconv.ParseUint(facts.ReadXid, 10, 64); err != nil {
			return err
		}
		snapshot.Database = offhours.DatabaseID{System: facts.DbSystem, Timeline: facts.DbTimeline}
		return db.copyPieces(ctx, tx, part, facts, to, pieces)
	})
	return snapshot, impossible(err)
}

// copyPieces reads piece by piece: each begins where the one before has ended, and
// the last one ends where the part does.
func (db *DB) copyPieces(ctx context.Context, tx pgx.Tx, part offhours.Part, facts dbsqlc.CopyFactsRow, to io.Writer, pieces offhours.Pieces) error {
	for {
		next, err := db.nextPiece(ctx, tx, part, facts, pieces.Records)
		if err != nil {
			return err
		}
		sql, err := copySQL(part, facts, next)
		if err != nil {
			return err
		}
		if _, err := tx.Conn().PgConn().CopyTo(ctx, to, sql); err != nil || next == nil {
			return err
		}
		facts.FromModified, facts.FromID = next.ModifiedOn, next.ID
		pieces.Rest(ctx)
	}
}

// nextPiece returns where the piece behind the next one begins, nil if there is none.
func (db *DB) nextPiece(ctx context.Context, tx pgx.Tx, part offhours.Part, facts dbsqlc.CopyFactsRow, records int) (*dbsqlc.NextPieceRow, error) {
	if records == 0 {
		return nil, nil
	}
	next, err := db.q.NextPiece(ctx, tx, dbsqlc.NextPieceParams{
		AccountID: part.AccountID, TypeCode: facts.TypeCode, Records: records,
		FromModified: facts.FromModified, FromID: facts.FromID, ToModified: facts.ToModified, ToID: facts.ToID,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &next, err
}

// impossible tells what PostgreSQL can never do, such as a row of more than 1,664
// columns, from outages: error classes 22 (data exception) and 54 (program limit
// exceeded) of https://www.postgresql.org/docs/15/errcodes-appendix.html.
func impossible(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "54")) {
		return unexportable()
	}
	return err
}

func unexportable() *offhours.Failure {
	return &offhours.Failure{Code: offhours.FailureUnexportable,
		Detail: "The records, or the custom fields of their type, cannot be exported. Nothing was deleted. Ask your operator to look at the activity type."}
}

func schemaChanged() *offhours.Failure {
	return &offhours.Failure{Code: offhours.FailureSchemaChanged,
		Detail: "The tables of the database were changed while the request ran. Nothing was deleted after that. Create a new request."}
}

// copySQL reads a piece of a part, up to the next one if there is one. It is
// hand-written because its columns depend on the type, and because COPY takes no
// parameters.
func copySQL(part offhours.Part, facts dbsqlc.CopyFactsRow, next *dbsqlc.NextPieceRow) (string, error) {
	var fields []offhours.Field
	if err := json.Unmarshal(facts.Fields, &fields); err != nil {
		return "", fmt.Errorf("read the fields of request %s: %w", part.RequestID, err)
	}
	var columns []string
	var joins string
	shown, listed := "'[]'", "'[]'"
	keep := len(part.Shape.Header) > 0
	if facts.HasCopies {
		joins = attachmentsJoin(part)
		shown, listed = "t.shown", "t.listed"
	}
	if keep {
		custom, sets := customColumns(fields)
		columns = append(append(append(columns, fixedColumns...), custom...), shown)
		joins += sets
	}
	columns = append(columns, "a.id", "a.xmin", timeColumn("a.modified_on"))
	if keep {
		columns = append(columns, "a.external_key", "a.fields")
	}
	var end string
	if next != nil {
		end = fmt.Sprintf("\n   AND (a.modified_on, a.id) < (%s, %s)", timeLiteral(next.ModifiedOn), literal(next.ID))
	}
	return fmt.Sprintf(`COPY (SELECT %s%s%s ORDER BY a.modified_on, a.id) TO STDOUT WITH (FORMAT csv, FORCE_QUOTE *)`,
		strings.Join(append(columns, listed), ", "), partRows(part, facts, joins), end), nil
}

// partRows are the records of a part, as a, with what is joined to them.
func partRows(part offhours.Part, facts dbsqlc.CopyFactsRow, joins string) string {
	return fmt.Sprintf(` FROM records a%s
 WHERE a.account_id = %d AND a.type_code = %d
   AND a.modified_on >= %s AND a.modified_on <= %s
   AND (a.modified_on, a.id) >= (%[4]s, %[6]s) AND (a.modified_on, a.id) <= (%[5]s, %[7]s)`,
		rewrittenOnly(part)+joins, part.AccountID, facts.TypeCode,
		timeLiteral(facts.FromModified), timeLiteral(facts.ToModified), literal(facts.FromID), literal(facts.ToID))
}

// rewrittenOnly restricts a part of a later round to what it exports anew: the
// same records, as long as they still were not edited.
func rewrittenOnly(part offhours.Part) string {
	if part.SourcePart == 0 {
		return ""
	}
	return fmt.Sprintf(` JOIN exceptions e ON e.request_id = %s AND e.part = %d AND e.outcome = 'rewritten' AND NOT e.superseded
   AND e.record_id = a.id AND e.modified_on = a.modified_on`, literal(part.RequestID), part.SourcePart)
}

// fixedColumns are the expressions behind offhours.FixedColumns.
var fixedColumns = []string{
	"a.id", "a.prospect_id", literal(offhours.CustomActivityType), "a.type_code", "a.status", "a.owner", "a.note",
	timeColumn("a.created_on"), "a.created_by", "a.created_by_name", "a.created_by_email",
	timeColumn("a.modified_on"), "a.modified_by", "a.modified_by_name", "a.modified_by_email",
}

// customColumns are the expressions behind offhours.Columns, and the joins that
// read each Custom Field Set of a record once: OFFSET keeps the planner from
// reading it anew for each of its columns.
func customColumns(fields []offhours.Field) (columns []string, joins string) {
	sets := map[string]string{}
	for _, column := range offhours.Columns(fields) {
		from := "a.fields"
		if column.Set != "" {
			if sets[column.Set] == "" {
				name := fmt.Sprintf("set%d", len(sets)+1)
				joins += fmt.Sprintf(" CROSS JOIN LATERAL (SELECT field_set(a.fields->%s) AS value OFFSET 0) %s", literal(column.Set), name)
				sets[column.Set] = name + ".value"
			}
			from = sets[column.Set]
		}
		columns = append(columns, from+"->>"+literal(column.SchemaName))
	}
	return columns, joins
}

// timeColumn shows a timestamptz as RFC 3339 in UTC with microseconds, so that
// every stored value reads back equal.
func timeColumn(column string) string {
	return fmt.Sprintf(`to_char(%s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`, column)
}

func timeLiteral(t time.Time) string {
	return literal(t.UTC().Format("2006-01-02 15:04:05.999999Z")) + "::timestamptz"
}

// literal quotes a text for SQL; standard_conforming_strings is on by default
// and no value here can hold a NUL.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// RecordExported pins the files that an attempt wrote. It returns ErrFenced if
// the attempt was superseded: its files are then nobody's.
func (db *DB) RecordExported(ctx context.Context, part offhours.Part, files offhours.PartFiles, snapshot offhours.Snapshot) error {
	params := dbsqlc.RecordExportedParams{
		RequestID: part.RequestID, Part: part.Number, Epoch: part.Epoch,
		ListKey: files.List.Key, ListBytes: files.List.Bytes, ListSha256: files.List.SHA256, Rows: files.Rows,
		DbSystem: snapshot.Database.System, DbTimeline: snapshot.Database.Timeline, ReadXid: strconv.FormatUint(snapshot.XID, 10),
	}
	if csv := files.CSV; csv != nil {
		params.CsvKey, params.CsvBytes, params.CsvSha256 = &csv.Key, &csv.Bytes, &csv.SHA256
	}
	return fencedIfNone(db.q.RecordExported(ctx, db.pool, params))
}

// RecordVerified marks a part verified whose files were read back, and forgets
// the copies that its list does not name: of attachments that changed before the
// list was made. It returns ErrFenced if the part no longer is the one that was read.
func (db *DB) RecordVerified(ctx context.Context, part offhours.Part, keys offhours.PartKeys) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		err := fencedIfNone(db.q.RecordVerified(ctx, tx, dbsqlc.RecordVerifiedParams{
			RequestID: part.RequestID, Part: part.Number, Epoch: part.Epoch, FirstKey: keys.First, LastKey: keys.Last,
			ListKey: part.Files.List.Key, ListSha256: part.Files.List.SHA256,
		}))
		if err != nil || len(keys.Copies) == len(part.Files.Copies) {
			return err
		}
		return db.q.DropUnlistedCopies(ctx, tx, dbsqlc.DropUnlistedCopiesParams{RequestID: part.RequestID, Part: part.Number, Listed: keys.Copies})
	})
}

// Replan takes back an export that did not prove itself, so that the part is
// exported anew, with its attachments. It returns ErrFenced if the part is no
// longer in the state in which it was read, or was sealed.
func (db *DB) Replan(ctx context.Context, part offhours.Part) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if err := lockShared(ctx, tx, part.RequestRef); err != nil {
			return err
		}
		err := fencedIfNone(db.q.ReplanPart(ctx, tx, dbsqlc.ReplanPartParams{
			RequestID: part.RequestID, Part: part.Number, Epoch: part.Epoch, State: string(part.State), ListKey: part.Files.List.Key,
		}))
		if err != nil {
			return err
		}
		return db.q.DropCopies(ctx, tx, dbsqlc.DropCopiesParams{RequestID: part.RequestID, Part: part.Number})
	})
}

// fencedIfNone turns a compare-and-set that found nothing into ErrFenced.
func fencedIfNone(rows int64, err error) error {
	if err == nil && rows == 0 {
		return offhours.ErrFenced
	}
	return err
}
