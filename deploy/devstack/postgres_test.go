package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestReaches_NamesTheFolderThatIsClosed(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	folder := filepath.Join(parent, "closed", "data")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(folder), 0o700); err != nil {
		t.Fatal(err)
	}
	stranger := &owner{name: "stranger", uid: 54321, gid: 54321}
	err := stranger.reaches(folder)
	if err == nil || !strings.Contains(err.Error(), "may not enter "+filepath.Dir(folder)+" (drwx------)") {
		t.Errorf("error %v, want one that names %s", err, filepath.Dir(folder))
	}
	if err := stranger.reaches("/usr/bin"); err != nil {
		t.Errorf("open folder: %v", err)
	}
	if err := (*owner)(nil).reaches(folder); err != nil {
		t.Errorf("own folder: %v", err)
	}
}

func TestFindPostgres_RefusesDataOfAVersionThatIsNotInstalled(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := findPostgres(data); err == nil || !strings.Contains(err.Error(), "apt-get install postgresql") {
		t.Errorf("error %v, want one that says what to install", err)
	}
}

func TestStopLeftover_RemovesALockOfAnotherProgram(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	lock := writePostmasterPID(t, data, os.Getpid())
	if err := stopLeftover(t.Context(), data); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(lock); !os.IsNotExist(err) {
		t.Errorf("stat of the lock: %v, want that it is gone", err)
	}
}

func TestStopLeftover_RemovesALockOfAnotherFoldersServer(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	other := startPostmaster(t, "-D", "/elsewhere")
	lock := writePostmasterPID(t, data, other.Process.Pid)
	if err := stopLeftover(t.Context(), data); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(lock); !os.IsNotExist(err) {
		t.Errorf("stat of the lock: %v, want that it is gone", err)
	}
	if !alive(other.Process.Pid) {
		t.Error("the other server was ended")
	}
}

func TestStopLeftover_TouchesNothingWhenItCannotTell(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	other := startPostmaster(t, "-D", "data")
	lock := writePostmasterPID(t, data, other.Process.Pid)
	if err := stopLeftover(t.Context(), data); err == nil || !strings.Contains(err.Error(), strconv.Itoa(other.Process.Pid)) {
		t.Errorf("error %v, want one that names the process", err)
	}
	if _, err := os.Stat(lock); err != nil {
		t.Errorf("the lock is gone: %v", err)
	}
	if !alive(other.Process.Pid) {
		t.Error("the other server was ended")
	}
}

func TestStopLeftover_LeavesALockOfADeadServerToPostgreSQL(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	lock := writePostmasterPID(t, data, gone.Process.Pid)
	if err := stopLeftover(t.Context(), data); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(lock); err != nil {
		t.Errorf("the lock is gone: %v", err)
	}
}

func writePostmasterPID(t *testing.T, data string, pid int) string {
	t.Helper()
	file := filepath.Join(data, "postmaster.pid")
	if err := os.WriteFile(file, []byte(strconv.Itoa(pid)+"\n"+data+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// startPostmaster starts a process that looks like a PostgreSQL server.
func startPostmaster(t *testing.T, arguments ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(filepath.Join(binFolder(t, "postmaster"), "postmaster"), arguments...)
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGKILL)
		_ = cmd.Wait()
	})
	if _, err := output.Read(make([]byte, 1)); err != nil { // it plays now
		t.Fatal(err)
	}
	return cmd
}
