// Package postgrestest gives each test a migrated database of its own on a real
// PostgreSQL server.
package postgrestest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours/internal/postgres"
)

// Server names the environment variable with the URL of a server on which
// databases may be created and dropped. `make test` sets it.
const Server = "OFFHOURS_TEST_DATABASE_URL"

// URL returns the URL of a fresh, migrated database. It is dropped when the
// test ends. Without a server the test is skipped.
func URL(t testing.TB) string {
	t.Helper()
	server := os.Getenv(Server)
	if server == "" {
		t.Skipf("%s is not set: run `make test`, or set it to a PostgreSQL server for tests", Server)
	}
	from, err := template()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test_%d_%s", os.Getpid(), unique())
	if err := exec(server, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, from)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := exec(server, fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", name)); err != nil {
			t.Error(err)
		}
	})
	return withDatabase(server, name)
}

// Open returns an open DB on a fresh database, and a plain connection to it for
// arranging and checking.
func Open(t testing.TB) (*postgres.DB, *pgx.Conn) {
	t.Helper()
	address := URL(t)
	db, err := postgres.Open(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db, Connect(t, address)
}

// Connect opens one more session, for tests with two.
func Connect(t testing.TB, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

var counter struct {
	sync.Mutex
	n int
}

func unique() string {
	counter.Lock()
	defer counter.Unlock()
	counter.n++
	return fmt.Sprint(counter.n)
}

// template migrates one database per process; a copy of it takes milliseconds.
var template = sync.OnceValues(func() (string, error) {
	server := os.Getenv(Server)
	name := fmt.Sprintf("template_%d", os.Getpid())
	if err := exec(server, "DROP DATABASE IF EXISTS "+name); err != nil {
		return "", err
	}
	if err := exec(server, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	if _, err := postgres.Migrate(context.Background(), withDatabase(server, name)); err != nil {
		return "", err
	}
	return name, nil
})

func exec(server, sql string) error {
	conn, err := pgx.Connect(context.Background(), server)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	_, err = conn.Exec(context.Background(), sql)
	return err
}

func withDatabase(server, name string) string {
	u, err := url.Parse(server)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		return server
	}
	u.Path = "/" + name
	return u.String()
}
