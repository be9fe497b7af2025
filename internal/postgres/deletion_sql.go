package postgres

// The statements of a delete transaction, in the order in which they run.

// deleteSettings keep a batch polite. lock_timeout stays below deadlock_timeout
// (1 s), because the session that waits that long for a lock is the one that
// PostgreSQL kills, and it must not be a user's. jit never pays for a batch, and
// records are found by their key, one by one: without statistics, or with rows
// that look cheap, the planner would read the whole table for each batch.
const deleteSettings = `SELECT set_config('lock_timeout', '300ms', true), set_config('statement_timeout', '5s', true),
	set_config('idle_in_transaction_session_timeout', '10s', true), set_config('jit', 'off', true),
	set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true)`

// fenceSQL lets a batch pass only if nothing has superseded its attempt, and
// says in which history of the database the versions were read. FOR UPDATE of
// the part serializes the attempts at it; FOR SHARE of the request, together
// with the advisory lock, keeps its state as it is until COMMIT.
const fenceSQL = `
SELECT clock_timestamp() < r.window_close - make_interval(secs => $9) AS window_open,
       coalesce(clock_timestamp() < r.delete_deadline - make_interval(secs => $9), true) AS in_time,
       r.schema_fingerprint, r.type_code, r.window_close,
       p.db_system = (SELECT system_identifier::text FROM pg_control_system())
         AND p.db_timeline = substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
         AND pg_snapshot_xmax(pg_current_snapshot())::text::numeric - p.read_xid::text::numeric BETWEEN 0 AND 2147483647 AS same_history
  FROM requests r JOIN parts p ON p.request_id = r.id
 WHERE r.id = $1 AND r.account_id = $2 AND r.status = 'in_progress' AND r.phase = 'deleting'
   AND p.part = $3 AND p.state = 'verified' AND p.round <= r.round
   AND p.epoch = $4 AND p.list_key = $5 AND p.list_sha256 = $6 AND p.done = $7 AND p.rows >= $8
   FOR SHARE OF r FOR UPDATE OF p`

// lockTablesSQL holds off every change of the schema, foreign keys and triggers
// included, until COMMIT. The locks of the rows alone would let a cascading key be
// added (https://www.postgresql.org/docs/15/explicit-locking.html).
const lockTablesSQL = `LOCK TABLE records, attachments IN ROW EXCLUSIVE MODE`

// lockRowsSQL locks the batch's records in the order of the array, which is that
// of their ids. The account is no constant, as in deleteListed.
const lockRowsSQL = `
WITH k AS MATERIALIZED (SELECT $1::bigint AS account_id, l.id FROM unnest($2::text[]::uuid[]) l(id))
SELECT count(*)
  FROM k, LATERAL (SELECT 1 FROM records a WHERE a.account_id = k.account_id AND a.id = k.id FOR UPDATE) l`

// lockAttachmentsSQL locks the attachments of the batch's records, so that none
// changes between the tests of deleteEachSQL and its end. One that comes has to wait
// for its record.
const lockAttachmentsSQL = `
WITH k AS MATERIALIZED (SELECT $1::bigint AS account_id, l.id FROM unnest($2::text[]::uuid[]) l(id))
SELECT count(*)
  FROM k,
       LATERAL (SELECT 1 FROM attachments t WHERE t.account_id = k.account_id AND t.record_id = k.id ORDER BY t.id FOR UPDATE) l`

// unlistedAttachment is a test for an attachment of the record a that is not, in
// the version that it has now, among those that the list's row k names.
const unlistedAttachment = `EXISTS (
            SELECT 1 FROM attachments t
             WHERE t.account_id = a.account_id AND t.record_id = a.id AND t.id::text || ' ' || t.xmin::text <> ALL (k.attached::text[]))`

// deleteListed deletes exactly the listed row versions, of records and of their
// attachments, in one statement: attachments first would lose those of a record
// that a trigger changes then. Every test is made on the target row itself, at the
// level where it is locked: in a subselect it would be made on an older version
// (READ COMMITTED, https://www.postgresql.org/docs/15/transaction-iso.html). IS NOT
// DISTINCT FROM keeps the planner from the index on type and time. The account comes
// out of the list as well: if it was a constant, a planner that takes the account for
// a small one, because it was loaded since the last ANALYZE, would read all of it and
// compare each record with the whole list. A record with an attachment that is not in
// the export is not deleted.
const deleteListed = `
WITH k AS MATERIALIZED (
    SELECT $2::bigint AS account_id, l.*
      FROM unnest($6::int[], $7::text[]::uuid[], $8::text[]::xid[], $9::timestamptz[], $12::text[], $13::text[]) l(n, id, version, modified_on, attached, numbers)
), d AS (
    DELETE FROM records a USING k
     WHERE a.account_id = k.account_id AND a.id = k.id AND a.xmin = k.version
       AND a.modified_on IS NOT DISTINCT FROM k.modified_on AND a.type_code IS NOT DISTINCT FROM $10
       AND NOT ` + unlistedAttachment + `
    RETURNING k.n, k.account_id, a.id, k.attached, k.numbers
), x AS (
    DELETE FROM attachments t USING d
     WHERE t.account_id = d.account_id AND t.record_id = d.id AND t.id::text || ' ' || t.xmin::text = ANY (d.attached::text[])
    RETURNING d.n, d.numbers::int[] AS numbers, array_position(d.attached::text[], t.id::text || ' ' || t.xmin::text) AS at, t.file_key
), tb AS (
    INSERT INTO tombstones (request_id, part, number, row_no, account_id, file_key)
    SELECT $1, $3, x.numbers[x.at], x.n, $2, x.file_key FROM x
)`

