-- Whose requests the grid can be filtered by, see the query Creators.

-- +goose Up
CREATE INDEX requests_creators ON requests (account_id, created_by);

-- +goose Down
DROP INDEX requests_creators;
