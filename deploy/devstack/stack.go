package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	apiLimit = time.Minute
	// signInPatience is for requests that are being answered at the stop.
	signInPatience = 2 * time.Second
)

// stack is everything that runs.
type stack struct {
	settings settings
	folder   folder
	out      *log.Logger
	launcher *launcher
	lock     *os.File
	envFile  *envFile

	postgres *postgres
	temporal *temporalServer
	ui       *temporalUI
	oidc     *oidcProvider
	login    *loginServer
	children *children

	failed chan error // a part that ended while it should run
}

// newStack takes the folder and refuses what can be refused before anything is
// started: a folder in use, missing binaries, ports that are taken. After an
// error nothing is left to release.
func newStack(settings settings, out *log.Logger) (_ *stack, err error) {
	s := &stack{
		settings: settings,
		folder:   folder(settings.dir),
		out:      out,
		launcher: newLauncher(),
		envFile:  &envFile{path: settings.envFile},
		failed:   make(chan error, 1),
	}
	if err := s.folder.create(); err != nil {
		return nil, err
	}
	ctx := context.Background()
	if s.lock, err = lockFolder(ctx, s.folder, out); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.release()
		}
	}()
	if err := s.envFile.remove(); err != nil {
		return nil, err
	}
	if err := stopLeftover(ctx, s.folder.path("postgres")); err != nil {
		return nil, err
	}
	if err := s.settings.settlePorts(); err != nil {
		return nil, err
	}
	return s, errors.Join(s.plan()...)
}

// plan prepares all parts and returns what stands against starting them.
func (s *stack) plan() []error {
	ports := s.settings.ports
	s.temporal = &temporalServer{
		file: s.folder.path("temporal", "temporal.db"), log: s.folder.log("temporal"),
		port: ports.temporal, namespace: s.settings.namespace, fairness: s.settings.fairness,
	}
	s.ui = &temporalUI{port: ports.ui, temporal: address(ports.temporal), namespace: s.settings.namespace}
	s.oidc = &oidcProvider{keyFile: s.folder.path("oidc", "key.pem"), port: ports.oidc, pages: pageOrigins(ports.api)}
	s.login = &loginServer{port: ports.login, sign: s.oidc.token}
	s.postgres = &postgres{
		launcher: s.launcher, root: string(s.folder), data: s.folder.path("postgres"), log: s.folder.log("postgres"),
		port: ports.postgres, unsafe: s.settings.fastUnsafePostgres, settings: s.settings.postgresSettings,
	}
	s.children = &children{
		bin: s.settings.bin, folder: s.folder, launcher: s.launcher, lock: s.lock, out: s.out,
		started: s.noteStart, environment: s.environment(),
	}
	return []error{s.planPostgres(), s.planUsers(), s.children.check(s.binaries()...)}
}

func (s *stack) planPostgres() (err error) {
	if !s.settings.runs(partPostgres) {
		return nil
	}
	if s.postgres.binaries, err = findPostgres(s.postgres.data); err != nil {
		return err
	}
	if s.postgres.owner, err = findOwner(); err != nil {
		return err
	}
	return s.postgres.owner.reaches(string(s.folder))
}

// planUsers writes the demo accounts and finds out who may sign in.
func (s *stack) planUsers() error {
	accounts := s.settings.accounts
	if s.settings.demo {
		demo, err := demoAccounts(time.Now())
		if err != nil {
			return err
		}
		accounts = s.accountsPath()
		if err := demo.write(accounts); err != nil {
			return err
		}
	}
	if accounts == "" {
		return nil
	}
	users, err := readUsers(accounts)
	s.login.users, s.oidc.users = users, users
	return err
}

func (s *stack) accountsPath() string { return s.folder.path("accounts.json") }

// binaries are those of the product that this run needs.
func (s *stack) binaries() []string {
	var names []string
	if s.settings.migrates() {
		names = append(names, "migrate")
		if s.settings.demo {
			names = append(names, "load")
		}
	}
	return append(names, s.longRunning()...)
}

