package main

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// TestMain lets the test binary play other programs: devstack itself, which a
// test must be able to kill, and small doubles of the product's binaries. It
// is told by the name it is called under.
func TestMain(m *testing.M) {
	programs := map[string]func() int{
		"devstack":   func() int { return run(os.Args[1:], os.Stdout, os.Stderr) },
		"migrate":    playMigrate,
		"load":       playLoad,
		partAPI:      playAPI,
		partWorker:   playWorker,
		"postmaster": playPostmaster,
	}
	if program, ok := programs[filepath.Base(os.Args[0])]; ok {
		os.Exit(program())
	}
	os.Exit(m.Run())
}

// binFolder is a folder with links to the test binary under the given names.
func binFolder(t *testing.T, names ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for _, name := range names {
		if err := os.Symlink(self, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func playMigrate() int {
	if os.Getenv("PLAY_BROKEN_MIGRATION") != "" {
		fmt.Println("migration 7 is broken")
		return 3
	}
	fmt.Println("migrated", os.Getenv("DATABASE_URL"))
	return 0
}

func playLoad() int {
	fmt.Printf("load %q\n", os.Args[1:])
	return 0
}

func playAPI() int {
	go func() {
		fmt.Println(http.ListenAndServe(os.Getenv("OFFHOURS_HTTP_ADDRESS"), http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/readyz" {
					w.WriteHeader(http.StatusNotFound)
				}
			})))
	}()
	awaitTerm()
	fmt.Println("api ended gracefully")
	return 0
}

// playWorker says whether the database outlives it.
func playWorker() int {
	fmt.Println("worker works")
	awaitTerm()
	conn, err := net.Dial("tcp", databaseAddress())
	if err != nil {
		fmt.Println("worker ended without database:", err)
		return 1
	}
	conn.Close()
	fmt.Println("worker ended gracefully")
	return 0
}

func databaseAddress() string {
	database, err := url.Parse(os.Getenv("DATABASE_URL"))
	if err != nil {
		return err.Error()
	}
	return database.Host
}

func playPostmaster() int {
	fmt.Println("playing")
	awaitTerm()
	return 0
}

func awaitTerm() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	<-signals
}
