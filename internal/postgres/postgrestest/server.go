//go:build unix

package postgrestest

import (
	"context"
	"fmt"
	"net"
	"os"
	osexec "os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours/internal/postgres"
)

// serverPatience is for a machine that is busy with other tests.
const serverPatience = time.Minute

// OwnServer is a PostgreSQL server of one test, for what a shared one cannot show:
// how it dies, what becomes of its standby, what its backups hold. Nobody else is on
// it, so that the test knows which transaction gets which number.
type OwnServer struct {
	t       testing.TB
	folder  string // of its data
	port    int
	process *osexec.Cmd   // nil unless it runs
	ended   chan struct{} // closed when the process has
}

// NewServer starts a server with a migrated database. Outside of `make test` the
// test is skipped, as by [URL].
func NewServer(t testing.TB) *OwnServer {
	t.Helper()
	if os.Getenv(Server) == "" {
		t.Skipf("%s is not set: run `make test`, or set it to a PostgreSQL server for tests", Server)
	}
	s := newServer(t)
	s.run("initdb", "--pgdata", s.folder, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions",
		"--wal-segsize=1") // megabytes: little to copy
	s.Start()
	if err := exec(s.URL("postgres"), "CREATE DATABASE offhours"); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Migrate(context.Background(), s.URL("offhours")); err != nil {
		t.Fatal(err)
	}
	return s
}

