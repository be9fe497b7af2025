-- name: SetSchedule :exec
UPDATE accounts SET schedule = @schedule WHERE id = @id;

-- name: LiveRequestsOf :many
SELECT id FROM requests WHERE account_id = @account_id AND status IN ('in_queue', 'in_progress') ORDER BY id;

-- name: ReplanQueued :exec
UPDATE requests SET starts_at = @starts_at::timestamptz WHERE id = @id AND status = 'in_queue';

-- name: ReplanRunning :exec
UPDATE requests SET window_close = @window_close::timestamptz, paused_until = sqlc.narg('paused_until')::timestamptz WHERE id = @id AND status = 'in_progress';

-- name: MarkUntold :exec
UPDATE requests SET untold_since = @since::timestamptz WHERE id = @id;

-- name: AddAccountEvent :exec
INSERT INTO audit_events (account_id, actor, action, detail) VALUES (@account_id, @actor, @action, @detail);

-- name: UntoldRequests :many
SELECT account_id, id, untold_since::timestamptz AS since FROM requests
 WHERE untold_since < clock_timestamp() - make_interval(secs => sqlc.arg(older_than_seconds)::float8)
 ORDER BY untold_since LIMIT 100;

-- name: MarkTold :exec
UPDATE requests SET untold_since = NULL WHERE id = @id AND untold_since = @since::timestamptz;
