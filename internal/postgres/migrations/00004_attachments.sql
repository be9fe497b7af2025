-- Attachments in the export: what was copied of them before anything is deleted.

-- +goose Up

-- A key names its account already. With the account in this index, too, the planner
-- would take it, while the table is small, for one that finds a record's attachments.
DROP INDEX attachments_by_file;
CREATE INDEX attachments_by_file ON attachments (file_key);

-- What became of an attachment's object when its part was exported. One row is
-- one version of an attachment's row. A Delete Only request keeps no names and
-- no copies, only what tells later whether the object is still the same.
CREATE TABLE copies (
    request_id    uuid NOT NULL,
    part          integer NOT NULL,
    number        integer NOT NULL CHECK (number > 0), -- in the part; gives the file its name
    record_id     uuid NOT NULL,
    attachment_id uuid NOT NULL,
    version       text NOT NULL, -- xmin of the attachment's row
    name          text,          -- NULL for Delete Only
    field         text,
    source_key    text NOT NULL,
    source_etag   text,          -- of the object; NULL if it was missing
    bytes         bigint CHECK (bytes >= 0),
    file          text,          -- name under which users get the copy; NULL without one
    key           text,          -- of the copy in the archive
    sha256        text,
    PRIMARY KEY (request_id, part, number),
    UNIQUE (request_id, part, record_id, attachment_id, version),
    FOREIGN KEY (request_id, part) REFERENCES parts,
    CHECK ((source_etag IS NULL) = (bytes IS NULL)),
    CHECK ((file IS NULL) = (key IS NULL) AND (file IS NULL) = (sha256 IS NULL)),
    CHECK (file IS NULL OR (bytes IS NOT NULL AND name IS NOT NULL))
);

-- An object whose attachment was deleted: written in that transaction, so that an
-- object is removed only if its record is gone, and always then. Pending ones
-- still have their row in files; that of a released one is gone. In the end the
-- object was removed, or stays because it is shared with another record, was
-- replaced after it was exported, or its copy is no longer in the archive; or it
-- was missing.
CREATE TABLE tombstones (
    request_id uuid NOT NULL,
    part       integer NOT NULL,
    number     integer NOT NULL, -- of the copy
    row_no     integer NOT NULL CHECK (row_no >= 0), -- of the record in the part's list
    account_id bigint NOT NULL,
    file_key   text NOT NULL,
    state      text NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'released', 'removed', 'shared', 'replaced', 'unproven', 'missing')),
    PRIMARY KEY (request_id, part, number),
    FOREIGN KEY (request_id, part, number) REFERENCES copies,
    FOREIGN KEY (account_id, request_id) REFERENCES requests (account_id, id),
    CONSTRAINT tombstones_of_the_account CHECK (starts_with(file_key, 'files/' || account_id || '/'))
);
CREATE INDEX tombstones_left ON tombstones (request_id, file_key, part, number) WHERE state IN ('pending', 'released');

-- The Custom Field Set that a field's value is: an object, or a text that holds
-- one. NULL for anything else. A jsonb that was text is shown as json, that is,
-- exactly as it was written; jsonb refuses what json's operators would fail on.
-- +goose StatementBegin
CREATE FUNCTION field_set(value jsonb) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
    content text := value #>> '{}';
BEGIN
    IF jsonb_typeof(value) = 'object' THEN
        RETURN value;
    END IF;
    IF jsonb_typeof(value) = 'string' THEN
        BEGIN
            IF jsonb_typeof(content::jsonb) = 'object' THEN
                RETURN content;
            END IF;
        EXCEPTION WHEN data_exception OR program_limit_exceeded THEN -- not JSON, or more than jsonb can hold
        END;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- Now also covers the files that attachments refer to.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION schema_fingerprint() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT md5(
        (SELECT coalesce(string_agg(format('%s.%s:%s:%s:%s', attrelid::regclass, attnum, attname, atttypid, atttypmod), ',' ORDER BY attrelid, attnum), '')
           FROM pg_attribute WHERE attrelid IN ('records'::regclass, 'attachments'::regclass, 'files'::regclass) AND attnum > 0 AND NOT attisdropped)
        || '|' ||
        (SELECT coalesce(string_agg(format('%s:%s:%s', conrelid::regclass, conname, confdeltype), ',' ORDER BY conrelid, conname), '')
           FROM pg_constraint WHERE contype = 'f' AND confrelid IN ('records'::regclass, 'attachments'::regclass, 'files'::regclass)))
$$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION schema_fingerprint() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT md5(
        (SELECT coalesce(string_agg(format('%s.%s:%s:%s:%s', attrelid::regclass, attnum, attname, atttypid, atttypmod), ',' ORDER BY attrelid, attnum), '')
           FROM pg_attribute WHERE attrelid IN ('records'::regclass, 'attachments'::regclass) AND attnum > 0 AND NOT attisdropped)
        || '|' ||
        (SELECT coalesce(string_agg(format('%s:%s:%s', conrelid::regclass, conname, confdeltype), ',' ORDER BY conrelid, conname), '')
           FROM pg_constraint WHERE contype = 'f' AND confrelid IN ('records'::regclass, 'attachments'::regclass)))
$$;
-- +goose StatementEnd
DROP FUNCTION field_set(jsonb);
DROP INDEX attachments_by_file;
CREATE INDEX attachments_by_file ON attachments (account_id, file_key);
DROP TABLE tombstones, copies;
