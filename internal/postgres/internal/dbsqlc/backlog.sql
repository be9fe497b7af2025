-- name: BacklogRequests :many
SELECT status, count(*) AS requests FROM requests GROUP BY status;

-- name: BacklogAges :one
-- Ages in seconds, 0 where there is nothing.
SELECT
    (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_on)), 0) FROM requests WHERE status = 'in_queue')::float8 AS oldest_queued,
    (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(starts_at)), 0) FROM requests WHERE status = 'in_queue' AND starts_at < clock_timestamp())::float8 AS most_overdue,
    (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_on)), 0) FROM notices WHERE state = 'pending')::float8 AS oldest_notice;

-- name: BacklogNotices :one
SELECT count(*) FILTER (WHERE state = 'pending') AS pending, count(*) FILTER (WHERE state = 'given_up') AS given_up
FROM notices WHERE state <> 'sent';
