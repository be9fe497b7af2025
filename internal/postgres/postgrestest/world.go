package postgrestest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres"
)

// Grace is the time to revoke in tests.
const Grace = 15 * time.Minute

// Day is 24 hours.
const Day = 24 * time.Hour

// always is a schedule without business hours: a window that never closes.
const always = `{"timeZone": "Asia/Kolkata", "businessHours": {}, "holidays": []}`

// World is one test's database and an account in it that may use the feature.
type World struct {
	T    testing.TB
	DB   *postgres.DB
	Conn *pgx.Conn // for arranging and checking

	Account offhours.Account
	Admin   offhours.User
}

// NewWorld returns the world of the account Acme and admin@acme.example.
func NewWorld(t testing.TB) World {
	t.Helper()
	return NewWorldAt(t, URL(t))
}

// NewWorldAt is [NewWorld] in a database of the test's choice.
func NewWorldAt(t testing.TB, url string) World {
	t.Helper()
	return World{T: t}.At(url).NewAccount("Acme", "admin@acme.example")
}

// At is the same world seen in another database, such as a copy of its own.
func (w World) At(url string) World {
	w.T.Helper()
	db, err := postgres.Open(context.Background(), url)
	w.must(err)
	w.T.Cleanup(db.Close)
	w.DB, w.Conn = db, Connect(w.T, url)
	return w
}

// NewAccount adds an account with an administrator to the same database.
func (w World) NewAccount(name, email string) World {
	w.T.Helper()
	var id int64
	w.Scan(&id, `INSERT INTO accounts (name, feature_enabled, schedule) VALUES ($1, true, $2) RETURNING id`, name, always)
	w.AddUser(id, email, offhours.RoleAdministrator)
	var err error
	w.Admin, w.Account, err = w.DB.UserByEmail(w.T.Context(), email)
	w.must(err)
	return w
}

// AddUser adds an active user to an account.
func (w World) AddUser(accountID int64, email string, role offhours.Role) {
	w.T.Helper()
	w.Exec(`INSERT INTO users (account_id, email, name, role) VALUES ($1, $2, $2, $3)`, accountID, email, role)
}

// AddType adds a custom activity type, named after its code, with n records
// modified so long ago.
func (w World) AddType(code, n int, age time.Duration) {
	w.T.Helper()
	w.Exec(`INSERT INTO record_types (account_id, code, name, category) VALUES ($1, $2, $3, 'custom')`,
		w.Account.ID, code, fmt.Sprintf("Type %d", code))
	w.AddRecords(code, n, age)
}

// AddTypes adds types with consecutive codes and n records each, up to a million,
// fast: without the triggers that check foreign keys, and with ids in order.
func (w World) AddTypes(first, types, n int, age time.Duration) {
	w.T.Helper()
	w.Exec(`INSERT INTO record_types (account_id, code, name, category)
		SELECT $1, code, 'Type ' || code, 'custom' FROM generate_series($2::int, $2::int + $3::int - 1) code`, w.Account.ID, first, types)
	w.Exec(`SET session_replication_role = replica`)
	w.Exec(`INSERT INTO records (account_id, id, type_code, created_on, modified_on)
		SELECT $1, lpad(to_hex(code * 1000000::bigint + n), 32, '0')::uuid, code, now() - $5::interval, now() - $5::interval
		FROM generate_series($2::int, $2::int + $3::int - 1) code, generate_series(1, $4::int) n`, w.Account.ID, first, types, n, age)
	w.Exec(`SET session_replication_role = DEFAULT`)
	w.Exec(`ANALYZE records`)
}

// AddRecords adds n records modified so long ago.
func (w World) AddRecords(code, n int, age time.Duration) {
	w.T.Helper()
	w.Exec(`INSERT INTO records (account_id, id, type_code, created_on, modified_on)
		SELECT $1, gen_random_uuid(), $2, now() - $4::interval, now() - $4::interval FROM generate_series(1, $3)`,
		w.Account.ID, code, n, age)
}

// Exec runs one statement.
func (w World) Exec(sql string, args ...any) {
	w.T.Helper()
	_, err := w.Conn.Exec(w.T.Context(), sql, args...)
	w.must(err)
}

// Scan reads the only column of the only row.
func (w World) Scan(into any, sql string, args ...any) {
	w.T.Helper()
	w.must(w.Conn.QueryRow(w.T.Context(), sql, args...).Scan(into))
}

// Count returns the number of rows of a table.
func (w World) Count(table string) (n int) {
	w.T.Helper()
	w.Scan(&n, "SELECT count(*) FROM "+table)
	return n
}

func (w World) must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// Draft asks to export and delete what is older than 30 days.
func Draft(code int) offhours.Draft {
	return offhours.Draft{
		ActivityType: code,
		RequestType:  offhours.ExportAndDelete,
		Range:        offhours.DateRange{Days: 30},
		Confirmed:    true,
	}
}

// AtOnce runs f n times, all released together, and counts what it returns.
func AtOnce[T comparable](n int, f func(i int) T) map[T]int {
	var (
		start   = make(chan struct{})
		group   sync.WaitGroup
		mu      sync.Mutex
		results = map[T]int{}
	)
	for i := range n {
		group.Go(func() {
			<-start
			result := f(i)
			mu.Lock()
			defer mu.Unlock()
			results[result]++
		})
	}
	close(start)
	group.Wait()
	return results
}
