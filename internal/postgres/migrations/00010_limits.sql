-- Good neighbours: autovacuum that keeps up with bulk deletes, limits from which
-- requests slow down, and how they go at the moment.

-- +goose Up

-- By default autovacuum comes when a fifth of a table is dead. Of a hundred million
-- records that is a hundred requests at full size, whose dead rows every index scan
-- of everybody has to step over meanwhile. A hundredth is one or a few requests.
ALTER TABLE records     SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE attachments SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE files       SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_analyze_scale_factor = 0.02);
-- These only grow, or are updated once: vacuum comes for their visibility map, by
-- which old rows are never read again, and the planner learns of new requests.
ALTER TABLE copies      SET (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE tombstones  SET (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE batches     SET (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE exceptions  SET (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
-- A few rows, updated in every batch: room for the next version in the same page.
ALTER TABLE parts       SET (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0.02);

-- From which signals on requests slow down. The row without an account is the
-- deployment's; a value in an account's row stands in its place. 0 is no limit.
CREATE TABLE limits (
    account_id           bigint REFERENCES accounts,
    batch_records        integer CHECK (batch_records BETWEEN 50 AND 1000),
    batch_ms             integer CHECK (batch_ms BETWEEN 10 AND 4000),
    pause_ms             integer CHECK (pause_ms BETWEEN 0 AND 1000),
    lock_waiters         integer CHECK (lock_waiters BETWEEN 0 AND 10000),
    busy_sessions        integer CHECK (busy_sessions BETWEEN 0 AND 10000),
    replica_lag_bytes    bigint CHECK (replica_lag_bytes BETWEEN 0 AND 1000000000000),
    replica_lag_ms       integer CHECK (replica_lag_ms BETWEEN 0 AND 86400000),
    wal_bytes_per_second bigint CHECK (wal_bytes_per_second = 0 OR wal_bytes_per_second BETWEEN 65536 AND 1000000000000),
    dead_rows            bigint CHECK (dead_rows BETWEEN 0 AND 1000000000000),
    UNIQUE NULLS NOT DISTINCT (account_id),
    CONSTRAINT the_deployment_has_all CHECK (account_id IS NOT NULL OR num_nulls(batch_records, batch_ms, pause_ms, lock_waiters,
        busy_sessions, replica_lag_bytes, replica_lag_ms, wal_bytes_per_second, dead_rows) = 0)
);
INSERT INTO limits (batch_records, batch_ms, pause_ms, lock_waiters, busy_sessions, replica_lag_bytes, replica_lag_ms, wal_bytes_per_second, dead_rows)
VALUES (1000, 250, 0, 1, 1, 67108864, 5000, 134217728, 1000000);

-- Without the deployment's row requests would not slow down any more.
-- +goose StatementBegin
CREATE FUNCTION limits_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM limits WHERE account_id IS NULL) THEN
        RAISE EXCEPTION 'the limits of the deployment can be changed, not removed';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER limits_guard AFTER DELETE ON limits DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION limits_guard();

-- Who changed limits. One is the deployment's if it has no account.
CREATE TABLE limit_events (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint REFERENCES accounts,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor      text NOT NULL CHECK (actor <> ''),
    before     jsonb NOT NULL,
    after      jsonb NOT NULL
);
CREATE TRIGGER limit_events_guard BEFORE UPDATE OR DELETE ON limit_events FOR EACH ROW EXECUTE FUNCTION audit_events_guard();

-- How fast a request deletes at the moment, and why not faster. Not part of its
-- row: batches hold that shared.
CREATE TABLE paces (
    request_id uuid PRIMARY KEY REFERENCES requests,
    share      real NOT NULL CHECK (share > 0 AND share <= 1), -- of its full speed
    slowed_by  text[] NOT NULL,
    seen_on    timestamptz NOT NULL
) WITH (fillfactor = 50);

-- +goose Down
DROP TABLE paces, limit_events, limits;
DROP FUNCTION limits_guard();
ALTER TABLE parts       RESET (fillfactor, autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor);
ALTER TABLE exceptions  RESET (autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE batches     RESET (autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE tombstones  RESET (autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE copies      RESET (autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE files       RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, autovacuum_analyze_scale_factor);
ALTER TABLE attachments RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, autovacuum_analyze_scale_factor);
ALTER TABLE records     RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, autovacuum_analyze_scale_factor);
