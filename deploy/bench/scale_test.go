package main

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The run as it is, but small. Whether targets are held is not asked: they are
// about many accounts. It takes as long as the next minute is away.
func TestAScaleRunMeasuresWhatItShould(t *testing.T) {
	t.Parallel()
	bin := os.Getenv("OFFHOURS_TEST_BIN")
	if bin == "" {
		t.Skip("OFFHOURS_TEST_BIN is not set: run `make test`")
	}
	file := filepath.Join(t.TempDir(), "results", "scale.json")
	settings, err := parseScale([]string{
		"--bin", bin, "--accounts", "20", "--types", "2", "--records", "500", "--spread", "2s", "--fairness", "on", "--results", file,
	}, &strings.Builder{})
	require.NoError(t, err)
	var out strings.Builder
	runScale(t.Context(), settings, &out)

	text, err := os.ReadFile(file)
	require.NoError(t, err, "%s", &out)
	var results scaleResults
	require.NoError(t, json.Unmarshal(text, &results))
	o := results.Fair
	require.Equal(t, map[string]int{"success": 22}, o.Requests, "%s", &out)
	require.Greater(t, o.Records, 2000)
	require.Len(t, o.Costs, 3)
	require.Equal(t, 22, o.Costs[2].Queued)
	for _, c := range o.Costs {
		for what, value := range map[string]float64{"create": c.Create, "list": c.List, "details": c.Details, "preview": c.Preview, "backlog": c.Backlog, "transactions": c.Statements} {
			require.Positive(t, value, what)
		}
	}
	require.Less(t, o.Spread.P50, o.Spread.Max, "accounts begin at different times")
	require.Less(t, o.Spread.Max, 60.0)
	require.Positive(t, o.Small.P50)
	require.Positive(t, o.Fair.P50)
	require.Positive(t, o.Ratio.P50)
	require.GreaterOrEqual(t, o.Capacity, 1.0)
	require.Greater(t, o.Events[0], 50)
	require.Less(t, o.Events[1], 500)
	require.Positive(t, o.Actions[0])
	require.Positive(t, o.CPU)
	for _, m := range o.Memory {
		require.Positive(t, m.Median, m.Process)
	}
	require.Contains(t, out.String(), "every request ends as Success: map[success:22]")
}

func TestWrongUsageIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	_, err := parseScale([]string{"--accounts", "3", "--records", "300000", "--fairness", "maybe", "--spread", "-1s", "--bin", t.TempDir(), "extra"}, &strings.Builder{})
	for _, part := range []string{"--accounts", "200000", `"maybe"`, "--spread", "devstack", `"extra"`} {
		require.ErrorContains(t, err, part)
	}
	var help strings.Builder
	_, err = parseScale([]string{"--help"}, &help)
	require.ErrorIs(t, err, flag.ErrHelp)
	require.Contains(t, help.String(), "-accounts number")
}

func TestAllAccountsCloseAtTheSameInstant(t *testing.T) {
	t.Parallel()
	until := time.Date(2026, 11, 28, 23, 40, 0, 0, time.UTC)
	for _, zone := range zones {
		schedule, err := businessUntil(until, zone)
		require.NoError(t, err)
		require.NoError(t, schedule.Validate(until.Add(-time.Hour)))
		w, err := schedule.NextWindow(until.Add(-time.Hour))
		require.NoError(t, err)
		require.Equal(t, until, w.Open, zone)
		require.Greater(t, w.Close.Sub(w.Open), 11*time.Hour)
	}
}

func TestValuesOfMetricsAreAddedUp(t *testing.T) {
	t.Parallel()
	page := []byte("# HELP temporal_request_total x\ntemporal_request_total{operation=\"A\"} 2\ntemporal_request_total{operation=\"B\"} 3.5\ntemporal_request_failure_total{} 9\n")
	require.InDelta(t, 5.5, sum(page, "temporal_request_total{", ""), 0)
}
