package postgres_test

import (
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func TestCreatorsAreThoseOfTheAccountsRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	none, err := w.DB.Creators(t.Context(), w.Account.ID)
	require.NoError(t, err)
	require.Empty(t, none)
	other := w.NewAccount("Other", "admin@other.example")
	other.Queue(201, 1)
	for i, email := range []string{"zoe@acme.example", "Bob@acme.example", "idle@acme.example"} {
		w.AddUser(w.Account.ID, email, offhours.RoleAdministrator)
		for n := range 2 - i {
			w.Exec(`UPDATE requests SET created_by = (SELECT id FROM users WHERE email = $2) WHERE id = $1`, w.Queue(301+10*i+n, 1), email)
		}
	}
	w.Queue(401, 1)
	w.Exec(`UPDATE users SET active = false, role = 'sales_user' WHERE email = 'zoe@acme.example'`)

	creators, err := w.DB.Creators(t.Context(), w.Account.ID)

	require.NoError(t, err)
	require.Equal(t, []string{"admin@acme.example", "Bob@acme.example", "zoe@acme.example"}, creators)
}

// An account may have made many requests: every look at the grid asks for these.
func TestCreatorsAreFoundWithoutReadingEveryRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddUser(w.Account.ID, "second@acme.example", offhours.RoleAdministrator)
	w.Exec(`INSERT INTO requests (id, account_id, type_code, entity_name, request_type, range, sel_before, records,
			created_by, created_on, idempotency_key, body_sha256, status, completed_on, revoked_by, not_processed)
		SELECT gen_random_uuid(), $1, 201, 'Visit', 'delete_only', '{"days": 30}', now() - interval '30 days', 1,
			(SELECT id FROM users WHERE email = CASE WHEN n % 2 = 0 THEN 'admin@acme.example' ELSE 'second@acme.example' END),
			now(), n, '', 'revoked', now(), 'x', 1 FROM generate_series(1, 20000) n`, w.Account.ID)
	w.Exec(`ANALYZE requests`)

	rows, err := w.Conn.Query(t.Context(), "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) "+creatorsSQL(t), w.Account.ID)
	require.NoError(t, err)
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)

	text := strings.Join(plan, "\n")
	require.Contains(t, text, "Index Only Scan using requests_creators")
	require.NotContains(t, text, "Seq Scan on requests")
	require.NotRegexp(t, `rows=\d{3,} `, text, "no more than a few rows are read")
}

// creatorsSQL is the statement as it was generated from.
func creatorsSQL(t *testing.T) string {
	t.Helper()
	file, err := os.ReadFile("internal/dbsqlc/requests.sql")
	require.NoError(t, err)
	_, text, found := strings.Cut(string(file), "-- name: Creators :many\n")
	require.True(t, found)
	text, _, _ = strings.Cut(text, "-- name:")
	return strings.ReplaceAll(text, "@account_id", "$1")
}
