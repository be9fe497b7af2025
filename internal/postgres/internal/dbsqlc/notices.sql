-- name: PendingNotices :many
SELECT n.id, u.name, u.email FROM notices n
  JOIN requests r ON r.id = n.request_id
  JOIN users u ON u.id = n.recipient
 WHERE n.request_id = @request_id AND r.account_id = @account_id AND n.kind = @kind AND n.state = 'pending'
 ORDER BY n.id;

-- name: LockNotice :one
-- An attempt that has the notice in its hands keeps others off it.
SELECT n.kind, n.request_id, r.account_id FROM notices n JOIN requests r ON r.id = n.request_id
 WHERE n.id = @id AND n.state = 'pending'
   FOR UPDATE OF n SKIP LOCKED;

-- name: NoticeIsPending :one
SELECT EXISTS (SELECT 1 FROM notices WHERE id = @id AND state = 'pending');

-- name: RecordNotice :exec
UPDATE notices SET state = @state::text, attempts = attempts + 1, message_id = sqlc.narg('message_id'),
       sent_on = CASE WHEN @state::text = 'sent' THEN clock_timestamp() END
 WHERE id = @id AND state = 'pending';

-- name: Undelivered :many
SELECT DISTINCT r.account_id, n.request_id, n.kind FROM notices n JOIN requests r ON r.id = n.request_id
 WHERE n.state = 'pending' AND n.created_on < clock_timestamp() - make_interval(secs => sqlc.arg(older_than_seconds)::float8)
 ORDER BY r.account_id, n.request_id, n.kind;
