package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// attachmentsJoin joins to each record of a part the attachments that were
// copied, as t.shown for the CSV file and t.listed for the delete list. Only the
// version that was copied counts: an attachment that came or changed since is in
// neither, and keeps its record. Its row is found by a scalar subquery, which the
// planner can only do by key. A version alone would mean nothing in another
// history of the database, so the rest of the row has to be the same, too.
func attachmentsJoin(part offhours.Part) string {
	shown := `'name', c.name, 'field', c.field, 'file', c.file, 'sha256', c.sha256,
               'bytes', CASE WHEN c.file IS NOT NULL THEN c.bytes END, 'missing', CASE WHEN c.source_etag IS NULL THEN true END`
	listed := `'number', c.number, 'id', c.attachment_id, 'version', c.version`
	if len(part.Shape.Header) > 0 {
		listed += `, 'key', c.source_key, ` + shown
	}
	return fmt.Sprintf(` LEFT JOIN LATERAL (
        SELECT %s AS shown, %s AS listed
          FROM copies c
         WHERE c.request_id = %s AND c.part = %d AND c.record_id = a.id
           AND (SELECT t.xmin::text = c.version AND t.file_key = c.source_key AND (c.name IS NULL OR t.name = c.name AND t.field IS NOT DISTINCT FROM c.field)
                  FROM attachments t WHERE t.account_id = %d AND t.record_id = c.record_id AND t.id = c.attachment_id)) t ON true`,
		jsonList(shown), jsonList(listed), literal(part.RequestID), part.Number, part.AccountID)
}

// jsonList is a JSON list of objects without the members that are NULL.
func jsonList(members string) string {
	return fmt.Sprintf(`coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(%s)) ORDER BY c.number), '[]')`, members)
}

// UncopiedAttachments returns some attachments of a part's records that are not
// recorded as copied yet, in the order of the records, with their numbers. There
// are no more if it returns none. OFFSET has every record's attachments found by
// key, whatever the planner knows of the tables; an account without attachments
// costs nothing.
func (db *DB) UncopiedAttachments(ctx context.Context, part offhours.Part, limit int) (copies []offhours.Copy, err error) {
	err = pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		facts, err := db.copyFacts(ctx, tx, part)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, uncopiedSQL(part, facts), part.RequestID, part.Number, limit)
		if err != nil {
			return err
		}
		copies, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (c offhours.Copy, err error) {
			err = row.Scan(&c.Number, &c.RecordID, &c.ID, &c.Version, &c.Name, &c.Field, &c.Key)
			return c, err
		})
		return err
	})
	return copies, impossible(err)
}

func uncopiedSQL(part offhours.Part, facts dbsqlc.CopyFactsRow) string {
	attachments := fmt.Sprintf(` CROSS JOIN LATERAL (
        SELECT t.id, t.xmin::text AS version, t.name, t.field, t.file_key FROM attachments t
         WHERE t.account_id = %d AND t.record_id = a.id
           AND NOT EXISTS (SELECT 1 FROM copies c WHERE c.request_id = $1 AND c.part = $2
                              AND c.record_id = a.id AND c.attachment_id = t.id AND c.version = t.xmin::text) OFFSET 0) t`, part.AccountID)
	return `SELECT (SELECT coalesce(max(number), 0) FROM copies WHERE request_id = $1 AND part = $2)::int
       + row_number() OVER (ORDER BY a.modified_on, a.id, t.id)::int,
       a.id::text, t.id::text, t.version, t.name, t.field, t.file_key` + partRows(part, facts, attachments) + fmt.Sprintf(`
   AND EXISTS (SELECT 1 FROM attachments WHERE account_id = %d)
 ORDER BY a.modified_on, a.id, t.id LIMIT $3`, part.AccountID)
}

