package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// stopLeftover ends a server that a killed devstack left on the data folder,
// and removes a postmaster.pid that names a process which is no such server.
//
// A postmaster.pid whose process is gone is left alone: PostgreSQL handles it,
// and looks for surviving backends first, which we should not take from it.
func stopLeftover(ctx context.Context, data string) error {
	file := filepath.Join(data, "postmaster.pid")
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a running PostgreSQL: %w", err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 || !alive(pid) {
		return nil
	}
	switch arguments := commandLine(pid); {
	case serves(arguments, data):
		return endPostmaster(ctx, pid, data)
	case isPostmaster(arguments) && !namesFolder(arguments):
		return fmt.Errorf("process %d looks like a PostgreSQL server, maybe of %s: stop it first", pid, data)
	}
	// The number belongs to another program by now.
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove stale lock of PostgreSQL: %w", err)
	}
	return nil
}

// endPostmaster asks for a fast shutdown, as pg_ctl stop -m fast does, and
// after postgresPatience for an immediate one.
func endPostmaster(ctx context.Context, pid int, data string) error {
	ended := func(context.Context) error {
		if serves(commandLine(pid), data) {
			return fmt.Errorf("process %d is running", pid)
		}
		return nil
	}
	var err error
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop PostgreSQL of an earlier run (pid %d): %w", pid, err)
		}
		if err = poll(ctx, "PostgreSQL of an earlier run", postgresPatience, nil, ended); err == nil {
			return nil
		}
	}
	return err
}

// serves reports whether the arguments are those of a server on the folder.
// They are joined because not every system keeps a path with blanks together.
func serves(arguments []string, data string) bool {
	return isPostmaster(arguments) && strings.Contains(strings.Join(arguments, " ")+" ", " "+data+" ")
}

// isPostmaster tells the server from its own backends, whose title is
// "postgres: " and what they do.
func isPostmaster(arguments []string) bool {
	return len(arguments) > 0 && slices.Contains([]string{"postgres", "postmaster"}, filepath.Base(arguments[0]))
}

// namesFolder reports whether -D is followed by an absolute path.
func namesFolder(arguments []string) bool {
	i := slices.Index(arguments, "-D")
	return i >= 0 && i+1 < len(arguments) && filepath.IsAbs(arguments[i+1])
}
