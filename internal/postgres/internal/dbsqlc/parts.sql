-- name: PlanFacts :one
SELECT r.status, r.phase, r.request_type, r.type_code, r.sel_before, r.sel_after, r.sel_until, r.records, t.fields, schema_fingerprint() AS fingerprint,
       (r.delete_deadline IS NULL OR clock_timestamp() < r.delete_deadline)::bool AS in_time
  FROM requests r LEFT JOIN record_types t ON t.account_id = r.account_id AND t.code = r.type_code AND t.category = 'custom'
 WHERE r.id = sqlc.arg(id) AND r.account_id = sqlc.arg(account_id)
   FOR NO KEY UPDATE OF r;

-- name: PartNumbers :many
SELECT p.part FROM parts p JOIN requests r ON r.id = p.request_id
 WHERE p.request_id = sqlc.arg(request_id) AND r.account_id = sqlc.arg(account_id) AND p.round = sqlc.arg(round) ORDER BY p.part;

-- name: PlanParts :execrows
INSERT INTO parts (request_id, part, round, from_modified, from_id, to_modified, to_id)
SELECT sqlc.arg(request_id)::uuid, sqlc.arg(after)::int + row_number() OVER (ORDER BY run), 1, (array_agg(modified_on ORDER BY n))[1], (array_agg(id ORDER BY n))[1],
       (array_agg(modified_on ORDER BY n DESC))[1], (array_agg(id ORDER BY n DESC))[1]
  FROM (SELECT modified_on, id, n, (n - 1) / sqlc.arg(part_size)::int AS run
          FROM (SELECT modified_on, id, row_number() OVER (ORDER BY modified_on, id) AS n
                  FROM records
                 WHERE account_id = sqlc.arg(account_id) AND type_code = sqlc.arg(type_code) AND modified_on >= sqlc.arg(from_modified)::timestamptz AND modified_on < sqlc.arg(to_modified)::timestamptz) numbered
         WHERE n % sqlc.arg(part_size)::int IN (0, 1 % sqlc.arg(part_size)::int) OR n = sqlc.arg(records)::int) ends
 GROUP BY run;

-- name: CountRange :one
SELECT count(*)::int FROM records
 WHERE account_id = sqlc.arg(account_id) AND type_code = sqlc.arg(type_code) AND modified_on >= sqlc.arg(from_modified)::timestamptz AND modified_on < sqlc.arg(to_modified)::timestamptz;

-- name: SetPlan :exec
UPDATE requests SET phase = 'exporting', schema_fingerprint = sqlc.arg(fingerprint)::text, header = sqlc.arg(header), fields = sqlc.arg(fields) WHERE id = sqlc.arg(id);

-- name: PlanRewritten :exec
INSERT INTO parts (request_id, part, round, source_part, from_modified, from_id, to_modified, to_id)
SELECT p.request_id, (SELECT max(l.part) FROM parts l WHERE l.request_id = sqlc.arg(request_id)) + row_number() OVER (ORDER BY p.part), sqlc.arg(round)::int, p.part,
       p.from_modified, p.from_id, p.to_modified, p.to_id
  FROM parts p JOIN requests r ON r.id = p.request_id
 WHERE p.request_id = sqlc.arg(request_id) AND r.account_id = sqlc.arg(account_id) AND r.status = 'in_progress' AND r.phase = 'deleting' AND r.round = sqlc.arg(round)::int - 1
   AND EXISTS (SELECT 1 FROM exceptions e WHERE e.request_id = p.request_id AND e.part = p.part AND e.outcome = 'rewritten' AND NOT e.superseded);

-- name: GetPart :one
SELECT sqlc.embed(p), r.header, r.request_type, r.sel_before, r.sel_after, r.sel_until, r.manifest_key, r.manifest_bytes, r.manifest_sha256,
       coalesce(clock_timestamp() < r.window_close, false)::bool AS window_open
  FROM parts p JOIN requests r ON r.id = p.request_id
 WHERE p.request_id = sqlc.arg(request_id) AND p.part = sqlc.arg(part) AND r.account_id = sqlc.arg(account_id);

-- name: ClaimPart :execrows
UPDATE parts p SET epoch = p.epoch + 1
  FROM requests r
 WHERE r.id = p.request_id AND r.account_id = sqlc.arg(account_id) AND r.status = 'in_progress' AND r.phase IN ('exporting', 'deleting')
   AND p.request_id = sqlc.arg(request_id) AND p.part = sqlc.arg(part);

