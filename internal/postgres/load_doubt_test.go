package postgres_test

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/internal/postgres"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

// pooler stands between a client and the server, and loses the server's answer to
// a COMMIT. It answers itself then, as PgBouncer does, or not at all.
func pooler(t *testing.T, server *pgx.ConnConfig, answer []byte) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			network, place := pgconn.NetworkAddress(server.Host, server.Port)
			behind, err := net.Dial(network, place)
			if err != nil {
				_ = client.Close()
				return
			}
			go forward(client, behind, answer)
		}
	}()
	u := url.URL{Scheme: "postgres", User: url.UserPassword(server.User, server.Password), Host: listener.Addr().String(), Path: server.Database, RawQuery: "sslmode=disable"}
	return u.String()
}

func forward(client, server net.Conn, answer []byte) {
	committing := make(chan struct{})
	go func() {
		defer server.Close()
		commit, _ := (&pgproto3.Query{String: "commit"}).Encode(nil)
		buffer := make([]byte, 64<<10)
		for {
			n, err := client.Read(buffer)
			if bytes.HasSuffix(buffer[:n], commit) {
				close(committing)
			}
			if _, failed := server.Write(buffer[:n]); err != nil || failed != nil {
				return
			}
		}
	}()
	defer client.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		select {
		case <-committing:
			_, _ = client.Write(answer)
			return
		default:
		}
		if _, failed := client.Write(buffer[:n]); err != nil || failed != nil {
			return
		}
	}
}

func TestALoadWhoseCommitIsInDoubtKeepsItsFiles(t *testing.T) {
	t.Parallel()
	poolers, err := (&pgproto3.ErrorResponse{Severity: "FATAL", Code: "08P01", Message: "server conn crashed?"}).Encode(nil)
	require.NoError(t, err)
	for name, answer := range map[string][]byte{"the connection broke": nil, "the pooler answered": poolers} {
		for way, load := range loads {
			t.Run(name+", "+way, func(t *testing.T) {
				t.Parallel()
				w, store := postgrestest.NewWorld(t), newShelf(t)
				through, err := postgres.Open(t.Context(), pooler(t, w.Conn.Config(), answer))
				require.NoError(t, err)
				t.Cleanup(through.Close)
				direct := w
				w.DB = through

				_, err = load(t, w, source(io.EOF, withFiles("Visit", scan, photo)), store)

				require.ErrorIs(t, err, postgres.ErrInDoubt)
				store.holds(t, direct, 2)
			})
		}
	}
}
