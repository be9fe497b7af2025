package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// lingerLimit is how long a start waits for the api and worker of a devstack
// that was killed. They are told to end by the kernel and finish gracefully,
// which childPatience bounds.
const lingerLimit = childPatience + 5*time.Second

// lockFolder makes this process the only devstack on the folder. The returned
// file is the lock; it is given to the children too, so that the folder is not
// free before the last of them has ended.
func lockFolder(ctx context.Context, f folder, out *log.Logger) (*os.File, error) {
	file, err := os.OpenFile(f.path("devstack.lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	sayOnce := sync.OnceFunc(func() { out.Print("Waiting for the api and worker of a devstack that was killed.") })
	err = poll(ctx, "api and worker of a devstack that was killed", lingerLimit, nil, func(context.Context) error {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		if owner := readPID(file); owner > 0 && alive(owner) {
			return final(fmt.Errorf("another devstack (pid %d) uses %s: stop it, or choose another folder with --dir", owner, f))
		}
		sayOnce()
		return fmt.Errorf("they still hold %s", file.Name())
	})
	if err == nil {
		err = writePID(file)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

func readPID(file *os.File) int {
	text := make([]byte, 20)
	n, err := file.ReadAt(text, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text[:n])))
	return pid
}

func writePID(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return fmt.Errorf("write lock: %w", err)
	}
	if _, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fmt.Errorf("write lock: %w", err)
	}
	return nil
}

// alive reports whether the process runs. One that has ended and that nobody
// has waited for, as happens in containers without an init, does not.
func alive(pid int) bool { return len(commandLine(pid)) > 0 }
