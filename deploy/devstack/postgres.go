package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	database = "offhours"

	// initLimit covers initdb with all its flushing on a slow disk.
	initLimit = 2 * time.Minute
	// recoveryLimit covers the replay of max_wal_size after a kill.
	recoveryLimit = 2 * time.Minute
	// postgresPatience covers the checkpoint of a fast shutdown.
	postgresPatience = 30 * time.Second
)

// postgres is the PostgreSQL server of the stack.
type postgres struct {
	launcher *launcher
	binaries postgresBinaries
	owner    *owner // nil: the user who runs devstack
	data     string // folder
	root     string // folder the data is in
	log      string
	port     int
	unsafe   bool     // do not flush files
	settings []string // NAME=VALUE, after the stack's own

	process *process
}

// dataURL is the address of a database of this server.
func (p *postgres) dataURL(name string) string {
	return fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", address(p.port), name)
}

// start makes the data folder on the first run, starts the server and returns
// when the product's database is there.
func (p *postgres) start(ctx context.Context) error {
	if err := p.initialise(ctx); err != nil {
		return err
	}
	process, err := p.launcher.start(p.command("postgres", p.arguments()...), p.log, syscall.SIGINT, syscall.SIGQUIT)
	if err != nil {
		return err
	}
	p.process = process
	if err := poll(ctx, "PostgreSQL", recoveryLimit, process.done, p.ensureDatabase); err != nil {
		if errors.Is(err, errGone) {
			return fmt.Errorf("PostgreSQL did not start: %w; %s ends with:\n%s", process.err, p.log, logTail(p.log))
		}
		return err
	}
	return nil
}

// stop ends open connections and flushes everything.
func (p *postgres) stop() {
	if p.process != nil {
		p.process.stop(syscall.SIGINT, postgresPatience)
	}
}

// initialise runs initdb unless the data folder exists. It works beside the
// final place and moves the result there, so that a run that is killed half-way
// leaves nothing that looks like a database.
func (p *postgres) initialise(ctx context.Context) error {
	if _, err := os.Stat(p.data); err == nil {
		return nil
	}
	unfinished := p.data + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return fmt.Errorf("remove unfinished database: %w", err)
	}
	if err := os.Mkdir(unfinished, 0o700); err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	if err := p.owner.take(unfinished); err != nil {
		return err
	}
	if err := p.initdb(ctx, unfinished); err != nil {
		return err
	}
	if err := p.trustLoopback(unfinished); err != nil {
		return err
	}
	if err := os.Rename(unfinished, p.data); err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	return nil
}

func (p *postgres) initdb(ctx context.Context, data string) error {
	ctx, cancel := context.WithTimeout(ctx, initLimit)
	defer cancel()
	arguments := []string{
		"--pgdata", data, "--username=postgres", "--auth=trust",
		"--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions",
	}
	if p.unsafe {
		arguments = append(arguments, "--no-sync")
	}
	process, err := p.launcher.start(p.command("initdb", arguments...), p.log, syscall.SIGTERM, syscall.SIGKILL)
	if err != nil {
		return err
	}
	if err := process.wait(ctx, time.Second); err != nil {
		return fmt.Errorf("initdb: %w; %s ends with:\n%s", err, p.log, logTail(p.log))
	}
	return nil
}

// trustLoopback replaces the access rules of initdb, which would trust more
// than the one way the product connects.
func (p *postgres) trustLoopback(data string) error {
	rule := "# Written by devstack.\nhost all all " + loopback + "/32 trust\n"
	if err := os.WriteFile(data+"/pg_hba.conf", []byte(rule), 0o600); err != nil {
		return fmt.Errorf("write access rules of the database: %w", err)
	}
	return nil
}

// arguments are given on each start and not written to the folder, so that
// they always are those of this version and these flags.
func (p *postgres) arguments() []string {
	config := []string{
		"listen_addresses=" + loopback,
		fmt.Sprintf("port=%d", p.port),
		"unix_socket_directories=", // a long --dir would not fit a socket path
		"max_connections=200",
		"shared_buffers=256MB",
		"max_wal_size=2GB",
		"wal_compression=lz4",
		"timezone=UTC",
		"log_timezone=UTC",
		"logging_collector=off",
	}
	if p.unsafe {
		config = append(config, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	arguments := []string{"-D", p.data}
	for _, setting := range append(config, p.settings...) { // the last one of a name wins
		arguments = append(arguments, "-c", setting)
	}
	return arguments
}

// command prepares one of the server's binaries, run as the owner of the data.
// The working folder is one the owner may enter, which ours need not be.
func (p *postgres) command(name string, arguments ...string) *exec.Cmd {
	cmd := exec.Command(p.binaries.path(name), arguments...)
	cmd.Dir = p.root
	cmd.SysProcAttr = p.owner.attributes()
	return cmd
}

// ensureDatabase creates the product's database unless it exists. Its error is
// that of the connection while the server is not up yet.
func (p *postgres) ensureDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, p.dataURL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))

	var exists bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database).Scan(&exists)
	if err != nil || exists {
		return err
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+database); err != nil {
		return final(fmt.Errorf("create database %s: %w", database, err))
	}
	return nil
}
