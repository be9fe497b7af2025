-- The Temporal namespace in which the workflows of all requests are. To a worker
-- in another one they would all seem to be gone.

-- +goose Up
CREATE TABLE temporal_namespace (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    id         text NOT NULL,
    adopted_on timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- +goose Down
DROP TABLE temporal_namespace;
