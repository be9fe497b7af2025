package e2e

import (
	"io"
	"net"
	"sync"
	"testing"
)

// forwarder is a TCP address in front of a server that can go away, as a network
// or a machine does: connections are reset, new ones too.
type forwarder struct {
	address  string
	server   string
	mu       sync.Mutex
	open     bool
	carrying map[*net.TCPConn]bool
}

// forward puts a forwarder that is open, or not, in front of a server.
func forward(t *testing.T, server string, open bool) *forwarder {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &forwarder{address: listener.Addr().String(), server: server, open: open, carrying: map[*net.TCPConn]bool{}}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // the test has ended
			}
			accepting.Go(func() { f.carry(client.(*net.TCPConn)) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		f.cut()
		accepting.Wait()
	})
	return f
}

// reopen lets connections through again.
func (f *forwarder) reopen() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open = true
}

// cut resets all connections, and every new one until reopen.
func (f *forwarder) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open = false
	for connection := range f.carrying {
		reset(connection)
	}
	clear(f.carrying)
}

// carry moves bytes both ways until one side ends.
func (f *forwarder) carry(client *net.TCPConn) {
	dialled, err := net.Dial("tcp", f.server)
	if err != nil {
		reset(client)
		return
	}
	server := dialled.(*net.TCPConn)
	if !f.takes(client, server) {
		reset(client)
		reset(server)
		return
	}
	var ways sync.WaitGroup
	ways.Go(func() { pump(server, client) })
	ways.Go(func() { pump(client, server) })
	ways.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.carrying, client)
	delete(f.carrying, server)
}

func (f *forwarder) takes(connections ...*net.TCPConn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, connection := range connections {
		f.carrying[connection] = f.open
	}
	return f.open
}

// pump copies until the source ends, and ends the target.
func pump(target, source *net.TCPConn) {
	_, _ = io.Copy(target, source) // either side may go at any time
	_ = target.Close()
	_ = source.Close()
}

// reset ends a connection in a way that the other side sees as an error.
func reset(connection *net.TCPConn) {
	_ = connection.SetLinger(0)
	_ = connection.Close()
}
