package wire

import (
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgproto3"
)

// Postgres is a way to a PostgreSQL server, without TLS and passwords. Calls are
// named after what the transaction that they commit has written.
type Postgres struct {
	listener net.Listener
	upstream string
	watch    Watch
}

// OpenPostgres opens a way to a server on a free port of this machine.
func OpenPostgres(upstream string, watch Watch) (*Postgres, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Postgres{listener: listener, upstream: upstream, watch: watch}
	go p.accept()
	return p, nil
}

// Address is where the way begins.
func (p *Postgres) Address() string { return p.listener.Addr().String() }

// Close lets nobody in any more. Who is in stays.
func (p *Postgres) Close() error { return p.listener.Close() }

func (p *Postgres) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.carry(conn)
	}
}

// session is one connection. Its client waits for each answer before it goes on.
type session struct {
	watch   Watch
	client  *pgproto3.Backend  // as we see it
	server  *pgproto3.Frontend // as we see it
	byName  map[string]string  // prepared statements
	flush   []string           // statements that are sent together
	written []string           // by the transaction under way
	ended   chan struct{}      // closed when the server says nothing more

	mu   sync.Mutex
	in   bool // a transaction
	held *held
}

// held is an answer that waits until it is known what becomes of it.
type held struct {
	complete chan struct{} // closed by who reads it
	released chan struct{} // closed by who sent what it answers
	lost     bool          // nobody gets it; known once it is released
}

// carry serves one connection to its end, on either side.
func (p *Postgres) carry(conn net.Conn) {
	defer conn.Close()
	upstream, err := net.Dial("tcp", p.upstream)
	if err != nil {
		return
	}
	defer upstream.Close()
	s := &session{
		watch: p.watch, byName: map[string]string{}, ended: make(chan struct{}),
		client: pgproto3.NewBackend(conn, conn), server: pgproto3.NewFrontend(upstream, upstream),
	}
	if err := s.begin(conn); err != nil {
		return
	}
	go func() {
		s.answer()
		close(s.ended)
		conn.Close() // wakes up who listens to it
	}()
	for {
		message, err := s.client.Receive()
		if err != nil || s.ask(message) != nil {
			return
		}
	}
}

// begin passes on who connects. A request to cancel is a connection of its own.
func (s *session) begin(conn net.Conn) error {
	message, err := s.client.ReceiveStartupMessage()
	if err != nil {
		return err
	}
	if _, ok := message.(*pgproto3.SSLRequest); ok {
		if _, err := conn.Write([]byte{'N'}); err != nil {
			return err
		}
		return s.begin(conn)
	}
	s.server.Send(message)
	return s.server.Flush()
}

// answer passes on what the server says.
func (s *session) answer() {
	for {
		message, err := s.server.Receive()
		if err != nil {
			return
		}
		ready, ended := message.(*pgproto3.ReadyForQuery)
		s.mu.Lock()
		held := s.held
		if ended {
			s.in, s.held = ready.TxStatus != 'I', nil
		}
		s.mu.Unlock()
		s.client.Send(message)
		switch {
		case held != nil && ended:
			close(held.complete)
			if <-held.released; held.lost {
				return
			}
		case held != nil || !turns(message):
			continue
		}
		if s.client.Flush() != nil {
			return
		}
	}
}

// turns reports whether somebody may wait for a message, and not only for what
// follows it.
func turns(message pgproto3.BackendMessage) bool {
	switch message.(type) {
	case *pgproto3.ReadyForQuery, *pgproto3.CopyInResponse, *pgproto3.CopyData, *pgproto3.ErrorResponse, *pgproto3.NotificationResponse:
		return true
	}
	return false
}

// ask passes on what the client says.
func (s *session) ask(message pgproto3.FrontendMessage) error {
	switch m := message.(type) {
	case *pgproto3.Parse:
		s.byName[m.Name] = m.Query
	case *pgproto3.Bind:
		s.flush = append(s.flush, s.byName[m.PreparedStatement])
	case *pgproto3.Query:
		s.flush = append(s.flush, m.String)
	}
	s.server.Send(message)
	switch message.(type) {
	case *pgproto3.Sync, *pgproto3.Query:
		return s.send()
	case *pgproto3.Flush, *pgproto3.CopyData, *pgproto3.CopyDone, *pgproto3.CopyFail, *pgproto3.Terminate:
		return s.server.Flush()
	}
	return nil
}

// send lets the server do what was said since the last time.
func (s *session) send() error {
	call := s.commits()
	s.flush = s.flush[:0]
	if call == "" {
		return s.server.Flush()
	}
	answer := &held{complete: make(chan struct{}), released: make(chan struct{})}
	err := s.watch.do("postgres: "+call, func() error {
		s.mu.Lock()
		s.held = answer
		s.mu.Unlock()
		if err := s.server.Flush(); err != nil {
			return err
		}
		select {
		case <-answer.complete:
			return nil
		case <-s.ended:
			return net.ErrClosed
		}
	})
	answer.lost = err != nil
	close(answer.released)
	return err
}

// commits returns what was written by the transaction that the flush commits, or
// "" if it commits none, or one that has only read.
func (s *session) commits() string {
	s.mu.Lock()
	in := s.in
	s.mu.Unlock()
	commit := !in
	for _, sql := range s.flush {
		switch verb := strings.ToLower(strings.Fields(sql + " ;")[0]); strings.TrimRight(verb, ";") {
		case "begin", "start":
			commit = false
		case "commit", "end":
			commit = true
		case "rollback":
			s.written, commit = nil, true
		}
		for _, w := range writes(sql) {
			if !slices.Contains(s.written, w) {
				s.written = append(s.written, w)
			}
		}
	}
	if !commit {
		return ""
	}
	call := strings.Join(s.written, ", ")
	s.written = nil
	return call
}

var write = regexp.MustCompile(`(?i)(\w+\s+)?\b(insert into|delete from|update)\s+([a-z_.]+)(?:\s+(?:as\s+)?(?:\w+\s+)?set\s+(\w+))?`)

// writes returns the tables that a statement writes, and how: of an update also
// the first column.
func writes(sql string) (found []string) {
	for _, m := range write.FindAllStringSubmatch(sql, -1) {
		switch strings.ToLower(strings.TrimSpace(m[1])) {
		case "for", "key", "do": // FOR UPDATE, FOR NO KEY UPDATE, ON CONFLICT DO UPDATE
			continue
		}
		words := append(strings.Fields(m[2])[:1], m[3:]...)
		found = append(found, strings.ToLower(strings.TrimSpace(strings.Join(words, " "))))
	}
	return found
}
