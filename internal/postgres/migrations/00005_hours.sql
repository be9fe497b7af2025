-- Business hours that users change.

-- +goose Up
-- An outbox, like notices: written in the transaction that changes the hours, and
-- emptied when the request's workflow was told.
ALTER TABLE requests ADD COLUMN untold_since timestamptz;
CREATE INDEX requests_untold ON requests (untold_since) WHERE untold_since IS NOT NULL;

-- +goose Down
DROP INDEX requests_untold;
ALTER TABLE requests DROP COLUMN untold_since;
