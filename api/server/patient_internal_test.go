package server

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// Several ranges are read in a goroutine of net/http's own, which may be reading
// when the client goes.
func TestNothingReadsAFileOnceItsCallHasEnded(t *testing.T) {
	t.Parallel()
	for range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		content := &slowContent{client: ctx, reading: make(chan struct{}), t: t}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
		require.NoError(t, err)
		r.Header.Set("Range", "bytes=0-9,20-29")
		d := &download{request: r, content: content, file: offhours.StoredFile{Key: "k", ManifestFile: offhours.ManifestFile{Name: "a.csv"}}}

		_ = d.serve(&goingClient{header: http.Header{}, leave: func() { <-content.reading; cancel() }})

		require.True(t, content.closed.Load())
	}
}

// goingClient goes while the file is being read.
type goingClient struct {
	header http.Header
	leave  func()
}

func (c *goingClient) Header() http.Header { return c.header }
func (c *goingClient) WriteHeader(int)     {}
func (c *goingClient) Write([]byte) (int, error) {
	c.leave()
	return 0, errors.New("the client has gone")
}

// slowContent has 100 bytes. Its first read ends after the client has gone.
type slowContent struct {
	t       *testing.T
	client  context.Context
	reading chan struct{}
	reads   int
	busy    atomic.Bool
	closed  atomic.Bool
}

func (c *slowContent) Read(b []byte) (int, error) {
	if c.closed.Load() {
		c.t.Error("a read after the end")
	}
	c.busy.Store(true)
	defer c.busy.Store(false)
	if c.reads++; c.reads == 1 {
		close(c.reading)
		<-c.client.Done()
		for range 100 {
			runtime.Gosched()
		}
		return 0, errors.New("the bucket has been let go")
	}
	return min(len(b), 100), nil
}

func (c *slowContent) Seek(_ int64, whence int) (int64, error) {
	return map[int]int64{0: 0, 2: 100}[whence], nil
}

func (c *slowContent) Close() error {
	if c.busy.Load() {
		c.t.Error("closed while it is being read")
	}
	c.closed.Store(true)
	return nil
}
