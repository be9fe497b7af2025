package wire

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// fated lets one call meet its fate.
type fated struct {
	fate          Fate
	doneWhenAsked func() bool

	mu   sync.Mutex
	seen seen
}

// seen is what a wire told.
type seen struct {
	met, passed []string
	killed      int
	done        bool // what the call does, when the program was killed
}

// take returns what was seen since the last time.
func (f *fated) take() seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	taken := f.seen
	f.seen = seen{}
	return taken
}

func (f *fated) watch() Watch {
	return Watch{
		Met: func(call string) Fate {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.seen.met = append(f.seen.met, call)
			return f.fate
		},
		Done: func(call string) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.seen.passed = append(f.seen.passed, call)
		},
		Kill: func() {
			done := f.doneWhenAsked()
			f.mu.Lock()
			defer f.mu.Unlock()
			f.seen.killed, f.seen.done = f.seen.killed+1, done
		},
	}
}

var fates = []struct {
	fate                 Fate
	done, killed, answer bool
}{
	{Pass, true, false, true},
	{Before, false, true, false},
	{After, true, true, false},
	{Lost, true, false, false},
}

func TestACommitMeetsItsFate(t *testing.T) {
	t.Parallel()
	address := os.Getenv("OFFHOURS_TEST_DATABASE_URL")
	if address == "" {
		t.Skip("OFFHOURS_TEST_DATABASE_URL is not set: run `make test`")
	}
	for _, c := range fates {
		for name, commit := range map[string]func(*pgx.Conn) error{
			"by itself": func(conn *pgx.Conn) error {
				_, err := conn.Exec(t.Context(), "INSERT INTO things VALUES ($1)", 1)
				return err
			},
			"in a transaction": func(conn *pgx.Conn) error {
				return pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
					_, err := tx.Exec(t.Context(), "INSERT INTO things VALUES (1)")
					return err
				})
			},
			"with its commit in one flush": func(conn *pgx.Conn) error {
				tx, err := conn.Begin(t.Context())
				if err != nil {
					return err
				}
				batch := &pgx.Batch{}
				batch.Queue("INSERT INTO things VALUES ($1)", 1)
				batch.Queue("COMMIT")
				return tx.SendBatch(t.Context(), batch).Close()
			},
		} {
			t.Run(c.fate.String()+" "+name, func(t *testing.T) {
				direct, err := pgx.Connect(t.Context(), address)
				require.NoError(t, err)
				defer direct.Close(t.Context())
				_, err = direct.Exec(t.Context(), "DROP SCHEMA IF EXISTS wire CASCADE; CREATE SCHEMA wire; CREATE TABLE wire.things (n integer)")
				require.NoError(t, err)
				rows := func() (n int) {
					require.NoError(t, direct.QueryRow(t.Context(), "SELECT count(*) FROM wire.things").Scan(&n))
					return n
				}
				u, err := url.Parse(address)
				require.NoError(t, err)
				f := &fated{fate: c.fate, doneWhenAsked: func() bool { return rows() == 1 }}
				way, err := OpenPostgres(u.Host, f.watch())
				require.NoError(t, err)
				defer way.Close()
				u.Host = way.Address()
				conn, err := pgx.Connect(t.Context(), u.String()+"&search_path=wire")
				require.NoError(t, err)
				defer conn.Close(t.Context())

				var one int
				require.NoError(t, conn.QueryRow(t.Context(), "SELECT 1 FOR UPDATE").Scan(&one), "reading meets nothing")
				err = commit(conn)

				require.Equal(t, c.answer, err == nil, "%v", err)
				saw := f.take()
				require.Equal(t, []string{"postgres: insert things"}, saw.met)
				require.Equal(t, c.answer, len(saw.passed) == 1)
				require.Equal(t, c.killed, saw.killed == 1)
				require.Equal(t, c.killed && c.done, saw.done, "it was done when the program was killed")
				require.Eventually(t, func() bool { return (rows() == 1) == c.done }, 10*time.Second, time.Millisecond)
			})
		}
	}
}

func TestACallMeetsItsFate(t *testing.T) {
	t.Parallel()
	for _, c := range fates {
		t.Run(c.fate.String(), func(t *testing.T) {
			t.Parallel()
			var stored atomic.Bool
			f := &fated{fate: c.fate, doneWhenAsked: stored.Load}
			server := httptest.NewServer(HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPut {
					stored.Store(true)
				}
				w.Header().Set("ETag", "1")
				w.WriteHeader(http.StatusCreated)
			}), f.watch(), func(r *http.Request) string {
				if r.Method == http.MethodPut {
					return "store"
				}
				return ""
			}))
			defer server.Close()
			answer, err := http.Get(server.URL)
			require.NoError(t, err, "reading meets nothing")
			require.NoError(t, answer.Body.Close())
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, server.URL, strings.NewReader("text"))
			require.NoError(t, err)

			answer, err = (&http.Client{Transport: &http.Transport{}}).Do(request)

			require.Equal(t, c.answer, err == nil, "%v", err)
			if err == nil {
				require.Equal(t, []any{http.StatusCreated, "1"}, []any{answer.StatusCode, answer.Header.Get("ETag")})
				require.NoError(t, answer.Body.Close())
			}
			saw := f.take()
			require.Equal(t, []string{"store"}, saw.met)
			require.Equal(t, c.done, stored.Load())
			require.Equal(t, c.killed, saw.killed == 1)
			require.Equal(t, c.killed && c.done, saw.done)
		})
	}
}

func TestWritesAreNamedByTableAndColumn(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string][]string{
		"SELECT 1 FOR UPDATE OF p":                                             nil,
		"SELECT 1 FOR NO KEY UPDATE OF p":                                      nil,
		"INSERT INTO a (b) VALUES (1) ON CONFLICT (b) DO UPDATE SET b = 1":     {"insert a"},
		"UPDATE requests r SET phase = 'x' WHERE id = 1":                       {"update requests phase"},
		"-- name: End :exec\nupdate parts\n set epoch = epoch + 1":             {"update parts epoch"},
		"WITH d AS (DELETE FROM records r USING k) INSERT INTO batches VALUES": {"delete records", "insert batches"},
	} {
		require.Equal(t, want, writes(sql), sql)
	}
}