func (s *stack) longRunning() []string {
	return slices.DeleteFunc([]string{partAPI, partWorker}, func(part string) bool { return !s.settings.runs(part) })
}

// start starts the parts in the order they need each other and returns when
// all are ready. After an error, stop ends those that were started.
func (s *stack) start(ctx context.Context) error {
	s.out.Printf("Starting in %s", s.folder)
	steps := []func(context.Context) error{s.startServers, s.prepareDatabase, s.startChildren, s.publish}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// startServers starts what the product needs; none of them needs another.
func (s *stack) startServers(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	start := func(part string, start func() error) {
		if s.settings.runs(part) {
			group.Go(start)
		}
	}
	start(partPostgres, func() error { return s.startPostgres(ctx) })
	start(partTemporal, func() error { return s.temporal.start(ctx) })
	start(partUI, func() error { return s.ui.start(ctx) })
	start(partOIDC, func() error { return errors.Join(s.oidc.start(), s.login.start()) })
	return group.Wait()
}

func (s *stack) startPostgres(ctx context.Context) error {
	if err := s.postgres.start(ctx); err != nil {
		return err
	}
	server := s.postgres.process
	go func() {
		<-server.done
		s.failed <- fmt.Errorf("PostgreSQL ended (%s); %s ends with:\n%s", ending(server.err), s.postgres.log, logTail(s.postgres.log))
	}()
	return nil
}

// prepareDatabase brings the schema up to date and loads the demo.
func (s *stack) prepareDatabase(ctx context.Context) error {
	if !s.settings.migrates() {
		return nil
	}
	if err := s.children.once(ctx, "migrate"); err != nil {
		return err
	}
	if !s.settings.demo {
		return nil
	}
	for _, arguments := range demoLoads(s.accountsPath()) {
		if err := s.children.once(ctx, "load", arguments...); err != nil {
			return err
		}
	}
	return nil
}

func (s *stack) startChildren(ctx context.Context) error {
	s.children.keep(s.longRunning()...)
	if !s.settings.runs(partAPI) {
		return nil
	}
	err := poll(ctx, "the API", apiLimit, nil, func(ctx context.Context) error {
		return getOK(ctx, s.apiURL()+"/readyz")
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w; %s ends with:\n%s", err, s.folder.log(partAPI), logTail(s.folder.log(partAPI)))
	}
	return err
}

func (s *stack) publish(context.Context) error {
	return s.envFile.publish(append(s.environment(), s.addresses()...))
}

func (s *stack) noteStart(name string, pid int) {
	if err := s.envFile.setPID(name, pid); err != nil {
		s.out.Printf("Process id of %s: %v", name, err)
	}
}

// wait returns when ctx ends, or the error of a part that ended.
func (s *stack) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.failed:
		return err
	}
}

// stop ends everything, the product first and the database last. What goes
// wrong on the way is said and does not keep the rest running.
func (s *stack) stop() {
	s.children.stop()
	s.warn("Temporal server", s.temporal.stop())
	s.ui.stop()
	ctx, cancel := context.WithTimeout(context.Background(), signInPatience)
	defer cancel()
	s.warn("sign-in", s.login.stop(ctx))
	s.warn("OIDC provider", s.oidc.stop(ctx))
	s.postgres.stop()
	s.warn("env file", s.envFile.remove())
}

func (s *stack) warn(part string, err error) {
	if err != nil {
		s.out.Printf("Stopping the %s: %v", part, err)
	}
}

// release gives the folder back.
func (s *stack) release() {
	_ = s.lock.Close() // nothing was written since lockFolder
}

func (s *stack) apiURL() string { return "http://" + address(s.settings.ports.api) }

// pageOrigins are what a browser may call the API by: the page is served there.
func pageOrigins(port int) []string {
	return []string{"http://" + address(port), fmt.Sprintf("http://localhost:%d", port)}
}
