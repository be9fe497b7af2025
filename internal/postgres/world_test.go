package postgres_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

const grace = 15 * time.Minute

// always is a schedule without business hours: a window that never closes.
const always = `{"timeZone": "Asia/Kolkata", "businessHours": {}, "holidays": []}`

// world is one test's database with an account that may use the feature.
type world struct {
	t    *testing.T
	db   *postgres.DB
	conn *pgx.Conn // for arranging and checking

	account offhours.Account
	admin   offhours.User
}

func newWorld(t *testing.T) world {
	t.Helper()
	db, conn := postgrestest.Open(t)
	w := world{t: t, db: db, conn: conn}
	return w.newAccount("Acme", "admin@acme.example")
}

// newAccount adds an account with an administrator, in the same database.
func (w world) newAccount(name, email string) world {
	w.t.Helper()
	var id int64
	w.scan(&id, `INSERT INTO accounts (name, feature_enabled, schedule) VALUES ($1, true, $2) RETURNING id`, name, always)
	w.addUser(id, email, offhours.RoleAdministrator)
	var err error
	w.admin, w.account, err = w.db.UserByEmail(w.t.Context(), email)
	require.NoError(w.t, err)
	return w
}

func (w world) addUser(accountID int64, email string, role offhours.Role) {
	w.t.Helper()
	w.exec(`INSERT INTO users (account_id, email, name, role) VALUES ($1, $2, $2, $3)`, accountID, email, role)
}

// addType adds a custom activity type with n records modified so long ago.
func (w world) addType(code, n int, age time.Duration) {
	w.t.Helper()
	w.exec(`INSERT INTO record_types (account_id, code, name, category) VALUES ($1, $2, $3, 'custom')`,
		w.account.ID, code, fmt.Sprintf("Type %d", code))
	w.addRecords(code, n, age)
}

func (w world) addRecords(code, n int, age time.Duration) {
	w.t.Helper()
	w.exec(`INSERT INTO records (account_id, id, type_code, created_on, modified_on)
		SELECT $1, gen_random_uuid(), $2, now() - $4::interval, now() - $4::interval FROM generate_series(1, $3)`,
		w.account.ID, code, n, age)
}

// queue adds a request In Queue of a type of its own, without any records.
func (w world) queue(code, records int) string {
	w.t.Helper()
	id := uuid.NewString()
	w.exec(`INSERT INTO requests (id, account_id, type_code, entity_name, request_type, range, sel_before, records,
			created_by, created_on, idempotency_key, body_sha256, starts_at)
		VALUES ($1, $2, $3, 'Queued', 'export_and_delete', '{"days": 30}', now() - interval '30 days', $4, $5, now(), $6, '', now())`,
		id, w.account.ID, code, records, w.admin.ID, id)
	return id
}

func (w world) exec(sql string, args ...any) {
	w.t.Helper()
	_, err := w.conn.Exec(w.t.Context(), sql, args...)
	require.NoError(w.t, err)
}

func (w world) scan(into any, sql string, args ...any) {
	w.t.Helper()
	require.NoError(w.t, w.conn.QueryRow(w.t.Context(), sql, args...).Scan(into))
}

func (w world) count(table string) (n int) {
	w.t.Helper()
	w.scan(&n, "SELECT count(*) FROM "+table)
	return n
}

func (w world) admit(draft offhours.Draft, key string) (offhours.Request, bool, error) {
	return w.db.Admit(w.t.Context(), w.admin, draft, key, grace)
}

func (w world) mustAdmit(draft offhours.Draft) offhours.Request {
	w.t.Helper()
	request, created, err := w.admit(draft, uuid.NewString())
	require.NoError(w.t, err)
	require.True(w.t, created)
	return request
}

func (w world) refused(code offhours.Code, draft offhours.Draft) {
	w.t.Helper()
	_, _, err := w.admit(draft, uuid.NewString())
	require.Truef(w.t, offhours.Is(err, code), "want %s, got %v", code, err)
}

// draft asks to export and delete what is older than 30 days.
func draft(code int) offhours.Draft {
	return offhours.Draft{
		ActivityType: code,
		RequestType:  offhours.ExportAndDelete,
		Range:        offhours.DateRange{Days: 30},
		Confirmed:    true,
	}
}

const day = 24 * time.Hour

// atOnce runs f n times, all released together, and returns the errors by code;
// what was admitted stands under the empty code.
func atOnce(n int, f func(i int) error) map[offhours.Code]int {
	var (
		start   = make(chan struct{})
		group   sync.WaitGroup
		mu      sync.Mutex
		results = map[offhours.Code]int{}
	)
	for i := range n {
		group.Go(func() {
			<-start
			var code offhours.Code
			if err := f(i); err != nil {
				code = offhours.CodeOf(err)
			}
			mu.Lock()
			defer mu.Unlock()
			results[code]++
		})
	}
	close(start)
	group.Wait()
	return results
}
