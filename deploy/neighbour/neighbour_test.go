package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What it measures in so short a time says nothing; that it measures, and that all
// that it needs of the product is there, does.
func TestTheCommandMeasuresAllPhases(t *testing.T) {
	t.Parallel()
	bin := os.Getenv("OFFHOURS_TEST_BIN")
	if bin == "" {
		t.Skip("OFFHOURS_TEST_BIN is not set: run `make test`, or set it to the folder with the product's binaries")
	}
	var out strings.Builder
	_, err := measure(t.Context(), settings{bin: bin, records: 300, clients: 2, rate: 50, idle: time.Second}, &out)
	require.NoError(t, err, out.String())
	for _, row := range []string{"throttle on", "throttle off"} {
		require.Regexp(t, `(?m)^`+row+` +\d+\.\d +\d+ +\d+\.\d\d +\d+\.\d\d +\d+\.\d\d +\d+\.\d\d$`, out.String())
	}
	require.Regexp(t, `(?m)^Target: .* (held|not held)$`, out.String())
}
