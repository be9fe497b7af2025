package postgrestest

import (
	"github.com/google/uuid"

	"github.com/offhours/offhours"
)

// Queue adds a request In Queue, without any records, and returns its id.
func (w World) Queue(code, records int) string {
	w.T.Helper()
	id := uuid.NewString()
	w.Exec(`INSERT INTO requests (id, account_id, type_code, entity_name, request_type, range, sel_before, records,
			created_by, created_on, idempotency_key, body_sha256, starts_at)
		VALUES ($1, $2, $3, 'Queued', 'export_and_delete', '{"days": 30}', now() - interval '30 days', $4, $5, now(), $6, '', now())`,
		id, w.Account.ID, code, records, w.Admin.ID, id)
	return id
}

// Revoke ends a request In Queue as revoked.
func (w World) Revoke(id string) {
	w.T.Helper()
	w.Exec(`UPDATE requests SET status = 'revoked', revoked_by = 'x', completed_on = now(), not_processed = records WHERE id = $1`, id)
}

// Run puts a request In Progress, with verified parts of ten rows each.
// Their keys are csv/1, list/1 and so on, and manifest.
func (w World) Run(id, phase string, parts, done int) {
	w.T.Helper()
	w.Exec(`UPDATE requests SET status = 'in_progress', phase = 'exporting', started_on = now() - interval '10 minutes' WHERE id = $1`, id)
	w.Exec(`INSERT INTO parts (request_id, part, round, from_modified, from_id, to_modified, to_id, state,
			csv_key, csv_bytes, csv_sha256, list_key, list_bytes, list_sha256, rows, db_system, db_timeline, read_xid, verified_on, done, deleted)
		SELECT $1, n, 1, now(), gen_random_uuid(), now() + interval '1 s', gen_random_uuid(), 'verified',
			'csv/' || n, 100 + n, 'c' || n, 'list/' || n, 200 + n, 'l' || n, 10, 's', 't', '1', now(), $3, $3
		FROM generate_series(1, $2) n`, id, parts, done)
	w.Exec(`UPDATE requests SET phase = $2, round = 1, manifest_key = 'manifest', manifest_bytes = 300, manifest_sha256 = 'm', listed = $3 * 10 WHERE id = $1`, id, phase, parts)
}

// End ends a request as success or failed, with its report at the key report.
func (w World) End(id, status string, deleted int) {
	w.T.Helper()
	w.Exec(`UPDATE requests SET phase = 'reporting' WHERE id = $1`, id)
	w.Exec(`UPDATE requests SET status = $2, phase = NULL, completed_on = now(), report_key = 'report', report_bytes = 400, report_sha256 = 'r',
		failure_code = CASE WHEN $2 = 'failed' THEN 'incomplete' END, failure_detail = CASE WHEN $2 = 'failed' THEN '3 records are locked.' END,
		deleted = $3, kept_changed = CASE WHEN $2 = 'success' THEN records - $3 ELSE 0 END,
		not_processed = CASE WHEN $2 = 'failed' THEN records - $3 ELSE 0 END WHERE id = $1`, id, status, deleted)
}

// Age makes a request older, which the guard forbids in production.
func (w World) Age(id, interval string) {
	w.T.Helper()
	w.Exec(`ALTER TABLE requests DISABLE TRIGGER requests_guard`)
	w.Exec(`UPDATE requests SET created_on = now() - $2::text::interval, sel_before = sel_before - $2::text::interval WHERE id = $1`, id, interval)
	w.Exec(`ALTER TABLE requests ENABLE TRIGGER requests_guard`)
}

// Retype changes the type of a request, which the guard forbids in production.
func (w World) Retype(id string, t offhours.RequestType) {
	w.T.Helper()
	w.Exec(`ALTER TABLE requests DISABLE TRIGGER requests_guard`)
	w.Exec(`UPDATE requests SET request_type = $2 WHERE id = $1`, id, t)
	w.Exec(`ALTER TABLE requests ENABLE TRIGGER requests_guard`)
}
