package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/offhours/offhours/deploy/rig"
)

const (
	// startPatience covers a first start on a slow, busy machine.
	startPatience = 3 * time.Minute
	stopPatience  = time.Minute
	// startTries is for a server that finds what the killed one has left.
	startTries = 5
	// grace is the time In Queue that every request is given at least: long
	// enough for faults to meet requests there.
	grace = 2 * time.Second
	// spread has faults meet requests whose window is open and which wait for
	// their account's turn.
	spread = 2 * time.Second
)

// server is a devstack that runs one server in a folder of its own, so that each
// can be killed alone. Its ports stay the same from one start to the next.
type server struct {
	name  string
	parts string
	dir   string
	bin   string
	flags []string // besides ports

	mu    sync.Mutex // held while it is started or stopped
	ports map[string]string
	env   map[string]string
	run   *rig.Devstack
}

// start starts the server and waits until it answers.
func (s *server) start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.startLocked(ctx)
}

func (s *server) startLocked(ctx context.Context) error {
	run, err := rig.StartDevstack(ctx, s.bin, s.dir, filepath.Join(s.dir, "devstack.log"), s.ports, append([]string{"--only", s.parts}, s.flags...)...)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	s.run, s.env = run, run.Env
	return nil
}

// stop ends the server in order. It returns when nothing of it runs any more.
func (s *server) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run != nil {
		s.run.Stop()
	}
}

// crash ends the server by what does, waits until its devstack is gone, and
// starts it again after a while.
func (s *server) crash(ctx context.Context, by func(), away time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	by()
	select {
	case <-s.run.Ended():
	case <-time.After(stopPatience):
		return fmt.Errorf("%s did not end", s.name)
	}
	pause(ctx, away)
	ctx = context.WithoutCancel(ctx)
	for tries := 1; ; tries++ {
		err := s.startLocked(ctx)
		if err == nil || tries == startTries {
			return err
		}
	}
}

// stack is everything that runs.
type stack struct {
	settings settings
	dir      string
	env      map[string]string // of the product's programs

	temporal, postgres, oidc *server
	api                      *kept
	workers                  []*kept
}

