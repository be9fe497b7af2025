package main

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// listen serves with limits that a test can wait for.
func listen(t *testing.T, handler http.Handler, limit time.Duration) net.Conn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := newServer(handler, slog.New(slog.DiscardHandler))
	s.ReadHeaderTimeout, s.ReadTimeout, s.WriteTimeout, s.IdleTimeout = limit, limit, limit, limit
	go func() { _ = s.Serve(listener) }()
	t.Cleanup(func() { _ = s.Close() })
	connection, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	require.NoError(t, connection.SetDeadline(time.Now().Add(20*time.Second)))
	return connection
}

func TestEverythingThatAClientCanBeSlowWithHasALimit(t *testing.T) {
	t.Parallel()
	s := newServer(nil, slog.New(slog.DiscardHandler))
	for name, limit := range map[string]time.Duration{
		"headers": s.ReadHeaderTimeout, "body": s.ReadTimeout, "answer": s.WriteTimeout, "next call": s.IdleTimeout,
	} {
		require.NotZero(t, limit, name)
	}
	require.NotZero(t, s.MaxHeaderBytes)
}

func TestAClientThatDoesNotFinishItsHeadersIsCutOff(t *testing.T) {
	t.Parallel()
	connection := listen(t, http.NotFoundHandler(), 50*time.Millisecond)
	_, err := fmt.Fprint(connection, "GET / HTTP/1.1\r\nHost: x\r\n")
	require.NoError(t, err)
	_, err = io.ReadAll(connection) // to the end of the connection
	require.NoError(t, err)
}

func TestAClientThatDoesNotFinishItsBodyLetsTheHandlerGo(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	connection := listen(t, handler, 50*time.Millisecond)
	_, err := fmt.Fprint(connection, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
	require.NoError(t, err)
	_, err = io.ReadAll(connection)
	require.NoError(t, err)
}

func TestHeadersOfAMegabyteAreRefused(t *testing.T) {
	t.Parallel()
	connection := listen(t, http.NotFoundHandler(), 10*time.Second)
	go func() { _, _ = fmt.Fprintf(connection, "GET / HTTP/1.1\r\nHost: x\r\nX: %01000000d\r\n\r\n", 0) }()
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, response.StatusCode)
}
