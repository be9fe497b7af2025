-- name: SupportRequestIDs :many
-- Of all accounts, for support tooling alone.
SELECT id FROM requests
WHERE (@account_id::bigint = 0 OR account_id = @account_id)
  AND (cardinality(@statuses::text[]) = 0 OR status = ANY(@statuses))
  AND (@type_code::integer = 0 OR type_code = @type_code)
  AND (@entity_name::text = '' OR lower(entity_name) = lower(@entity_name))
  AND (@request_type::text = '' OR request_type = @request_type)
ORDER BY created_on DESC, id DESC
LIMIT @limit_to::integer;

-- name: AuditTrail :many
-- Users by their email: the trail itself knows them by id.
SELECT at, coalesce((SELECT u.email FROM users u WHERE u.id::text = a.actor AND u.account_id = a.account_id), a.actor)::text AS actor, action, detail
FROM audit_events a WHERE request_id = @request_id::uuid ORDER BY id;

-- name: CountMails :many
SELECT kind, state, count(*)::integer AS count FROM notices
WHERE request_id = @request_id
GROUP BY kind, state ORDER BY min(id), state;
