//go:build unix

package e2e

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
)

// gateSQL makes every delete of records pass a gate. A batch that finds it closed
// meets its lock timeout, and is tried again like any that meets a lock.
const gateSQL = `
CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(4711);
    RETURN NULL;
END $$;
CREATE TRIGGER gate BEFORE DELETE ON records FOR EACH STATEMENT EXECUTE FUNCTION gate()`

// gate lets a test stop deletes where it wants to, in no hurry.
type gate struct{ session *pgxpool.Conn }

// gate puts up a gate, which is closed.
func (db database) gate(t *testing.T) gate {
	t.Helper()
	db.execute(t, gateSQL)
	session, err := db.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Release)
	g := gate{session}
	g.close(t)
	return g
}

// close returns when the deletes under way have committed.
func (g gate) close(t *testing.T) { g.execute(t, "SELECT pg_advisory_lock(4711)") }

func (g gate) open(t *testing.T) { g.execute(t, "SELECT pg_advisory_unlock_all()") }

func (g gate) execute(t *testing.T, sql string) {
	t.Helper()
	if _, err := g.session.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}
