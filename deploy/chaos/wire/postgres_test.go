package wire

import (
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

// Every way in which the product commits is seen, by the name of what it wrote; what
// only reads, or is taken back, is not.
func TestACommitIsNamedAfterWhatItWrote(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	address := postgrestest.URL(t)
	_, err := postgrestest.Connect(t, address).Exec(ctx, `CREATE TABLE things (n int PRIMARY KEY, what text); CREATE TABLE places (n int)`)
	require.NoError(t, err)
	u, err := url.Parse(address)
	require.NoError(t, err)
	f := &fated{}
	way, err := OpenPostgres(u.Host, f.watch())
	require.NoError(t, err)
	defer way.Close()
	u.Host = way.Address()
	conn := postgrestest.Connect(t, u.String())
	exec := func(sql string, arguments ...any) func() error {
		return func() error {
			_, err := conn.Exec(ctx, sql, arguments...)
			return err
		}
	}
	inTx := func(statements ...string) func() error {
		return func() error {
			return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
				for _, sql := range statements {
					if _, err := tx.Exec(ctx, sql); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	inBatch := func(statements ...string) func() error {
		return func() error {
			batch := &pgx.Batch{}
			for _, sql := range statements {
				batch.Queue(sql)
			}
			return conn.SendBatch(ctx, batch).Close()
		}
	}
	for _, c := range []struct {
		what  string
		do    func() error
		want  []string
		fails bool
	}{
		{"a statement alone", exec("INSERT INTO things VALUES (1, 'one')"), []string{"postgres: insert things"}, false},
		{"a statement with arguments", exec("UPDATE things SET what = $2 WHERE n = $1", 1, "uno"), []string{"postgres: update things what"}, false},
		{"a statement that is prepared already", exec("UPDATE things SET what = $2 WHERE n = $1", 1, "eins"), []string{"postgres: update things what"}, false},
		{"a comment before it", exec("-- name: Forget :exec\nDELETE FROM things WHERE n = 1"), []string{"postgres: delete things"}, false},
		{"an upsert", exec("INSERT INTO things VALUES (2) ON CONFLICT (n) DO UPDATE SET what = 'two'"), []string{"postgres: insert things"}, false},
		{"a write in a WITH", exec("WITH gone AS (DELETE FROM things WHERE n = 2 RETURNING n) INSERT INTO places SELECT n FROM gone"), []string{"postgres: delete things, insert places"}, false},
		{"an alias", exec("UPDATE things AS t SET what = 'x' WHERE n = -1"), []string{"postgres: update things what"}, false},
		{"a read", exec("SELECT * FROM things"), nil, false},
		{"locks", inTx("SELECT * FROM things FOR UPDATE", "SELECT * FROM things FOR NO KEY UPDATE"), nil, false},
		{"a transaction", inTx("INSERT INTO things VALUES (3)", "SELECT 1", "INSERT INTO places VALUES (3)", "INSERT INTO things VALUES (4)"), []string{"postgres: insert things, insert places"}, false},
		{"one that fails", inTx("INSERT INTO places VALUES (5)", "INSERT INTO things VALUES (3)"), nil, true},
		{"the one after it", inTx("UPDATE things SET what = 'y' WHERE n = 3"), []string{"postgres: update things what"}, false},
		{"COMMIT in the same flush", func() error {
			if err := exec("BEGIN")(); err != nil {
				return err
			}
			return inBatch("INSERT INTO places VALUES (6)", "DELETE FROM things WHERE n = 4", "COMMIT")()
		}, []string{"postgres: insert places, delete things"}, false},
		{"a flush without COMMIT", inBatch("INSERT INTO places VALUES (7)", "SELECT 1"), []string{"postgres: insert places"}, false},
		{"a rollback", func() error {
			return inBatch("BEGIN", "INSERT INTO places VALUES (8)", "ROLLBACK")()
		}, nil, false},
	} {
		err := c.do()
		require.Equal(t, c.fails, err != nil, "%s: %v", c.what, err)
		saw := f.take()
		require.Equal(t, c.want, saw.met, c.what)
		require.Equal(t, c.want, saw.passed, c.what)
	}
}
