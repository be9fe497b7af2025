package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

func TestHelpHasExamplesThatAreRightUsage(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	tool := &tool{stdout: &out, stderr: &out}
	for _, command := range tool.root().Commands() {
		out.Reset()
		require.Zero(t, tool.run(t.Context(), []string{"help", command.Name()}))
		require.Contains(t, out.String(), "Examples:\n", command.Name())
		examples := 0
		for line := range strings.Lines(command.Example) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "starter ") {
				tries(t, tool.root(), line)
				examples++
			}
		}
		require.GreaterOrEqual(t, examples, 2, command.Name())
	}
}

// tries reads an example as a shell and the command would, short of doing it.
func tries(t *testing.T, root *cobra.Command, line string) {
	t.Helper()
	line, _, _ = strings.Cut(line, "  #")
	line = regexp.MustCompile(`\$\(.*?\)`).ReplaceAllString(line, "ID")
	line, _, _ = strings.Cut(line, " | ")
	args := regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(line, -1)
	command, rest, err := root.Find(args[1:])
	require.NoError(t, err, line)
	require.NoError(t, command.ParseFlags(rest), line)
	require.NoError(t, command.ValidateArgs(command.Flags().Args()), line)
	require.NoError(t, command.ValidateRequiredFlags(), line)
	require.NoError(t, command.ValidateFlagGroups(), line)
}

func TestTheHelpListsEveryExitCode(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "130"} {
		require.Regexp(t, `(?m)^ +`+code+`  \S`, about)
	}
}