func newServer(t testing.TB) *OwnServer {
	t.Helper()
	// Not in t.TempDir: the user that PostgreSQL runs as may not enter that.
	parent, err := os.MkdirTemp("", "offhours-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	s := &OwnServer{t: t, folder: filepath.Join(parent, "data"), port: freePort(t)}
	t.Cleanup(func() {
		s.Kill()
		if err := os.RemoveAll(parent); err != nil {
			t.Error(err)
		}
	})
	if attributes := s.attributes(); attributes.Credential != nil {
		if err := os.Chown(parent, int(attributes.Credential.Uid), int(attributes.Credential.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// URL returns the address of one of its databases: the product's is "offhours".
func (s *OwnServer) URL(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

// Start starts it and waits until it takes connections.
func (s *OwnServer) Start() {
	s.t.Helper()
	s.process = s.command("postgres", "-D", s.folder, "-c", "listen_addresses=127.0.0.1", "-c", fmt.Sprintf("port=%d", s.port),
		"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "autovacuum=off", "-c", "shared_buffers=32MB",
		"-c", "wal_retrieve_retry_interval=100ms") // a standby that is promoted does not look once more for its server
	dieWithParent(s.process.SysProcAttr, syscall.SIGQUIT)
	log, err := os.Create(filepath.Join(filepath.Dir(s.folder), "log"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	s.process.Stdout, s.process.Stderr = log, log
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan struct{})
	s.ended = ended
	go func(process *osexec.Cmd) {
		_ = process.Wait() // it is killed
		close(ended)
	}(s.process)
	s.await("it takes connections", func() bool { return exec(s.URL("postgres"), "SELECT 1") == nil })
}

// Kill ends it at once: what is not in the write-ahead log is lost.
func (s *OwnServer) Kill() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Signal(syscall.SIGQUIT) // an error: it has ended
	<-s.ended
	s.process = nil
}

// Backup returns a server with a base backup of this one, not started.
func (s *OwnServer) Backup() *OwnServer { return s.backup() }

// Standby returns a standby that follows this one, started.
func (s *OwnServer) Standby() *OwnServer {
	s.t.Helper()
	standby := s.backup("--write-recovery-conf")
	standby.Start()
	return standby
}

func (s *OwnServer) backup(options ...string) *OwnServer {
	s.t.Helper()
	backup := newServer(s.t)
	backup.run("pg_basebackup", append([]string{"--pgdata", backup.folder, "--dbname", s.URL("postgres"), "--checkpoint=fast", "--no-sync"}, options...)...)
	return backup
}

// Lag waits until a standby has all that the other one did, and cuts it off: it
// learns nothing of what comes.
func (s *OwnServer) Lag(behind *OwnServer) {
	s.t.Helper()
	var written string
	behind.scan(&written, "SELECT pg_current_wal_flush_lsn()::text")
	s.await("the standby has caught up", func() bool {
		var caughtUp bool
		s.scan(&caughtUp, "SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn", written)
		return caughtUp
	})
	for _, sql := range []string{"ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()"} {
		if err := exec(s.URL("postgres"), sql); err != nil {
			s.t.Fatal(err)
		}
	}
	s.await("the standby is cut off", func() bool {
		var receivers int
		s.scan(&receivers, "SELECT count(*) FROM pg_stat_wal_receiver")
		return receivers == 0
	})
}

// PauseReplay lets a standby learn what comes, and apply none of it.
func (s *OwnServer) PauseReplay() {
	s.t.Helper()
	s.await("the standby receives", func() bool {
		var receives bool
		s.scan(&receives, "SELECT EXISTS (SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming')")
		return receives
	})
	if err := exec(s.URL("postgres"), "SELECT pg_wal_replay_pause()"); err != nil {
		s.t.Fatal(err)
	}
	s.await("the replay is paused", func() bool {
		var paused bool
		s.scan(&paused, "SELECT pg_get_wal_replay_pause_state() = 'paused'")
		return paused
	})
}

// Promote makes a standby a server of its own.
func (s *OwnServer) Promote() {
	s.t.Helper()
	var promoted bool
	s.scan(&promoted, "SELECT pg_promote()")
	if !promoted {
		s.t.Fatal("the standby was not promoted")
	}
}

func (s *OwnServer) scan(into any, sql string, args ...any) {
	s.t.Helper()
	conn, err := pgx.Connect(context.Background(), s.URL("postgres"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(context.Background(), sql, args...).Scan(into); err != nil {
		s.t.Fatal(err)
	}
}

func (s *OwnServer) await(what string, holds func() bool) {
	s.t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(serverPatience); !holds(); <-ticker.C {
		select {
		case <-s.ended:
			log, _ := os.ReadFile(filepath.Join(filepath.Dir(s.folder), "log")) // empty if there is none
			s.t.Fatalf("PostgreSQL ended before %s:\n%s", what, log)
		default:
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("it is not so that %s", what)
		}
	}
}

// run runs one of PostgreSQL's programs to its end.
func (s *OwnServer) run(program string, arguments ...string) {
	s.t.Helper()
	if out, err := s.command(program, arguments...).CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v\n%s", program, err, out)
	}
}

func (s *OwnServer) command(program string, arguments ...string) *osexec.Cmd {
	s.t.Helper()
	cmd := osexec.Command(programPath(s.t, program), arguments...)
	cmd.Dir = filepath.Dir(s.folder)
	cmd.SysProcAttr = s.attributes()
	return cmd
}

// programPath finds a program as the dev stack does: beside the initdb of PATH, or
// where Debian's packages put it.
func programPath(t testing.TB, program string) string {
	t.Helper()
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is valid
	if initdb, err := osexec.LookPath("initdb"); err == nil {
		if resolved, err := filepath.EvalSymlinks(initdb); err == nil {
			folders = append(folders, filepath.Dir(resolved))
		}
	}
	for i := len(folders) - 1; i >= 0; i-- {
		if path, err := osexec.LookPath(filepath.Join(folders[i], program)); err == nil {
			return path
		}
	}
	t.Fatalf("PostgreSQL's %s is not installed: apt-get install postgresql", program)
	return ""
}

// attributes are those of a process that is not root, which PostgreSQL refuses to
// be.
func (s *OwnServer) attributes() *syscall.SysProcAttr {
	s.t.Helper()
	if os.Geteuid() != 0 {
		return &syscall.SysProcAttr{}
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
		if uidErr == nil && gidErr == nil {
			return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		}
	}
	s.t.Fatal("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")
	return nil
}