// deleteAllSQL deletes the whole batch, without a lock that it would not take anyhow,
// or nothing: unless every record is deleted, the count is NULL, which [uneven] tells.
// An attachment that came behind the statement's snapshot breaks its foreign key.
const deleteAllSQL = deleteListed + `
INSERT INTO batches (request_id, part, from_row, to_row, deleted, deleted_at, window_close)
SELECT $1, $3, $4, $5, CASE count(*) WHEN $5::int - $4::int THEN count(*) END, clock_timestamp(), $11 FROM d`

// deleteEachSQL deletes those of the locked records that can be, and notes the
// others.
const deleteEachSQL = deleteListed + `, e AS (
    INSERT INTO exceptions (request_id, part, row_no, record_id, modified_on, outcome)
    SELECT $1, $3, k.n, k.id, k.modified_on, 'unknown' FROM k WHERE k.n NOT IN (SELECT d.n FROM d) -- hashed; n is never NULL
)
INSERT INTO batches (request_id, part, from_row, to_row, deleted, deleted_at, window_close)
SELECT $1, $3, $4, $5, count(*), clock_timestamp(), $11 FROM d`

// classifySQL says why a locked record of the batch was not deleted. A version
// that differs with the same modified_on is not an edit: it is exported anew.
const classifySQL = `
WITH k AS MATERIALIZED (
    SELECT $3::bigint AS account_id, l.* FROM unnest($4::int[], $5::text[]::uuid[], $7::timestamptz[], $8::text[]) l(n, id, modified_on, attached)
)
UPDATE exceptions e
   SET outcome = CASE WHEN a.id IS NULL THEN 'alreadyGone'
                      WHEN a.modified_on <> k.modified_on OR a.type_code <> $6 THEN 'keptChanged'
                      WHEN ` + unlistedAttachment + ` THEN 'keptAttachment'
                      ELSE 'rewritten' END
  FROM k LEFT JOIN records a ON a.account_id = k.account_id AND a.id = k.id
 WHERE e.request_id = $1 AND e.part = $2 AND e.row_no = k.n AND e.outcome = 'unknown'`

// skipSQL accounts for records that are not even tried, with one outcome.
const skipSQL = `
WITH e AS (
    INSERT INTO exceptions (request_id, part, row_no, record_id, modified_on, outcome, reason)
    SELECT $1, $2, k.n, k.id, k.modified_on, $8, $9
      FROM unnest($5::int[], $6::text[]::uuid[], $7::timestamptz[]) k(n, id, modified_on)
)
INSERT INTO batches (request_id, part, from_row, to_row, deleted, deleted_at, window_close)
VALUES ($1, $2, $3, $4, 0, clock_timestamp(), $10)`

const progressSQL = `
UPDATE parts SET done = $4, deleted = deleted + (SELECT b.deleted FROM batches b WHERE b.request_id = $1 AND b.part = $2 AND b.from_row = $3)
 WHERE request_id = $1 AND part = $2 AND done = $3`

// deletedSQL asks what was done and, while all locks are still held, how many
// sessions wait for them. Of those who want the same row only the first waits for
// the batch, and all others for the first. To follow longer chains would take
// seconds where a thousand wait, and these locks are what they wait for.
const deletedSQL = `
WITH w AS MATERIALIZED (
    SELECT pid, pg_blocking_pids(pid) AS blockers FROM pg_locks WHERE NOT granted
), f AS MATERIALIZED (
    SELECT array_agg(pid) AS pids FROM w WHERE pg_backend_pid() = ANY (blockers)
)
SELECT deleted, (SELECT count(*) FROM w, f WHERE pg_backend_pid() = ANY (w.blockers) OR w.blockers && f.pids)
  FROM batches WHERE request_id = $1 AND part = $2 AND from_row = $3`
