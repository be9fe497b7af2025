package main

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What would be found out only when somebody runs `make mutants`: that a guard was
// written anew, or a test renamed.
func TestEveryMutantFindsWhatItTakesAwayAndItsTest(t *testing.T) {
	t.Chdir("../..")
	names := map[string]bool{}
	for _, m := range mutants {
		require.False(t, names[m.name], "%s is there twice", m.name)
		names[m.name] = true
		for _, e := range m.edits {
			text, err := e.apply()
			require.NoError(t, err, m.name)
			if strings.HasSuffix(e.file, ".go") {
				_, err = parser.ParseFile(token.NewFileSet(), e.file, text, 0)
				require.NoError(t, err, m.name)
			}
		}
		require.True(t, hasTest(t, m.pkg, m.test), "%s: %s has no %s", m.name, m.pkg, m.test)
	}
}

func hasTest(t *testing.T, pkg, test string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(pkg, "*_test.go"))
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		if strings.Contains(string(text), "\nfunc "+test+"(t *testing.T)") {
			return true
		}
	}
	return false
}

func TestAnEditThatDoesNotFitIsAnError(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte("one two two"), 0o600))

	text, err := edit{file, "one", "1"}.apply()
	require.NoError(t, err)
	require.Equal(t, "1 two two", text)
	for _, old := range []string{"two", "three"} {
		_, err = edit{file, old, ""}.apply()
		require.ErrorContains(t, err, "and not once", old)
	}
}

func TestMutantsAreChosenByName(t *testing.T) {
	t.Parallel()
	all, err := choose(nil)
	require.NoError(t, err)
	require.Equal(t, mutants, all)
	chosen, err := choose([]string{"fence", "row-lock"})
	require.NoError(t, err)
	require.Len(t, chosen, 2)
	_, err = choose([]string{"fence", "nothing"})
	require.ErrorContains(t, err, "no such mutant: nothing")
}
