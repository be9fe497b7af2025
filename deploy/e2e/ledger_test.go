//go:build unix

package e2e

import (
	"maps"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// witnessSQL makes the database note every delete of a record, whoever did it.
const witnessSQL = `
CREATE TABLE witness (account_id bigint NOT NULL, id uuid NOT NULL, type_code integer NOT NULL, at timestamptz NOT NULL);
CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO witness VALUES (OLD.account_id, OLD.id, OLD.type_code, clock_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER witness AFTER DELETE ON records FOR EACH ROW EXECUTE FUNCTION witness()`

// database is the product's database, read past the product.
type database struct{ *pgxpool.Pool }

func (s *stack) database(t *testing.T) database {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), s.env["DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return database{pool}
}

// witness begins to note deletes.
func (db database) witness(t *testing.T) { db.execute(t, witnessSQL) }

func (db database) execute(t *testing.T, sql string, args ...any) int {
	t.Helper()
	tag, err := db.Exec(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	return int(tag.RowsAffected())
}

// count returns the one number that a query answers.
func (db database) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	if err := db.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// now is the clock that decides.
func (db database) now(t *testing.T) (now time.Time) {
	t.Helper()
	if err := db.QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&now); err != nil {
		t.Fatal(err)
	}
	return now
}

// deleted is how many records the batches of a request account for.
func (db database) deleted(t *testing.T, request string) int {
	t.Helper()
	return db.count(t, "SELECT coalesce(sum(deleted), 0) FROM batches WHERE request_id = $1", request)
}

// parts is how many parts of a request are in one of the states.
func (db database) parts(t *testing.T, request string, states ...string) int {
	t.Helper()
	return db.count(t, "SELECT count(*) FROM parts WHERE request_id = $1 AND state = ANY($2)", request, states)
}

// records returns when each record of a type was modified.
func (db database) records(t *testing.T, account, activityType int) map[string]time.Time {
	t.Helper()
	return byID[time.Time](t, db, "SELECT id::text, modified_on FROM records WHERE account_id = $1 AND type_code = $2", account, activityType)
}

// witnessed returns how often each record of a type was deleted.
func (db database) witnessed(t *testing.T, account, activityType int) map[string]int {
	t.Helper()
	return byID[int](t, db, "SELECT id::text, count(*) FROM witness WHERE account_id = $1 AND type_code = $2 GROUP BY id", account, activityType)
}

// edit changes up to n records of a type that still exist, spread over all, as
// users of the CRM do. It returns them: they have to stay.
func (db database) edit(t *testing.T, account, activityType, n int) map[string]time.Time {
	t.Helper()
	return byID[time.Time](t, db, `UPDATE records SET note = 'edited'
		WHERE (account_id, id) IN (SELECT account_id, id FROM records WHERE account_id = $1 AND type_code = $2 AND modified_on < now() - interval '31 days' ORDER BY id LIMIT $3)
		RETURNING id::text, modified_on`, account, activityType, n)
}

// byID returns what a query answers in its second column, by the id in its first.
func byID[V any](t *testing.T, db database, sql string, args ...any) map[string]V {
	t.Helper()
	rows, err := db.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]V{}
	var id string
	var value V
	_, err = pgx.ForEachRow(rows, []any{&id, &value}, func() error {
		found[id] = value
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// without returns what is in all and not in rest.
func without[V, W any](all map[string]V, rest map[string]W) map[string]V {
	left := maps.Clone(all)
	maps.DeleteFunc(left, func(id string, _ V) bool {
		_, ok := rest[id]
		return ok
	})
	return left
}
