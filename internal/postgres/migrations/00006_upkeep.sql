-- What is done beside the requests: one worker at a time reconciles, files that
-- nobody may download any more are purged.

-- +goose Up
ALTER TABLE requests ADD COLUMN purged_on timestamptz; -- its export is gone from the bucket
ALTER TABLE requests ADD CONSTRAINT purged_after_the_end
    CHECK (purged_on IS NULL OR (status IN ('success', 'failed') AND report_key IS NOT NULL) OR status = 'revoked');
CREATE INDEX requests_unpurged ON requests (completed_on, id) WHERE completed_on IS NOT NULL AND purged_on IS NULL;

CREATE TABLE turns (
    job      text PRIMARY KEY,
    begun_on timestamptz NOT NULL -- when a worker last took it upon itself
);

-- +goose Down
DROP TABLE turns;
ALTER TABLE requests DROP COLUMN purged_on;
