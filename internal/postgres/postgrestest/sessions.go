package postgrestest

import (
	"time"

	"github.com/jackc/pgx/v5"
)

// lockPatience is for a machine that is busy with other tests.
const lockPatience = 10 * time.Second

// Session opens another session, as a user of the CRM has one.
func (w World) Session() *pgx.Conn {
	w.T.Helper()
	return Connect(w.T, w.Conn.Config().ConnString())
}

// Hold runs a statement in another session and keeps its transaction open.
func (w World) Hold(sql string, args ...any) pgx.Tx {
	w.T.Helper()
	tx, err := w.Session().Begin(w.T.Context())
	w.must(err)
	_, err = tx.Exec(w.T.Context(), sql, args...)
	w.must(err)
	return tx
}

// AwaitLock waits until at least so many sessions wait for a lock. Called in a transaction
// of the world's own session it would see the same answer for ever.
func (w World) AwaitLock(sessions int) {
	w.T.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(lockPatience); ; <-ticker.C {
		var n int
		w.Scan(&n, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
		if n >= sessions {
			return
		}
		if time.Now().After(deadline) {
			w.T.Fatalf("%d sessions wait for a lock, want %d", n, sessions)
		}
	}
}
