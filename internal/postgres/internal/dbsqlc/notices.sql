-- name: PendingNotices :many
SELECT n.id, u.name, u.email FROM notices n
  JOIN requests r ON r.id = n.request_id
  JOIN users u ON u.id = n.recipient
 WHERE n.request_id = @request_id AND r.account_id = @account_id AND n.kind = @kind AND n.state = 'pending'
 ORDER BY n.id;

-- name: NoticeSent :exec
UPDATE notices SET state = 'sent', sent_on = clock_timestamp(), attempts = attempts + 1, message_id = @message_id::text
 WHERE id = @id AND state = 'pending';

-- name: NoticeFailed :exec
UPDATE notices SET attempts = attempts + 1, state = CASE WHEN @give_up::bool THEN 'given_up' ELSE state END
 WHERE id = @id AND state = 'pending';