-- name: CopyFacts :one
SELECT p.source_part, p.from_modified, p.from_id, p.to_modified, p.to_id, r.type_code, r.request_type, r.fields,
       (r.schema_fingerprint = schema_fingerprint())::bool AS same_schema,
       EXISTS (SELECT 1 FROM copies c WHERE c.request_id = p.request_id AND c.part = p.part)::bool AS has_copies,
       (SELECT system_identifier::text FROM pg_control_system()) AS db_system,
       substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)::text AS db_timeline,
       pg_snapshot_xmax(pg_current_snapshot())::text AS read_xid
  FROM parts p JOIN requests r ON r.id = p.request_id
 WHERE p.request_id = sqlc.arg(request_id) AND p.part = sqlc.arg(part) AND r.account_id = sqlc.arg(account_id) AND p.epoch = sqlc.arg(epoch);

-- name: NextPiece :one
SELECT modified_on, id FROM records
 WHERE account_id = sqlc.arg(account_id) AND type_code = sqlc.arg(type_code)
   AND modified_on >= sqlc.arg(from_modified) AND modified_on <= sqlc.arg(to_modified)
   AND (modified_on, id) >= (sqlc.arg(from_modified), sqlc.arg(from_id)::uuid) AND (modified_on, id) <= (sqlc.arg(to_modified), sqlc.arg(to_id)::uuid)
 ORDER BY modified_on, id
OFFSET sqlc.arg(records)::int LIMIT 1;

-- name: RecordExported :execrows
UPDATE parts
   SET state = 'exported', csv_key = sqlc.narg('csv_key'), csv_bytes = sqlc.narg('csv_bytes'), csv_sha256 = sqlc.narg('csv_sha256'),
       list_key = sqlc.arg(list_key)::text, list_bytes = sqlc.arg(list_bytes)::bigint, list_sha256 = sqlc.arg(list_sha256)::text, rows = sqlc.arg(rows)::int,
       db_system = sqlc.arg(db_system)::text, db_timeline = sqlc.arg(db_timeline)::text, read_xid = sqlc.arg(read_xid)::text::xid8
 WHERE request_id = sqlc.arg(request_id) AND part = sqlc.arg(part) AND epoch = sqlc.arg(epoch) AND state = 'planned';

-- name: RecordVerified :execrows
UPDATE parts SET state = 'verified', verified_on = clock_timestamp(), first_key = sqlc.arg(first_key)::text, last_key = sqlc.arg(last_key)::text
 WHERE request_id = sqlc.arg(request_id) AND part = sqlc.arg(part) AND epoch = sqlc.arg(epoch) AND state = 'exported' AND list_key = sqlc.arg(list_key)::text AND list_sha256 = sqlc.arg(list_sha256)::text;

-- name: ReplanPart :execrows
UPDATE parts
   SET state = 'planned', epoch = epoch + 1, csv_key = NULL, csv_bytes = NULL, csv_sha256 = NULL, list_key = NULL, list_bytes = NULL,
       list_sha256 = NULL, rows = NULL, first_key = NULL, last_key = NULL, db_system = NULL, db_timeline = NULL, read_xid = NULL, verified_on = NULL
 WHERE request_id = sqlc.arg(request_id) AND part = sqlc.arg(part) AND epoch = sqlc.arg(epoch) AND state = sqlc.arg(state) AND list_key = sqlc.arg(list_key)::text AND done = 0
   AND round > (SELECT r.round FROM requests r WHERE r.id = parts.request_id);

-- name: CopiesOfPart :many
SELECT c.* FROM copies c JOIN requests r ON r.id = c.request_id
 WHERE c.request_id = sqlc.arg(request_id) AND c.part = sqlc.arg(part) AND r.account_id = sqlc.arg(account_id) ORDER BY c.number;

-- name: DropCopies :exec
DELETE FROM copies WHERE request_id = sqlc.arg(request_id) AND part = sqlc.arg(part);

-- name: DropUnlistedCopies :exec
DELETE FROM copies WHERE request_id = sqlc.arg(request_id) AND part = sqlc.arg(part) AND number <> ALL (sqlc.arg(listed)::int[]);

