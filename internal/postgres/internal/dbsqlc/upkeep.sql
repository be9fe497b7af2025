-- name: TakeTurn :execrows
INSERT INTO turns (job, begun_on) VALUES (@job, clock_timestamp())
ON CONFLICT (job) DO UPDATE SET begun_on = excluded.begun_on
 WHERE turns.begun_on <= excluded.begun_on - make_interval(secs => sqlc.arg(every_seconds)::float8);

-- name: LiveRequests :many
-- Requests that Temporal is known to have a workflow of.
SELECT account_id, id, status, extract(epoch FROM clock_timestamp() - coalesce(started_on, created_on))::float8 AS seconds
  FROM requests
 WHERE status = 'in_progress' OR (status = 'in_queue' AND workflow_started_on IS NOT NULL)
 ORDER BY created_on;

-- name: Standings :many
SELECT account_id, id, status, extract(epoch FROM clock_timestamp() - coalesce(completed_on, started_on, created_on))::float8 AS seconds
  FROM requests WHERE id = ANY(@ids::uuid[]);

-- name: PurgeableRequests :many
-- Files that may be downloaded stay until nobody may any more, see
-- offhours.Request.KeepsFiles; all others go soon after the end.
SELECT account_id, id, completed_on::timestamptz AS completed_on
  FROM requests
 WHERE completed_on < clock_timestamp() - make_interval(secs => sqlc.arg(rest_seconds)::float8) AND purged_on IS NULL
   AND (status = 'revoked' OR report_key IS NOT NULL)
   AND (status = 'revoked' OR request_type = 'delete_only' OR (status = 'failed' AND deleted = 0)
        OR created_on <= clock_timestamp() - make_interval(secs => sqlc.arg(period_seconds)::float8))
   AND (completed_on, id) > (@after_completed::timestamptz, @after_id::uuid)
 ORDER BY completed_on, id
 LIMIT @most::integer;

-- name: MarkPurged :execrows
UPDATE requests SET purged_on = clock_timestamp()
 WHERE id = @id AND account_id = @account_id AND completed_on IS NOT NULL AND purged_on IS NULL;

-- name: ForgetTombstones :exec
-- Not of objects that stay though no row names them any more: nothing else would
-- tell where they are.
DELETE FROM tombstones WHERE request_id = @request_id AND state IN ('removed', 'shared', 'missing');

-- name: ForgetCopies :exec
DELETE FROM copies c
 WHERE c.request_id = @request_id
   AND NOT EXISTS (SELECT 1 FROM tombstones t WHERE t.request_id = c.request_id AND t.part = c.part AND t.number = c.number);

-- name: ForgetNames :exec
UPDATE copies SET name = '', field = NULL WHERE request_id = @request_id AND name IS NOT NULL;

-- name: ForgetPace :exec
DELETE FROM paces WHERE request_id = @request_id;

-- name: Namespace :one
SELECT coalesce((SELECT id FROM temporal_namespace), '')::text;

-- name: AdoptNamespace :exec
INSERT INTO temporal_namespace (id) VALUES (@id)
ON CONFLICT (one) DO UPDATE SET id = excluded.id, adopted_on = excluded.adopted_on;