func newStack(settings settings, dir string) (*stack, error) {
	s := &stack{settings: settings, dir: dir, env: map[string]string{}}
	for _, part := range []struct {
		into  **server
		name  string
		flags []string
	}{{&s.temporal, "temporal", nil}, {&s.postgres, "postgres", nil}, {&s.oidc, "oidc", nil}} {
		*part.into = &server{name: part.name, parts: part.name, dir: filepath.Join(dir, part.name), bin: settings.bin, flags: part.flags}
		if err := os.MkdirAll((*part.into).dir, 0o755); err != nil {
			return nil, err
		}
	}
	for _, folder := range []string{"log", "mail"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// startServers starts what the product needs.
func (s *stack) startServers(ctx context.Context) error {
	api, err := quietPort()
	if err != nil {
		return err
	}
	for _, server := range []*server{s.temporal, s.postgres, s.oidc} {
		port, err := quietPort()
		if err != nil {
			return err
		}
		server.ports = map[string]string{server.parts: port}
		if err := server.start(ctx); err != nil {
			return err
		}
	}
	for _, env := range []map[string]string{s.temporal.env, s.postgres.env, s.oidc.env} {
		for _, name := range []string{"DATABASE_URL", "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "OFFHOURS_OIDC_ISSUER", "OFFHOURS_OIDC_AUDIENCE", "OFFHOURS_LOGIN_URL"} {
			if value, ok := env[name]; ok {
				s.env[name] = value
			}
		}
	}
	s.env["TEMPORAL_CONFIG_FILE"] = os.DevNull
	s.env["OFFHOURS_HTTP_ADDRESS"] = "127.0.0.1:" + api
	s.env["OFFHOURS_PAGE_URL"] = "http://127.0.0.1:" + api + "/"
	s.env["OFFHOURS_MAIL_URL"] = "file://" + filepath.Join(s.dir, "mail")
	s.env["OFFHOURS_MAIL_FROM"] = "Offhours <offhours@localhost>"
	s.env["OFFHOURS_GRACE"] = grace.String()
	s.env["OFFHOURS_SPREAD"] = spread.String()
	s.env["OFFHOURS_USER_CALLS"], s.env["OFFHOURS_ACCOUNT_CALLS"] = "0", "0"
	s.env["OFFHOURS_LOG_LEVEL"] = "WARN"
	return nil
}

// startProduct starts the API and some workers, with what differs for them.
func (s *stack) startProduct(forAPI, forWorkers map[string]string, workers int) error {
	s.api = s.keep("api", forAPI)
	for i := range workers {
		s.workers = append(s.workers, s.keep(fmt.Sprintf("worker%d", i+1), forWorkers))
	}
	for _, k := range s.programs() {
		if err := k.start(); err != nil {
			return err
		}
	}
	return nil
}

func (s *stack) programs() []*kept { return append([]*kept{s.api}, s.workers...) }

// stop ends everything, the product first.
func (s *stack) stop() {
	for _, k := range s.workers {
		k.stop()
	}
	if s.api != nil {
		s.api.stop()
	}
	for _, server := range []*server{s.temporal, s.postgres, s.oidc} {
		server.stop()
	}
}

// once runs one of the product's commands to its end.
func (s *stack) once(ctx context.Context, log, name string, arguments ...string) error {
	p, err := rig.Launch(filepath.Join(s.dir, "log", log+".log"), syscall.SIGKILL, rig.CleanEnvironment(s.env), filepath.Join(s.settings.bin, name), arguments...)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { p.Kill() })()
	return p.Succeeded()
}

// kept is a program of the product that is started again whenever it ended, as
// an operator's machine would.
type kept struct {
	name string
	path string
	log  string
	env  map[string]string

	mu      sync.Mutex
	run     *rig.Process
	crashes int // ends that nobody wanted
}

func (s *stack) keep(name string, differs map[string]string) *kept {
	env := maps.Clone(s.env)
	maps.Copy(env, differs)
	return &kept{
		name: name, path: filepath.Join(s.settings.bin, strings.TrimRight(name, "0123456789")),
		log: filepath.Join(s.dir, "log", name+".log"), env: env,
	}
}

func (k *kept) start() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.startLocked()
}

func (k *kept) startLocked() (err error) {
	k.run, err = rig.Launch(k.log, syscall.SIGKILL, rig.CleanEnvironment(k.env), k.path)
	return err
}

// crash kills the program and starts it again after a while.
func (k *kept) crash(ctx context.Context, away time.Duration) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.run.Runs() {
		k.crashes++
	}
	k.run.Kill()
	pause(ctx, away)
	return k.startLocked()
}

// kill ends the program as a crash would.
func (k *kept) kill() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.run.Kill()
}

// freeze stops the program where it is, for a while.
func (k *kept) freeze(ctx context.Context, length time.Duration) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.run.Runs() {
		return fmt.Errorf("%s has ended by itself", k.name)
	}
	_ = k.run.Signal(syscall.SIGSTOP)
	pause(ctx, length)
	_ = k.run.Signal(syscall.SIGCONT)
	return nil
}

// mend starts the program again if it ended by itself, which it should not.
func (k *kept) mend() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.run.Runs() {
		return nil
	}
	k.crashes++
	return k.startLocked()
}

// stop ends the program in order.
func (k *kept) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.run != nil {
		k.run.Stop(stopPatience)
	}
}

// pause waits, and reports whether nobody interrupted it.
func pause(ctx context.Context, length time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(length):
		return true
	}
}

// quietPort is free, and is not given to outgoing connections: one of those could
// take the port of a server that is away, and keep it. (Linux begins with those at
// 32768: ip(7), ip_local_port_range)
func quietPort() (string, error) {
	for range 100 {
		port := strconv.Itoa(20_000 + rand.IntN(12_000))
		listener, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err == nil {
			return port, listener.Close()
		}
	}
	return "", errors.New("no port is free")
}

// logs are the files that show what went on.
func (s *stack) logs() []string {
	found, _ := filepath.Glob(filepath.Join(s.dir, "log", "*.log"))
	slices.Sort(found)
	return found
}
