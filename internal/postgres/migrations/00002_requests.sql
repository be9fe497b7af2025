-- Requests and everything that proves what became of each record.

-- +goose Up
CREATE TABLE requests (
    id                 uuid PRIMARY KEY,
    account_id         bigint NOT NULL REFERENCES accounts,
    type_code          integer NOT NULL,
    entity_name        text NOT NULL,
    request_type       text NOT NULL CHECK (request_type IN ('export_and_delete', 'delete_only')),
    range              jsonb NOT NULL, -- as picked
    -- The selection, resolved once: modified_on < sel_before, or sel_after <= modified_on < sel_until.
    sel_before         timestamptz NOT NULL,
    sel_after          timestamptz,
    sel_until          timestamptz,
    records            integer NOT NULL CHECK (records BETWEEN 1 AND 200000), -- counted at creation
    created_by         uuid NOT NULL REFERENCES users,
    created_on         timestamptz NOT NULL,
    idempotency_key    text NOT NULL CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    body_sha256        bytea NOT NULL,
    workflow_started_on timestamptz, -- Temporal is known to have the workflow

    status             text NOT NULL DEFAULT 'in_queue' CHECK (status IN ('in_queue', 'in_progress', 'success', 'failed', 'revoked')),
    phase              text CHECK (phase IN ('planning', 'exporting', 'deleting', 'reporting')),
    starts_at          timestamptz,
    started_on         timestamptz,
    completed_on       timestamptz,
    paused_until       timestamptz,
    window_close       timestamptz, -- deleting stops before this instant
    delete_deadline    timestamptz, -- and before this one, Export & Delete only
    revoked_by         text,

    schema_fingerprint text,    -- of the tables, when the export was planned
    header             jsonb,   -- columns of the CSV files, frozen when planned
    fields             jsonb,   -- custom fields behind those columns
    round              integer NOT NULL DEFAULT 0, -- of export, verification and deletion
    listed             integer, -- distinct records in the verified lists of the first round
    manifest_key       text,
    manifest_bytes     bigint,
    manifest_sha256    text,
    report_key         text,
    report_bytes       bigint,
    report_sha256      text,

    failure_code       text,
    failure_detail     text,
    deleted            integer NOT NULL DEFAULT 0 CHECK (deleted >= 0),
    kept_changed       integer NOT NULL DEFAULT 0 CHECK (kept_changed >= 0),
    kept_attachment    integer NOT NULL DEFAULT 0 CHECK (kept_attachment >= 0),
    already_gone       integer NOT NULL DEFAULT 0 CHECK (already_gone >= 0),
    failed             integer NOT NULL DEFAULT 0 CHECK (failed >= 0),
    not_processed      integer NOT NULL DEFAULT 0 CHECK (not_processed >= 0),

    UNIQUE (account_id, id),
    UNIQUE (account_id, idempotency_key),
    CONSTRAINT selection_is_two_sided_or_not CHECK ((sel_after IS NULL) = (sel_until IS NULL) AND sel_before <= coalesce(sel_after, sel_before) AND sel_after < sel_until),
    CONSTRAINT selection_ends_at_creation CHECK (sel_before <= created_on AND coalesce(sel_until, created_on) <= created_on),
    CONSTRAINT phase_only_in_progress CHECK ((phase IS NOT NULL) = (status = 'in_progress')),
    CONSTRAINT started_before_progress CHECK (status IN ('in_queue', 'revoked') OR started_on IS NOT NULL),
    CONSTRAINT completed_when_ended CHECK ((completed_on IS NOT NULL) = (status IN ('success', 'failed', 'revoked'))),
    CONSTRAINT revoked_by_someone CHECK ((revoked_by IS NOT NULL) = (status = 'revoked')),
    CONSTRAINT failure_only_if_failing CHECK (failure_code IS NULL OR status = 'failed' OR phase = 'reporting'),
    CONSTRAINT failed_for_a_reason CHECK (status <> 'failed' OR failure_code IS NOT NULL),
    CONSTRAINT deleting_needs_a_manifest CHECK (phase IS DISTINCT FROM 'deleting' OR (manifest_key IS NOT NULL AND listed IS NOT NULL)),
    CONSTRAINT ended_with_a_report CHECK (status NOT IN ('success', 'failed') OR report_key IS NOT NULL),
    CONSTRAINT outcomes_add_up CHECK (status NOT IN ('success', 'failed', 'revoked')
        OR deleted + kept_changed + kept_attachment + already_gone + failed + not_processed = records),
    CONSTRAINT success_is_complete CHECK (status <> 'success' OR failed + not_processed = 0),
    CONSTRAINT revoked_untouched CHECK (status <> 'revoked' OR not_processed = records)
);
CREATE UNIQUE INDEX one_live_request_per_type ON requests (account_id, type_code) WHERE status IN ('in_queue', 'in_progress');
CREATE INDEX requests_newest ON requests (account_id, created_on DESC, id DESC);
CREATE INDEX requests_unstarted ON requests (created_on) WHERE status = 'in_queue' AND workflow_started_on IS NULL;

