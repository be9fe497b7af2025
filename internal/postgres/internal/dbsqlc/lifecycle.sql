-- name: LockRequest :one
SELECT status, phase, created_on, starts_at, paused_until FROM requests WHERE id = @id AND account_id = @account_id FOR NO KEY UPDATE;

-- name: HoursNow :one
-- A statement of its own, after the lock: one that waits for a lock answers what
-- it saw of other rows, and of the clock, before it waited.
SELECT schedule, clock_timestamp()::timestamptz AS now FROM accounts WHERE id = @id;

-- name: SetStartsAt :exec
UPDATE requests SET starts_at = @starts_at::timestamptz WHERE id = @id AND status = 'in_queue';

-- name: BeginRequest :execrows
UPDATE requests
   SET status = 'in_progress', phase = 'planning', started_on = @now::timestamptz, starts_at = @now::timestamptz, window_close = @window_close::timestamptz
 WHERE id = @id AND account_id = @account_id AND status = 'in_queue';

-- name: ResumeRequest :execrows
UPDATE requests SET window_close = @window_close::timestamptz, paused_until = NULL
 WHERE id = @id AND account_id = @account_id AND status = 'in_progress';

-- name: PauseRequest :execrows
UPDATE requests SET paused_until = @paused_until::timestamptz
 WHERE id = @id AND account_id = @account_id AND status = 'in_progress';

-- name: RevokeRequest :execrows
UPDATE requests r
   SET status = 'revoked', completed_on = clock_timestamp(), not_processed = r.records,
       revoked_by = coalesce((SELECT u.email FROM users u WHERE u.id::text = @by::text AND u.account_id = r.account_id), @by::text)
 WHERE r.id = @id AND r.account_id = @account_id AND r.status = 'in_queue';

-- name: AddCreatorNotice :exec
INSERT INTO notices (request_id, kind, recipient)
SELECT r.id, @kind::text, r.created_by FROM requests r WHERE r.id = @id
ON CONFLICT DO NOTHING;

-- name: AddAdminNotices :exec
INSERT INTO notices (request_id, kind, recipient)
SELECT r.id, @kind::text, u.id FROM requests r JOIN users u ON u.account_id = r.account_id
 WHERE r.id = @id AND u.active AND u.role = 'administrator'
ON CONFLICT DO NOTHING;

-- name: AddAuditEvent :exec
INSERT INTO audit_events (account_id, request_id, actor, action, detail)
VALUES (@account_id, @request_id::uuid, @actor, @action, @detail);

-- name: UnstartedRequests :many
SELECT account_id, id FROM requests
 WHERE status = 'in_queue' AND workflow_started_on IS NULL AND created_on < clock_timestamp() - make_interval(secs => sqlc.arg(older_than_seconds)::float8)
 ORDER BY created_on LIMIT 100;

-- name: FenceRequest :execrows
-- A request that fails in the queue leaves it on its way to the end.
UPDATE requests SET status = 'in_progress', phase = 'reporting', started_on = coalesce(started_on, clock_timestamp()), paused_until = NULL,
       failure_code = sqlc.narg('failure_code')::text, failure_detail = sqlc.narg('failure_detail')
 WHERE id = @id AND account_id = @account_id
   AND (status = 'in_progress' AND phase <> 'reporting' OR status = 'in_queue' AND sqlc.narg('failure_code')::text IS NOT NULL);

-- name: FenceParts :exec
UPDATE parts SET epoch = epoch + 1 WHERE request_id = @request_id;

-- name: CountOutcomes :one
SELECT r.status, r.phase, r.records, r.listed, r.failure_code, r.failure_detail, r.report_key, r.account_id,
       coalesce(p.deleted, 0)::int AS deleted,
       coalesce(p.undone, 0)::int AS undone,
       coalesce(e.kept_changed, 0)::int AS kept_changed,
       coalesce(e.kept_attachment, 0)::int AS kept_attachment,
       coalesce(e.already_gone, 0)::int AS already_gone,
       coalesce(e.failed, 0)::int AS failed
  FROM requests r
  LEFT JOIN LATERAL (SELECT sum(deleted) AS deleted, sum(rows - done) AS undone
                       FROM parts WHERE request_id = r.id AND state = 'verified' AND round <= r.round) p ON true
  LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE outcome = 'keptChanged') AS kept_changed,
                            count(*) FILTER (WHERE outcome = 'keptAttachment') AS kept_attachment,
                            count(*) FILTER (WHERE outcome = 'alreadyGone') AS already_gone,
                            count(*) FILTER (WHERE outcome IN ('failed', 'rewritten', 'unknown')) AS failed
                       FROM exceptions WHERE request_id = r.id AND NOT superseded) e ON true
 WHERE r.id = @id AND r.account_id = @account_id;

-- name: RecordReport :execrows
UPDATE requests SET report_key = @key::text, report_bytes = @bytes::bigint, report_sha256 = @sha256::text
 WHERE id = @id AND account_id = @account_id AND status = 'in_progress' AND phase = 'reporting' AND report_key IS NULL;

-- name: FinishRequest :execrows
UPDATE requests
   SET status = @status, phase = NULL, completed_on = clock_timestamp(),
       deleted = @deleted, kept_changed = @kept_changed, kept_attachment = @kept_attachment,
       already_gone = @already_gone, failed = @failed, not_processed = @not_processed,
       failure_code = sqlc.narg('failure_code'), failure_detail = sqlc.narg('failure_detail')
 WHERE id = @id AND account_id = @account_id AND status = 'in_progress' AND phase = 'reporting';

-- name: ReportedBatches :many
SELECT from_row, to_row, deleted_at FROM batches WHERE request_id = @request_id AND part = @part ORDER BY from_row;

-- name: ReportedExceptions :many
SELECT row_no, outcome, reason, superseded FROM exceptions WHERE request_id = @request_id AND part = @part ORDER BY row_no;

-- name: CreatorID :one
SELECT created_by FROM requests WHERE id = @id;
