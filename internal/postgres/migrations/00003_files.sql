-- The CRM's files: objects in the bucket that attachments and Custom Field Sets
-- refer to.

-- +goose Up
CREATE TABLE files (
    account_id bigint NOT NULL REFERENCES accounts,
    key        text NOT NULL, -- of the object in the bucket; never used again
    created_on timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, key),
    -- A reference to another account's object cannot even be written.
    CONSTRAINT files_of_the_account CHECK (starts_with(key, 'files/' || account_id || '/'))
);

-- A file of a Custom Field Set is an attachment too: field says in which sub-field
-- its name stands, as parent~child, such as mx_Custom_3~mx_CustomObject_1. The
-- names inside the fields are user input and lead to no object by themselves.
ALTER TABLE attachments ADD COLUMN field text;
INSERT INTO files (account_id, key) SELECT DISTINCT account_id, file_key FROM attachments;
ALTER TABLE attachments ADD CONSTRAINT attachments_file FOREIGN KEY (account_id, file_key) REFERENCES files ON DELETE NO ACTION;
CREATE INDEX attachments_by_file ON attachments (account_id, file_key);

-- +goose Down
DROP INDEX attachments_by_file;
ALTER TABLE attachments DROP CONSTRAINT attachments_file, DROP COLUMN field;
DROP TABLE files;