-- +goose StatementBegin
CREATE FUNCTION requests_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN
        (('in_queue', 'in_progress'), ('in_queue', 'revoked'), ('in_progress', 'success'), ('in_progress', 'failed')) THEN
        RAISE EXCEPTION 'a request cannot move from % to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.account_id, NEW.type_code, NEW.request_type, NEW.sel_before, NEW.records, NEW.created_on)
        IS DISTINCT FROM (OLD.account_id, OLD.type_code, OLD.request_type, OLD.sel_before, OLD.records, OLD.created_on)
        OR NEW.sel_after IS DISTINCT FROM OLD.sel_after OR NEW.sel_until IS DISTINCT FROM OLD.sel_until THEN
        RAISE EXCEPTION 'what a request selects never changes' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER requests_guard BEFORE UPDATE ON requests FOR EACH ROW EXECUTE FUNCTION requests_guard();

-- A part is a run of about 10,000 records in (modified_on, id) order: one CSV
-- file and its delete list. A part of a later round exports anew the records of
-- an earlier one that were rewritten without being edited.
CREATE TABLE parts (
    request_id    uuid NOT NULL REFERENCES requests,
    part          integer NOT NULL CHECK (part > 0),
    round         integer NOT NULL CHECK (round > 0),
    source_part   integer,
    from_modified timestamptz NOT NULL,
    from_id       uuid NOT NULL,
    to_modified   timestamptz NOT NULL,
    to_id         uuid NOT NULL,
    state         text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'exported', 'verified')),
    epoch         integer NOT NULL DEFAULT 0, -- of the attempt that may change this row
    csv_key       text,  -- no CSV for Delete Only
    csv_bytes     bigint,
    csv_sha256    text,
    list_key      text,
    list_bytes    bigint,
    list_sha256   text,
    rows          integer CHECK (rows >= 0),
    first_key     text,
    last_key      text,
    -- The history of the database in which the row versions were read.
    db_system     text,
    db_timeline   text,
    read_xid      xid8,
    verified_on   timestamptz,
    done          integer NOT NULL DEFAULT 0 CHECK (done >= 0),
    deleted       integer NOT NULL DEFAULT 0,
    PRIMARY KEY (request_id, part),
    FOREIGN KEY (request_id, source_part) REFERENCES parts (request_id, part),
    CHECK ((source_part IS NOT NULL) = (round > 1)),
    CHECK ((from_modified, from_id) <= (to_modified, to_id)),
    CHECK ((csv_key IS NULL) = (csv_sha256 IS NULL) AND (csv_key IS NULL) = (csv_bytes IS NULL)),
    CHECK ((state = 'planned') = (list_key IS NULL)),
    CHECK (state = 'planned' OR (list_sha256 IS NOT NULL AND list_bytes IS NOT NULL AND rows IS NOT NULL
        AND db_system IS NOT NULL AND db_timeline IS NOT NULL AND read_xid IS NOT NULL)),
    CHECK ((verified_on IS NOT NULL) = (state = 'verified')),
    CHECK (done = 0 OR state = 'verified'),
    CHECK (done <= coalesce(rows, 0) AND deleted BETWEEN 0 AND done)
);

-- What was verified is what is deleted: a verified part can only progress, or
-- be planned anew while nothing of it was deleted.
-- +goose StatementBegin
CREATE FUNCTION parts_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'verified' AND (
        (NEW.state <> 'verified' AND OLD.done > 0)
        OR (NEW.state = 'verified' AND (NEW.list_key, NEW.list_sha256, NEW.rows, NEW.db_system, NEW.db_timeline)
            IS DISTINCT FROM (OLD.list_key, OLD.list_sha256, OLD.rows, OLD.db_system, OLD.db_timeline))
        OR (NEW.state = 'verified' AND (NEW.csv_key, NEW.csv_sha256) IS DISTINCT FROM (OLD.csv_key, OLD.csv_sha256))) THEN
        RAISE EXCEPTION 'a verified part is immutable' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.epoch < OLD.epoch OR (NEW.done < OLD.done) THEN
        RAISE EXCEPTION 'a part only goes forward' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER parts_guard BEFORE UPDATE ON parts FOR EACH ROW EXECUTE FUNCTION parts_guard();

