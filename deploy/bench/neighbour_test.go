package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What it measures in so short a time says nothing; that it measures, and that all
// that it needs of the product is there, does.
func TestANeighbourRunMeasuresAllPhases(t *testing.T) {
	t.Parallel()
	bin := os.Getenv("OFFHOURS_TEST_BIN")
	if bin == "" {
		t.Skip("OFFHOURS_TEST_BIN is not set: run `make test`, or set it to the folder with the product's binaries")
	}
	var out strings.Builder
	settings, err := parseNeighbour([]string{"--bin", bin, "--records", "300", "--clients", "2", "--rate", "50", "--idle", "1s"}, &out)
	require.NoError(t, err)
	runNeighbour(t.Context(), settings, &out)
	for _, row := range []string{"throttle on", "throttle off"} {
		require.Regexp(t, `(?m)^`+row+` +\d+\.\d +\d+ +\d+\.\d\d +\d+\.\d\d +\d+\.\d\d +\d+\.\d\d$`, out.String())
	}
	require.Regexp(t, `(?m)^Target: .* (held|not held)$`, out.String())
}