-- name: FileNotes :many
-- What the report says of the files of deleted records.
SELECT t.row_no,
       count(*) FILTER (WHERE c.source_etag IS NULL)::int AS missing,
       count(*) FILTER (WHERE t.state = 'shared')::int AS shared,
       count(*) FILTER (WHERE t.state = 'replaced')::int AS replaced,
       count(*) FILTER (WHERE t.state = 'unproven')::int AS unproven,
       count(*) FILTER (WHERE t.state IN ('pending', 'released'))::int AS undone
  FROM tombstones t JOIN copies c ON c.request_id = t.request_id AND c.part = t.part AND c.number = t.number
 WHERE t.request_id = sqlc.arg(request_id) AND t.part = sqlc.arg(part)
   AND (c.source_etag IS NULL OR t.state IN ('shared', 'replaced', 'unproven', 'pending', 'released'))
 GROUP BY t.row_no;

-- name: VerifiedCopies :many
SELECT c.part, c.file, c.key, c.bytes, c.sha256
  FROM copies c JOIN parts p ON p.request_id = c.request_id AND p.part = c.part
 WHERE c.request_id = sqlc.arg(request_id) AND p.state = 'verified' AND c.file IS NOT NULL ORDER BY c.part, c.number;

-- name: VerifiedCopy :one
SELECT c.part, c.file, c.key, c.bytes, c.sha256
  FROM copies c JOIN parts p ON p.request_id = c.request_id AND p.part = c.part
 WHERE c.request_id = sqlc.arg(request_id) AND c.part = sqlc.arg(part) AND c.number = sqlc.arg(number)
   AND c.file = sqlc.arg(file)::text AND p.state = 'verified';

-- name: SealFacts :one
SELECT sqlc.embed(r),
       (r.delete_deadline IS NULL OR clock_timestamp() < r.delete_deadline)::bool AS in_time,
       (SELECT system_identifier::text FROM pg_control_system()) AS db_system,
       substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)::text AS db_timeline
  FROM requests r WHERE r.id = sqlc.arg(id) AND r.account_id = sqlc.arg(account_id);

-- name: SealableParts :many
SELECT p.* FROM parts p JOIN requests r ON r.id = p.request_id
 WHERE p.request_id = sqlc.arg(request_id) AND r.account_id = sqlc.arg(account_id) AND p.state = 'verified' ORDER BY p.part;

-- name: PartLists :many
SELECT part, state, list_sha256 FROM parts WHERE request_id = sqlc.arg(request_id) AND round <= sqlc.arg(round);

-- name: OpenParts :many
SELECT p.part FROM parts p JOIN requests r ON r.id = p.request_id
 WHERE p.request_id = sqlc.arg(request_id) AND r.account_id = sqlc.arg(account_id) AND p.state <> 'verified' AND p.round <= r.round + 1 ORDER BY p.part;

-- name: SealRequest :execrows
UPDATE requests
   SET phase = 'deleting', round = sqlc.arg(round)::int, listed = coalesce(listed, sqlc.arg(listed)::int),
       manifest_key = sqlc.arg(manifest_key)::text, manifest_bytes = sqlc.arg(manifest_bytes)::bigint, manifest_sha256 = sqlc.arg(manifest_sha256)::text
 WHERE id = sqlc.arg(id) AND account_id = sqlc.arg(account_id) AND status = 'in_progress' AND phase IN ('exporting', 'deleting') AND round = sqlc.arg(round)::int - 1;

-- name: Supersede :exec
UPDATE exceptions e SET superseded = true
 WHERE e.request_id = sqlc.arg(request_id) AND e.part = sqlc.arg(source_part) AND e.outcome = 'rewritten' AND e.record_id = ANY (sqlc.arg(ids)::text[]::uuid[]);

-- name: SettleRewritten :exec
UPDATE exceptions e
   SET outcome = CASE WHEN EXISTS (SELECT 1 FROM records a WHERE a.account_id = sqlc.arg(account_id) AND a.id = e.record_id) THEN 'keptChanged' ELSE 'alreadyGone' END
 WHERE e.request_id = sqlc.arg(request_id) AND e.part = sqlc.arg(source_part) AND e.outcome = 'rewritten' AND NOT e.superseded;

-- name: RequestRuns :one
SELECT (status = 'in_progress' AND phase <> 'reporting')::bool FROM requests WHERE id = sqlc.arg(id) AND account_id = sqlc.arg(account_id);
