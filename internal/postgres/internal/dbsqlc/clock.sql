-- name: Now :one
SELECT clock_timestamp()::timestamptz AS now;