// copyFacts is what copies and COPY of a part depend on. It returns ErrFenced for
// a superseded attempt.
func (db *DB) copyFacts(ctx context.Context, tx pgx.Tx, part offhours.Part) (dbsqlc.CopyFactsRow, error) {
	facts, err := db.q.CopyFacts(ctx, tx, dbsqlc.CopyFactsParams{
		RequestID: part.RequestID, Part: part.Number, AccountID: part.AccountID, Epoch: part.Epoch,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return facts, offhours.ErrFenced
	}
	return facts, err
}

// recordCopiesSQL lets an attempt record copies only as long as nothing has
// superseded it: the row lock holds off the next claim until COMMIT.
const recordCopiesSQL = `
WITH p AS MATERIALIZED (
    SELECT coalesce(clock_timestamp() < r.window_close, false) AS window_open
      FROM parts p JOIN requests r ON r.id = p.request_id
     WHERE p.request_id = $1 AND p.part = $2 AND p.epoch = $3 AND p.state = 'planned' AND r.account_id = $4
       FOR SHARE OF p
), c AS (
    INSERT INTO copies (request_id, part, number, record_id, attachment_id, version, name, field, source_key, source_etag, bytes, file, key, sha256)
    SELECT $1, $2, c.* FROM p, unnest($5::int[], $6::text[]::uuid[], $7::text[]::uuid[], $8::text[], $9::text[], $10::text[], $11::text[],
                                      $12::text[], $13::bigint[], $14::text[], $15::text[], $16::text[]) c
)
SELECT window_open FROM p`

// RecordCopies records what became of attachments' objects, and returns whether
// the request's window is still open. It returns ErrFenced if the attempt was
// superseded: its copies are then nobody's.
func (db *DB) RecordCopies(ctx context.Context, part offhours.Part, copies []offhours.Copy) (windowOpen bool, err error) {
	var numbers []int
	var records, ids, versions, sources []string
	var names, fields, etags, files, keys, sums []*string
	var bytes []*int64
	for _, c := range copies {
		numbers, records, ids = append(numbers, c.Number), append(records, c.RecordID), append(ids, c.ID)
		versions, sources = append(versions, c.Version), append(sources, c.Key)
		kept := len(part.Shape.Header) > 0
		names, fields = append(names, orNull(c.Name, kept)), append(fields, c.Field)
		if !kept {
			fields[len(fields)-1] = nil
		}
		etags, bytes = append(etags, orNull(c.ETag, !c.Missing)), append(bytes, orNull(c.Bytes, !c.Missing))
		copied := c.File != ""
		files, keys, sums = append(files, orNull(c.File, copied)), append(keys, orNull(c.ArchiveKey, copied)), append(sums, orNull(c.SHA256, copied))
	}
	err = db.pool.QueryRow(ctx, recordCopiesSQL, part.RequestID, part.Number, part.Epoch, part.AccountID,
		numbers, records, ids, versions, names, fields, sources, etags, bytes, files, keys, sums).Scan(&windowOpen)
	if errors.Is(err, pgx.ErrNoRows) {
		err = offhours.ErrFenced
	}
	return windowOpen, err
}

func orNull[T any](value T, known bool) *T {
	if !known {
		return nil
	}
	return &value
}

// Copies returns what was recorded of a part's attachments, in the order of their
// numbers.
func (db *DB) Copies(ctx context.Context, part offhours.Part) ([]offhours.Copy, error) {
	rows, err := db.q.CopiesOfPart(ctx, db.pool, dbsqlc.CopiesOfPartParams{RequestID: part.RequestID, Part: part.Number, AccountID: part.AccountID})
	if err != nil {
		return nil, err
	}
	copies := make([]offhours.Copy, len(rows))
	for i, row := range rows {
		copies[i] = copyFromRow(row)
	}
	return copies, nil
}

func copyFromRow(row dbsqlc.Copy) offhours.Copy {
	return offhours.Copy{
		RecordID: row.RecordID, ETag: orZero(row.SourceEtag), ArchiveKey: orZero(row.Key),
		Attachment: offhours.Attachment{
			Number: row.Number, ID: row.AttachmentID, Version: row.Version, Key: row.SourceKey, Name: orZero(row.Name), Field: row.Field,
			File: orZero(row.File), Bytes: orZero(row.Bytes), SHA256: orZero(row.Sha256), Missing: row.SourceEtag == nil,
		},
	}
}
