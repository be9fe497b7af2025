-- name: UserByEmail :one
SELECT sqlc.embed(users), sqlc.embed(accounts)
FROM users
JOIN accounts ON accounts.id = users.account_id
WHERE lower(users.email) = lower(@email);

-- name: AccountByID :one
SELECT * FROM accounts WHERE id = @id;

-- name: CustomTypes :many
SELECT * FROM record_types
WHERE account_id = @account_id AND category = 'custom'
ORDER BY name, code;
