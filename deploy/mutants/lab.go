package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// patience is for one test, on a slow machine. A test that hangs has failed.
const patience = "4m"

// apply returns the file's text with the edit. The old text has to stand there
// exactly once: a guard that was moved or written anew needs another mutant.
func (e edit) apply() (string, error) {
	text, err := os.ReadFile(e.file)
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(text), e.old); n != 1 {
		return "", fmt.Errorf("%s has the text that is to be taken away %d times, and not once: bring the mutant up to date\n%s", e.file, n, e.old)
	}
	return strings.Replace(string(text), e.old, e.new, 1), nil
}

// lab compiles and runs tests in a folder of its own.
type lab struct{ dir string }

func newLab() (*lab, error) {
	dir, err := os.MkdirTemp("", "mutants-")
	return &lab{dir}, err
}

func (l *lab) close() { _ = os.RemoveAll(l.dir) }

// healthy makes sure that all tests run and pass as long as nothing is taken away:
// one that is skipped, renamed or red anyway would prove nothing.
func (l *lab) healthy(ctx context.Context, mutants []mutant) error {
	tests := map[string][]string{} // by package
	for _, m := range mutants {
		if !slices.Contains(tests[m.pkg], m.test) {
			tests[m.pkg] = append(tests[m.pkg], m.test)
		}
	}
	for pkg, names := range tests {
		binary, err := l.compile(ctx, pkg)
		if err != nil {
			return err
		}
		out, err := l.test(ctx, binary, pkg, names...)
		if err != nil {
			return fmt.Errorf("with all guards in place, tests of %s fail:\n%s", pkg, out)
		}
		for _, name := range names {
			if !strings.Contains(out, "--- PASS: "+name+" ") {
				return fmt.Errorf("%s of %s was not run:\n%s", name, pkg, out)
			}
		}
	}
	return nil
}

// kills reports whether the mutant's test fails without the guard.
func (l *lab) kills(ctx context.Context, m mutant) (bool, error) {
	overlay, err := l.overlay(m)
	if err != nil {
		return false, err
	}
	binary, err := l.compile(ctx, m.pkg, "-overlay", overlay)
	if err != nil {
		return false, err
	}
	out, err := l.test(ctx, binary, m.pkg, m.test)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err == nil && strings.Contains(out, "--- PASS: "+m.test+" "):
		return false, nil
	case strings.Contains(out, "--- FAIL: "+m.test+" "):
		return true, nil
	}
	return false, fmt.Errorf("%s neither passed nor failed: %w\n%s", m.test, err, out)
}

// overlay writes the edited files, and what tells the compiler of them.
func (l *lab) overlay(m mutant) (string, error) {
	replace := map[string]string{}
	for i, e := range m.edits {
		text, err := e.apply()
		if err != nil {
			return "", err
		}
		original, err := filepath.Abs(e.file)
		if err != nil {
			return "", err
		}
		replace[original] = filepath.Join(l.dir, fmt.Sprintf("%s-%d%s", m.name, i, filepath.Ext(e.file)))
		if err := os.WriteFile(replace[original], []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file := filepath.Join(l.dir, m.name+".json")
	return file, os.WriteFile(file, list, 0o600)
}

// compile builds a package's tests. A mutant that does not compile proves nothing.
func (l *lab) compile(ctx context.Context, pkg string, args ...string) (binary string, err error) {
	binary = filepath.Join(l.dir, "tests")
	args = append(append([]string{"test", "-c", "-vet=off", "-o", binary}, args...), pkg)
	out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return binary, nil
}

// test runs tests in their package's folder, as go test would.
func (l *lab) test(ctx context.Context, binary, pkg string, names ...string) (output string, err error) {
	cmd := exec.CommandContext(ctx, binary, "-test.v", "-test.timeout="+patience, "-test.run=^("+strings.Join(names, "|")+")$")
	cmd.Dir = pkg
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return "", err
	}
	return string(out), err
}
