-- name: RequestDetails :many
-- Everything users see of requests, in the order of the ids given.
SELECT sqlc.embed(requests),
    users.email AS created_by_email,
    progress.exported,
    progress.verified,
    progress.processed,
    progress.deleted AS deleted_so_far,
    EXISTS (SELECT 1 FROM notices WHERE notices.request_id = requests.id AND notices.state = 'given_up') AS mail_given_up,
    coalesce(paces.slowed_by, '{}')::text[] AS slowed_by,
    clock_timestamp()::timestamptz AS seen_on
FROM requests
JOIN users ON users.id = requests.created_by
LEFT JOIN paces ON paces.request_id = requests.id AND paces.seen_on > clock_timestamp() - interval '10 s' -- see paceHolds
CROSS JOIN LATERAL (
    -- Later rounds list records of the first one again.
    SELECT
        coalesce(sum(parts.rows) FILTER (WHERE parts.round = 1 AND parts.state IN ('exported', 'verified')), 0)::bigint AS exported,
        coalesce(sum(parts.rows) FILTER (WHERE parts.round = 1 AND parts.state = 'verified'), 0)::bigint AS verified,
        coalesce(sum(parts.done) FILTER (WHERE parts.round = 1), 0)::bigint AS processed,
        coalesce(sum(parts.deleted), 0)::bigint AS deleted
    FROM parts WHERE parts.request_id = requests.id
) AS progress
WHERE requests.id = ANY(@ids::uuid[])
ORDER BY array_position(@ids::uuid[], requests.id);

-- name: RequestIDs :many
SELECT requests.id
FROM requests
JOIN users ON users.id = requests.created_by
WHERE requests.account_id = @account_id
  AND (@status::text = '' OR requests.status = @status)
  AND (@type_code::integer = 0 OR requests.type_code = @type_code)
  AND (@request_type::text = '' OR requests.request_type = @request_type)
  AND (@created_by::text = '' OR lower(users.email) = lower(@created_by))
ORDER BY
    CASE WHEN @sort::text = 'createdOn' THEN requests.created_on END,
    CASE WHEN @sort = 'records' THEN requests.records END,
    CASE WHEN @sort = '-records' THEN requests.records END DESC,
    CASE WHEN @sort = 'entityName' THEN requests.entity_name END,
    CASE WHEN @sort = '-entityName' THEN requests.entity_name END DESC,
    CASE WHEN @sort = 'status' THEN requests.status END,
    CASE WHEN @sort = '-status' THEN requests.status END DESC,
    CASE WHEN @sort = 'requestType' THEN requests.request_type END,
    CASE WHEN @sort = '-requestType' THEN requests.request_type END DESC,
    CASE WHEN @sort = 'createdBy' THEN lower(users.email) END,
    CASE WHEN @sort = '-createdBy' THEN lower(users.email) END DESC,
    requests.created_on DESC, requests.id DESC
LIMIT @page_size::integer OFFSET @skip::bigint;

-- name: CountRequests :one
SELECT count(*)
FROM requests
JOIN users ON users.id = requests.created_by
WHERE requests.account_id = @account_id
  AND (@status::text = '' OR requests.status = @status)
  AND (@type_code::integer = 0 OR requests.type_code = @type_code)
  AND (@request_type::text = '' OR requests.request_type = @request_type)
  AND (@created_by::text = '' OR lower(users.email) = lower(@created_by));

-- name: Creators :many
-- From one creator to the next in the index, however many requests each has made.
WITH RECURSIVE made (by) AS (
    (SELECT r.created_by FROM requests r WHERE r.account_id = @account_id ORDER BY r.created_by LIMIT 1)
    UNION ALL
    SELECT other.created_by
    FROM made
    CROSS JOIN LATERAL (
        SELECT r.created_by FROM requests r WHERE r.account_id = @account_id AND r.created_by > made.by ORDER BY r.created_by LIMIT 1
    ) AS other
)
SELECT users.email FROM made JOIN users ON users.id = made.by
ORDER BY lower(users.email);

-- name: HasRequest :one
SELECT EXISTS (SELECT 1 FROM requests WHERE id = @id AND account_id = @account_id);

-- name: RequestEvents :many
-- Whoever acted for a user is named in the user's place.
SELECT a.at, a.action,
    coalesce(nullif(a.detail->>'operator', ''), (SELECT u.email FROM users u WHERE u.id::text = a.actor AND u.account_id = a.account_id), a.actor)::text AS actor,
    coalesce(a.detail->>'reason', '')::text AS reason
FROM audit_events a
WHERE a.request_id = @request_id::uuid AND a.account_id = @account_id
ORDER BY a.at, a.id;

-- name: VerifiedParts :many
SELECT p.part, p.rows, p.first_key, p.last_key, p.csv_key, p.csv_bytes, p.csv_sha256, p.list_key, p.list_bytes, p.list_sha256
FROM parts p
JOIN requests r ON r.id = p.request_id
WHERE p.request_id = @request_id AND p.state = 'verified' AND p.round <= r.round
ORDER BY p.part;

-- name: ResultFiles :one
SELECT manifest_key, manifest_bytes, manifest_sha256, report_key, report_bytes, report_sha256
FROM requests WHERE id = @id;
