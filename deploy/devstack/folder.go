package main

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// folder is the --dir of a stack. The package comment draws its layout.
type folder string

func (f folder) path(elements ...string) string {
	return filepath.Join(append([]string{string(f)}, elements...)...)
}

func (f folder) log(name string) string { return f.path("log", name+".log") }

// url is the folder below as a file:// address.
func (f folder) url(name, query string) string {
	return (&url.URL{Scheme: "file", Path: f.path(name), RawQuery: query}).String()
}

// create makes the folders that are shared by several parts.
func (f folder) create() error {
	for _, name := range []string{"", "log", "mail", "bucket"} {
		if err := os.MkdirAll(f.path(name), 0o755); err != nil {
			return fmt.Errorf("create data folder: %w", err)
		}
	}
	return nil
}

// largeLog is the size at which a log is put aside when it is opened for a new
// process, so that a stack that runs for weeks does not fill the disk.
const largeLog = 64 << 20

// openLog opens a log for appending: what led to a crash stays readable after
// the restart.
func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > largeLog {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, fmt.Errorf("put large log aside: %w", err)
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return file, nil
}

// logTail returns the last lines of a log for an error message, at most 15 of
// the last 4 KiB, or a word on why there are none.
func logTail(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Sprintf("(no log: %v)", err)
	}
	defer file.Close()
	_, _ = file.Seek(-4096, io.SeekEnd) // fails on a shorter file, which is then read whole
	text, err := io.ReadAll(file)
	if err != nil {
		return fmt.Sprintf("(log unreadable: %v)", err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}
