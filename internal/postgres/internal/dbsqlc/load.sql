-- name: PutAccount :many
-- One row if something changed, none if all was so already.
INSERT INTO accounts (id, name, feature_enabled, schedule)
VALUES (@id, @name, @feature_enabled, @schedule)
ON CONFLICT (id) DO UPDATE
SET name = excluded.name, feature_enabled = excluded.feature_enabled, schedule = excluded.schedule
WHERE (accounts.name, accounts.feature_enabled, accounts.schedule)
    IS DISTINCT FROM (excluded.name, excluded.feature_enabled, excluded.schedule)
RETURNING (xmax = 0)::boolean AS created;

-- name: PutUser :many
-- One row if something changed, none if all was so already. Who belongs to
-- another account is never moved: see UserAccount.
INSERT INTO users (account_id, email, name, role, active)
VALUES (@account_id, @email, @name, @role, @active)
ON CONFLICT (lower(email)) DO UPDATE
SET email = excluded.email, name = excluded.name, role = excluded.role, active = excluded.active
WHERE users.account_id = excluded.account_id
    AND (users.email, users.name, users.role, users.active)
        IS DISTINCT FROM (excluded.email, excluded.name, excluded.role, excluded.active)
RETURNING (xmax = 0)::boolean AS created;

-- name: UserAccount :one
SELECT account_id FROM users WHERE lower(email) = lower(@email);

-- name: MoveAccountSequence :exec
-- Ids that a file gave must not be given again.
SELECT setval(pg_get_serial_sequence('accounts', 'id'),
    greatest((SELECT max(id) FROM accounts), nextval(pg_get_serial_sequence('accounts', 'id'))));

-- name: AccountIDsByName :many
SELECT id FROM accounts WHERE name = @name ORDER BY id;

-- name: LockTypes :exec
-- Loads of one account take turns from here on: both would give a new type the
-- same code, and wait for each other's records in different orders.
SELECT pg_advisory_xact_lock(hashtextextended('offhours load', @account_id));

-- name: TypesOfAccount :many
SELECT * FROM record_types WHERE account_id = @account_id ORDER BY code;

-- name: AddType :exec
INSERT INTO record_types (account_id, code, name, category, fields)
VALUES (@account_id, @code, @name, 'custom', @fields);

-- name: HasRecords :one
SELECT EXISTS (
    SELECT 1 FROM records AS r
    JOIN record_types AS t ON t.account_id = r.account_id AND t.code = r.type_code
    WHERE t.account_id = @account_id AND t.name = @name
);
