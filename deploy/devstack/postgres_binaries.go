package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// oldestPostgres is the oldest major version the product is tested with.
const oldestPostgres = 15

// postgresBinaries is a folder with initdb and postgres of one version.
type postgresBinaries struct {
	folder string
	major  int
}

func (b postgresBinaries) path(name string) string { return filepath.Join(b.folder, name) }

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// findPostgres returns the binaries to run the data folder with: of the same
// major version when it has data, else the first of PATH and then the newest
// of the places where Debian's packages put them.
func findPostgres(data string) (postgresBinaries, error) {
	installed := installedPostgres()
	if len(installed) == 0 {
		return postgresBinaries{}, fmt.Errorf("PostgreSQL %d or newer is not installed (no initdb and postgres in PATH or /usr/lib/postgresql): apt-get install postgresql", oldestPostgres)
	}
	major, err := dataVersion(data)
	if err != nil {
		return postgresBinaries{}, err
	}
	if major == 0 {
		return installed[0], nil
	}
	for _, binaries := range installed {
		if binaries.major == major {
			return binaries, nil
		}
	}
	return postgresBinaries{}, fmt.Errorf("%s was made by PostgreSQL %d, but only %d is installed: apt-get install postgresql-%d, or remove that folder to start with an empty database",
		data, major, installed[0].major, major)
}

func installedPostgres() []postgresBinaries {
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is valid
	var found []postgresBinaries
	for _, folder := range debian {
		found = append(found, inspectPostgres(folder)...)
	}
	slices.SortFunc(found, func(a, b postgresBinaries) int { return cmp.Compare(b.major, a.major) })
	if initdb, err := exec.LookPath("initdb"); err == nil {
		if resolved, err := filepath.EvalSymlinks(initdb); err == nil {
			found = append(inspectPostgres(filepath.Dir(resolved)), found...)
		}
	}
	return found
}

// inspectPostgres returns the folder's binaries if they are complete and new
// enough, else none.
func inspectPostgres(folder string) []postgresBinaries {
	b := postgresBinaries{folder: folder}
	if _, err := exec.LookPath(b.path("initdb")); err != nil {
		return nil
	}
	version, err := exec.Command(b.path("postgres"), "--version").Output()
	if err != nil {
		return nil
	}
	match := versionPattern.FindSubmatch(version)
	if match == nil {
		return nil
	}
	b.major, _ = strconv.Atoi(string(match[1])) // digits, by the pattern
	if b.major < oldestPostgres {
		return nil
	}
	return []postgresBinaries{b}
}

// dataVersion is the major version that made the data folder, 0 if there is none.
func dataVersion(data string) (int, error) {
	text, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read version of the database: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("read version of the database in %s: %w", data, err)
	}
	return major, nil
}