-- One row per delete transaction, written in it: who deleted a record is never in doubt.
CREATE TABLE batches (
    request_id   uuid NOT NULL,
    part         integer NOT NULL,
    from_row     integer NOT NULL,
    to_row       integer NOT NULL CHECK (to_row > from_row),
    deleted      integer NOT NULL CHECK (deleted BETWEEN 0 AND to_row - from_row),
    deleted_at   timestamptz NOT NULL,
    window_close timestamptz NOT NULL,
    PRIMARY KEY (request_id, part, from_row),
    FOREIGN KEY (request_id, part) REFERENCES parts,
    CONSTRAINT inside_the_window CHECK (deleted_at < window_close)
);

-- Listed records that were not deleted, in the transaction that found out.
CREATE TABLE exceptions (
    request_id uuid NOT NULL,
    part       integer NOT NULL,
    row_no     integer NOT NULL CHECK (row_no >= 0),
    record_id  uuid NOT NULL,
    modified_on timestamptz NOT NULL, -- as listed
    outcome    text NOT NULL CHECK (outcome IN ('unknown', 'keptChanged', 'keptAttachment', 'alreadyGone', 'failed', 'rewritten')),
    reason     text NOT NULL DEFAULT '',
    superseded boolean NOT NULL DEFAULT false, -- a part of a later round accounts for it
    PRIMARY KEY (request_id, part, row_no),
    FOREIGN KEY (request_id, part) REFERENCES parts,
    CHECK (NOT superseded OR outcome = 'rewritten')
);

-- The outbox: written in the transaction of the state change it announces.
CREATE TABLE notices (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES requests,
    kind       text NOT NULL CHECK (kind IN ('created', 'success', 'failed', 'revoked')),
    recipient  uuid NOT NULL REFERENCES users,
    state      text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'given_up')),
    attempts   integer NOT NULL DEFAULT 0,
    created_on timestamptz NOT NULL DEFAULT clock_timestamp(),
    sent_on    timestamptz,
    message_id text,
    UNIQUE (request_id, kind, recipient),
    CHECK ((sent_on IS NOT NULL) = (state = 'sent'))
);
CREATE INDEX notices_pending ON notices (request_id, kind) WHERE state = 'pending';

CREATE TABLE audit_events (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts,
    request_id uuid REFERENCES requests,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor      text NOT NULL, -- a user's id, or who the system or support tooling says it is
    action     text NOT NULL,
    detail     jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_events_request ON audit_events (request_id, id);

-- +goose StatementBegin
CREATE FUNCTION audit_events_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit events are only ever added' USING ERRCODE = 'check_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_events_guard BEFORE UPDATE OR DELETE ON audit_events FOR EACH ROW EXECUTE FUNCTION audit_events_guard();

-- Changes when a column or a foreign key of the deleted tables does. ADD COLUMN
-- with a default changes rows without changing their version, so row versions
-- alone do not notice it.
-- +goose StatementBegin
CREATE FUNCTION schema_fingerprint() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT md5(
        (SELECT coalesce(string_agg(format('%s.%s:%s:%s:%s', attrelid::regclass, attnum, attname, atttypid, atttypmod), ',' ORDER BY attrelid, attnum), '')
           FROM pg_attribute WHERE attrelid IN ('records'::regclass, 'attachments'::regclass) AND attnum > 0 AND NOT attisdropped)
        || '|' ||
        (SELECT coalesce(string_agg(format('%s:%s:%s', conrelid::regclass, conname, confdeltype), ',' ORDER BY conrelid, conname), '')
           FROM pg_constraint WHERE contype = 'f' AND confrelid IN ('records'::regclass, 'attachments'::regclass)))
$$;
-- +goose StatementEnd

-- +goose Down
DROP TABLE audit_events, notices, exceptions, batches, parts, requests;
DROP FUNCTION requests_guard(), parts_guard(), audit_events_guard(), schema_fingerprint();
