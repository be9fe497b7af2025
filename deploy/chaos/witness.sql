-- What really happened to records and their attachments, written by the database
-- itself in the transaction that did it. Only the checker reads it.
CREATE SCHEMA chaos;

CREATE TABLE chaos.records_gone AS
    SELECT ''::text AS by, '0'::xid AS xid, clock_timestamp() AS at, r.* FROM records r WITH NO DATA;
CREATE TABLE chaos.attachments_gone AS
    SELECT ''::text AS by, '0'::xid AS xid, clock_timestamp() AS at, a.* FROM attachments a WITH NO DATA;
CREATE TABLE chaos.records_born (account_id bigint NOT NULL, id uuid NOT NULL);
CREATE TABLE chaos.attachments_born (account_id bigint NOT NULL, record_id uuid NOT NULL, id uuid NOT NULL);

CREATE FUNCTION chaos.record_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO chaos.records_gone
    SELECT current_setting('application_name'), pg_current_xact_id()::xid, clock_timestamp(), OLD.*;
    RETURN NULL;
END $$;
CREATE FUNCTION chaos.attachment_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO chaos.attachments_gone
    SELECT current_setting('application_name'), pg_current_xact_id()::xid, clock_timestamp(), OLD.*;
    RETURN NULL;
END $$;
CREATE FUNCTION chaos.record_comes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO chaos.records_born VALUES (NEW.account_id, NEW.id);
    RETURN NULL;
END $$;
CREATE FUNCTION chaos.attachment_comes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO chaos.attachments_born VALUES (NEW.account_id, NEW.record_id, NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER chaos_record_goes AFTER DELETE ON records FOR EACH ROW EXECUTE FUNCTION chaos.record_goes();
CREATE TRIGGER chaos_record_comes AFTER INSERT ON records FOR EACH ROW EXECUTE FUNCTION chaos.record_comes();
CREATE TRIGGER chaos_attachment_goes AFTER DELETE ON attachments FOR EACH ROW EXECUTE FUNCTION chaos.attachment_goes();
CREATE TRIGGER chaos_attachment_comes AFTER INSERT ON attachments FOR EACH ROW EXECUTE FUNCTION chaos.attachment_comes();
-- Nobody gets past it by a session that fires no triggers.
ALTER TABLE records ENABLE ALWAYS TRIGGER chaos_record_goes, ENABLE ALWAYS TRIGGER chaos_record_comes;
ALTER TABLE attachments ENABLE ALWAYS TRIGGER chaos_attachment_goes, ENABLE ALWAYS TRIGGER chaos_attachment_comes;

-- The bytes of every object when it was made.
CREATE TABLE chaos.objects (key text PRIMARY KEY, sha256 text NOT NULL);

-- When business surely went on, so that nothing may be deleted.
CREATE TABLE chaos.business (account_id bigint NOT NULL, began timestamptz NOT NULL, ended timestamptz NOT NULL);

-- What the archive alone says, as it was downloaded at the end.
CREATE TABLE chaos.restored AS SELECT NULL::uuid AS request_id, ''::text AS file, r.* FROM records r WITH NO DATA;
CREATE TABLE chaos.restored_attachments AS SELECT NULL::uuid AS request_id, ''::text AS sha256, a.* FROM attachments a WITH NO DATA;
CREATE TABLE chaos.reported (request_id uuid NOT NULL, id uuid, outcome text NOT NULL, file text);

-- What was in the postboxes at the end.
CREATE TABLE chaos.mails (notice_id bigint NOT NULL, recipient text NOT NULL);

-- Who deleted a record: the batch of the same transaction.
CREATE VIEW chaos.deleted AS
    SELECT g.*, b.request_id, b.part, b.from_row, b.deleted_at, b.window_close
      FROM chaos.records_gone g LEFT JOIN batches b ON b.xmin::text = g.xid::text
     WHERE g.by <> 'crm';
CREATE VIEW chaos.deleted_attachments AS
    SELECT g.*, b.request_id
      FROM chaos.attachments_gone g LEFT JOIN batches b ON b.xmin::text = g.xid::text
     WHERE g.by <> 'crm';
