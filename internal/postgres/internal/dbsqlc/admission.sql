-- name: LimitTransaction :exec
-- An admission answers soon or not at all. Compiling would cost more than it saves.
SELECT set_config('statement_timeout', '30s', true), set_config('lock_timeout', '20s', true), set_config('jit', 'off', true);

-- name: LockAccount :one
-- Admissions of one account, and changes of its hours, go one after another, which
-- makes its limits exact and leaves no request with the hours of before.
-- The lock stops nothing else: references to the account stay possible.
SELECT * FROM accounts WHERE id = @id FOR NO KEY UPDATE;

-- name: TypeByCode :one
SELECT name, category FROM record_types WHERE account_id = @account_id AND code = @code;

-- name: RequestOfKey :one
SELECT id, body_sha256 FROM requests
WHERE account_id = @account_id AND idempotency_key = @idempotency_key;

-- name: HasLiveRequest :one
SELECT EXISTS (
    SELECT 1 FROM requests
    WHERE account_id = @account_id AND type_code = @type_code AND status IN ('in_queue', 'in_progress')
);

-- name: CountSelected :one
-- One statement, so that both sides are of one snapshot.
SELECT
    (SELECT count(*) FROM records o
      WHERE o.account_id = @account_id AND o.type_code = @type_code AND o.modified_on < @sel_before)::bigint AS older,
    (SELECT count(*) FROM records n
      WHERE n.account_id = @account_id AND n.type_code = @type_code
        AND n.modified_on >= sqlc.narg(sel_after)::timestamptz AND n.modified_on < sqlc.narg(sel_until)::timestamptz)::bigint AS newer;

-- name: CountSelectedAttachments :one
SELECT count(*) FROM records r
JOIN attachments t ON t.account_id = r.account_id AND t.record_id = r.id
WHERE r.account_id = @account_id AND r.type_code = @type_code
  AND (r.modified_on < @sel_before
    OR (r.modified_on >= sqlc.narg(sel_after)::timestamptz AND r.modified_on < sqlc.narg(sel_until)::timestamptz));

-- name: QueuedRecords :one
SELECT coalesce(sum(records), 0)::bigint FROM requests
WHERE account_id = @account_id AND status IN ('in_queue', 'in_progress');

-- name: InsertRequest :exec
INSERT INTO requests (
    id, account_id, type_code, entity_name, request_type, range, sel_before, sel_after, sel_until,
    records, created_by, created_on, idempotency_key, body_sha256, starts_at, delete_deadline
) VALUES (
    @id, @account_id, @type_code, @entity_name, @request_type, @range, @sel_before, sqlc.narg(sel_after), sqlc.narg(sel_until),
    @records, @created_by, @created_on, @idempotency_key, @body_sha256, @starts_at, sqlc.narg(delete_deadline)
);

-- name: InsertCreatedNotice :exec
INSERT INTO notices (request_id, kind, recipient) VALUES (@request_id, 'created', @recipient);

-- name: InsertCreatedEvent :exec
INSERT INTO audit_events (account_id, request_id, at, actor, action, detail)
VALUES (@account_id, @request_id, @at, @actor, 'request_created', @detail);

-- name: MarkWorkflowStarted :exec
UPDATE requests SET workflow_started_on = clock_timestamp()
WHERE id = @id AND workflow_started_on IS NULL;
