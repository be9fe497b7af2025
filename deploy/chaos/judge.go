package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// judgement is a question whose every answer is a violation.
type judgement struct {
	invariant string
	what      string
	sql       string // selects one text for each violation
}

// recordColumns are compared exactly; custom fields as text, because as jsonb 1.0
// would pass for 1.
const recordColumns = `account_id, id, type_code, external_key, prospect_id, status, owner, note, created_on, created_by, created_by_name,
	created_by_email, modified_on, modified_by, modified_by_name, modified_by_email, fields::text`

const inSelection = `(d.modified_on < r.sel_before OR coalesce(d.modified_on >= r.sel_after AND d.modified_on < r.sel_until, false))`

// judgements are the invariants of DESIGN.md, asked of what the witness saw, what
// the archive gave back and what the product says.
var judgements = []judgement{
	{"I1", "a record was deleted that the archive does not hold as it was", `
		SELECT DISTINCT format('%s of request %s', id, request_id) FROM (
			SELECT d.request_id, ` + recordColumns + ` FROM chaos.deleted d
			 WHERE EXISTS (SELECT 1 FROM requests r WHERE r.id = d.request_id AND r.request_type = 'export_and_delete')
			EXCEPT SELECT request_id, ` + recordColumns + ` FROM chaos.restored) lost`},
	{"I2", "a record was deleted that was not selected", `
		SELECT format('%s of request %s', d.id, r.id) FROM chaos.deleted d JOIN requests r ON r.id = d.request_id
		 WHERE d.type_code <> r.type_code OR NOT ` + inSelection},
	{"I2", "more was deleted than confirmed", `
		SELECT format('request %s: %s of %s', r.id, count(*), r.records) FROM chaos.deleted d JOIN requests r ON r.id = d.request_id
		 GROUP BY r.id HAVING count(*) > r.records`},
	{"I3", "a record was deleted outside of every batch", `
		SELECT format('%s by %s', id, by) FROM chaos.deleted WHERE request_id IS NULL`},
	{"I3", "a batch does not say how many it deleted", `
		SELECT format('request %s, part %s, row %s: %s, seen %s', b.request_id, b.part, b.from_row, b.deleted, count(d.id))
		  FROM batches b LEFT JOIN chaos.deleted d ON (d.request_id, d.part, d.from_row) = (b.request_id, b.part, b.from_row)
		 GROUP BY b.request_id, b.part, b.from_row HAVING b.deleted <> count(d.id)`},
	{"I3", "a request does not say how many it deleted", `
		SELECT format('%s: %s, seen %s', r.id, r.deleted, count(d.id)) FROM requests r LEFT JOIN chaos.deleted d ON d.request_id = r.id
		 WHERE r.completed_on IS NOT NULL GROUP BY r.id HAVING r.deleted <> count(d.id)`},
	{"I3", "a report has other deleted records than were deleted", `
		WITH seen AS (SELECT request_id, id FROM chaos.deleted WHERE request_id IN (SELECT id FROM requests WHERE status IN ('success', 'failed'))),
		     said AS (SELECT request_id, id FROM chaos.reported WHERE outcome = 'deleted')
		SELECT format('%s of request %s', id, request_id) FROM (
			(SELECT * FROM seen EXCEPT ALL SELECT * FROM said) UNION ALL (SELECT * FROM said EXCEPT ALL SELECT * FROM seen)) wrong`},
	{"I3", "a record came or went unseen", `
		SELECT format('%s of account %s', id, account_id) FROM (
			SELECT account_id, id, 1 AS n FROM chaos.records_born UNION ALL
			SELECT account_id, id, -1 FROM chaos.records_gone UNION ALL
			SELECT account_id, id, -1 FROM records) moves GROUP BY account_id, id HAVING sum(n) <> 0`},
	{"I4", "an attachment was deleted that the archive does not hold as it was", `
		SELECT format('%s of record %s of request %s', d.id, d.record_id, d.request_id)
		  FROM chaos.deleted_attachments d JOIN requests r ON r.id = d.request_id AND r.request_type = 'export_and_delete' LEFT JOIN chaos.objects o ON o.key = d.file_key
		 WHERE NOT EXISTS (SELECT 1 FROM chaos.restored_attachments x
			WHERE (x.request_id, x.account_id, x.record_id, x.id, x.name, x.file_key) = (d.request_id, d.account_id, d.record_id, d.id, d.name, d.file_key)
			  AND x.field IS NOT DISTINCT FROM d.field AND x.sha256 = coalesce(o.sha256, x.sha256) AND x.sha256 <> '')`},
	{"I4", "an attachment was deleted without its record", `
		SELECT format('%s of record %s', d.id, d.record_id) FROM chaos.deleted_attachments d
		 WHERE NOT EXISTS (SELECT 1 FROM chaos.deleted g WHERE g.xid = d.xid AND g.account_id = d.account_id AND g.id = d.record_id)`},
	{"I4", "an attachment came or went unseen", `
		SELECT format('%s of record %s', id, record_id) FROM (
			SELECT account_id, record_id, id, 1 AS n FROM chaos.attachments_born UNION ALL
			SELECT account_id, record_id, id, -1 FROM chaos.attachments_gone UNION ALL
			SELECT account_id, record_id, id, -1 FROM attachments) moves GROUP BY account_id, record_id, id HAVING sum(n) <> 0`},
	{"I4", "nobody went on with the object of a deleted attachment", `
		SELECT format('%s of request %s', t.file_key, t.request_id) FROM tombstones t JOIN requests r ON r.id = t.request_id
		 WHERE r.completed_on IS NOT NULL AND t.state IN ('pending', 'released')`},
	{"I5", "something was deleted after its request had ended", `
		SELECT format('%s of request %s', d.id, r.id) FROM chaos.deleted d JOIN requests r ON r.id = d.request_id WHERE d.at > r.completed_on`},
	{"I5", "a batch is of a request that had ended", `
		SELECT format('request %s, part %s, row %s', r.id, b.part, b.from_row) FROM batches b JOIN requests r ON r.id = b.request_id
		 WHERE b.deleted_at > r.completed_on`},
	{"I6", "something was deleted outside the window", `
		SELECT format('%s of request %s', d.id, d.request_id) FROM chaos.deleted d WHERE d.at >= d.window_close`},
	{"I6", "something was deleted while business went on", `
		SELECT format('%s of request %s', d.id, d.request_id) FROM chaos.deleted d JOIN chaos.business b ON b.account_id = d.account_id AND d.at BETWEEN b.began AND b.ended`},
	{"I6", "something was deleted by a request that was revoked, or not begun", `
		SELECT format('%s of request %s', d.id, r.id) FROM chaos.deleted d JOIN requests r ON r.id = d.request_id
		 WHERE r.status = 'revoked' OR r.started_on IS NULL OR d.at < r.started_on`},
	{"I7", "a request deleted a record of another account", `
		SELECT format('%s of request %s', d.id, r.id) FROM chaos.deleted d JOIN requests r ON r.id = d.request_id WHERE d.account_id <> r.account_id`},
	{"I7", "a request has a file in the folder of another account", `
		SELECT format('%s of request %s', p.key, r.id) FROM requests r, LATERAL (
			SELECT csv_key AS key FROM parts WHERE request_id = r.id UNION ALL SELECT list_key FROM parts WHERE request_id = r.id
			UNION ALL SELECT key FROM copies WHERE request_id = r.id UNION ALL SELECT r.manifest_key) p
		 WHERE NOT starts_with(p.key, format('exports/%s/%s/', r.account_id, r.id))`},
	{"I8", "outcomes do not add up", `
		SELECT r.id::text FROM requests r WHERE r.completed_on IS NOT NULL
		   AND deleted + kept_changed + kept_attachment + already_gone + failed + not_processed <> records`},
	{"I8", "a success left records out", `
		SELECT r.id::text FROM requests r WHERE r.status = 'success' AND failed + not_processed > 0`},
	{"I8", "a report has other outcomes than its request", `
		WITH said AS (SELECT request_id, outcome, count(*) AS n FROM chaos.reported GROUP BY request_id, outcome),
		     kept AS (SELECT r.id AS request_id, o.outcome, o.n FROM requests r, LATERAL (VALUES ('deleted', deleted), ('keptChanged', kept_changed),
				('keptAttachment', kept_attachment), ('alreadyGone', already_gone), ('failed', failed), ('notProcessed', not_processed)) o (outcome, n)
				WHERE r.status IN ('success', 'failed') AND o.n > 0)
		SELECT format('request %s: %s %s, reported %s', request_id, outcome, kept.n, said.n) FROM said FULL JOIN kept USING (request_id, outcome)
		 WHERE said.n IS DISTINCT FROM kept.n`},
	{"I9", "an export has a record of another account or type", `
		SELECT format('%s of request %s', x.id, r.id) FROM chaos.restored x JOIN requests r ON r.id = x.request_id
		 WHERE x.account_id <> r.account_id OR x.type_code <> r.type_code`},
	{"I9", "the file that the report names does not hold what was deleted", `
		SELECT format('%s in %s of request %s', id, file, request_id) FROM (
			SELECT request_id, said.file, ` + recordColumns + ` FROM chaos.deleted
			  JOIN (SELECT s.request_id, s.id, s.file FROM chaos.reported s JOIN requests r ON r.id = s.request_id
				WHERE s.outcome = 'deleted' AND r.request_type = 'export_and_delete') said USING (request_id, id)
			EXCEPT SELECT request_id, file, ` + recordColumns + ` FROM chaos.restored) lost`},
	{"I10", "a request has not ended", `
		SELECT format('%s is %s, %s', id, status, phase) FROM requests WHERE completed_on IS NULL`},
	{"I11", "a mail was not sent", `
		SELECT format('%s of request %s is %s', n.kind, n.request_id, n.state) FROM notices n WHERE n.state <> 'sent'`},
	{"I11", "a mail that is said to be sent did not arrive", `
		SELECT format('%s of request %s', n.kind, n.request_id) FROM notices n JOIN users u ON u.id = n.recipient
		 WHERE n.state = 'sent' AND NOT EXISTS (SELECT 1 FROM chaos.mails m WHERE (m.notice_id, m.recipient) = (n.id, u.email))`},
	{"I11", "a mail arrived at somebody who was not meant", `
		SELECT format('notice %s', m.notice_id) FROM chaos.mails m
		 WHERE NOT EXISTS (SELECT 1 FROM notices n JOIN users u ON u.id = n.recipient WHERE (n.id, u.email) = (m.notice_id, m.recipient))`},
	{"I11", "an end was not announced", `
		SELECT r.id::text FROM requests r WHERE r.completed_on IS NOT NULL
		   AND NOT EXISTS (SELECT 1 FROM notices n WHERE n.request_id = r.id AND n.kind = r.status)`},
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// judge returns all that did not hold.
func judge(ctx context.Context, db querier) (violations []violation, err error) {
	for _, j := range judgements {
		found, err := ask(ctx, db, j)
		if err != nil {
			return nil, err
		}
		violations = append(violations, found...)
	}
	return violations, nil
}

func ask(ctx context.Context, db querier, j judgement) (violations []violation, err error) {
	rows, err := db.Query(ctx, j.sql)
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", j.invariant, j.what, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", j.invariant, j.what, err)
	}
	for _, what := range found {
		violations = append(violations, violation{j.invariant, j.what + ": " + what})
	}
	return violations, nil
}
