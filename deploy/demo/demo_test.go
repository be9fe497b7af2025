package main

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
)

func TestTheWindowOpensWhenItIsMeantTo(t *testing.T) {
	t.Parallel()
	for _, day := range []string{"2026-01-15", "2026-03-08", "2026-03-29", "2026-04-05", "2026-09-27", "2026-10-25", "2026-11-01", "2026-12-31"} {
		now, err := time.Parse(time.DateOnly, day)
		require.NoError(t, err)
		for end := now.Add(24 * time.Hour); now.Before(end); now = now.Add(97 * time.Second) {
			opening := nextOpening(now)
			require.Zero(t, opening.Truncate(time.Minute).Sub(opening))
			require.GreaterOrEqual(t, opening.Sub(now), 6*time.Second)
			require.LessOrEqual(t, opening.Sub(now), 66*time.Second)
			zone, err := zoneAt(now)
			require.NoError(t, err)
			first, err := everyDay(zone, lastMinute).NextWindow(now)
			require.NoError(t, err)
			require.Greater(t, first.Open.Sub(now), 3*time.Hour)
			for end, at := range map[time.Time]time.Time{opening: now, opening.Add(pauseLength): opening.Add(time.Minute)} {
				hours, err := businessUntil(zone, end)
				require.NoError(t, err)
				require.NoError(t, hours.Validate(at))
				require.False(t, hours.Open(at), "at %s in %s", at, zone)
				window, err := hours.NextWindow(at)
				require.NoError(t, err)
				require.Equal(t, end, window.Open, "in %s", zone)
				require.Greater(t, window.Close.Sub(window.Open), time.Hour)
			}
		}
	}
}

// The demo is the product's own proof, so it is one of its tests.
func TestTheDemoHolds(t *testing.T) {
	t.Parallel()
	bin := os.Getenv("OFFHOURS_TEST_BIN")
	if bin == "" {
		t.Skip("OFFHOURS_TEST_BIN is not set: run `make test`")
	}
	s, err := parseFlags([]string{"--bin", bin, "--csv", "../load/sample.csv", "--mapping", "../load/sf311.yaml"}, io.Discard)
	require.NoError(t, err)
	var out strings.Builder
	require.Zero(t, run(t.Context(), s, &out), "%s", &out)
}

func TestARunHoldsOnlyIfAllOfItDid(t *testing.T) {
	t.Parallel()
	good := results{}
	good.equal("records", 3, 3)
	bad := results{}
	bad.equal("records", 3, 4)
	bad.holds("checksum", "refused", strings.Repeat("x", 60), false)
	for name, tc := range map[string]struct {
		results     results
		err         error
		interrupted bool
		held        bool
		shows       string
	}{
		"all held":                 {good, nil, false, true, "All 1 checks held."},
		"some did not":             {bad, nil, false, false, "checksum: expected refused, saw " + strings.Repeat("x", 60)},
		"it could not be finished": {good, errors.New("no disk"), false, false, "could not go on: no disk"},
		"somebody interrupted it":  {good, errors.New("cancelled"), true, false, "Interrupted."},
		"nothing was checked":      {results{}, nil, false, false, ""},
	} {
		var out strings.Builder
		require.Equal(t, tc.held, tc.results.print(&out, tc.err, tc.interrupted), name)
		require.Contains(t, out.String(), tc.shows, name)
	}
}

func TestARefusalIsShownByItsCode(t *testing.T) {
	t.Parallel()
	require.Equal(t, "403 access_denied", codeOf(&rig.Problem{Status: 403, Code: offhours.CodeAccessDenied}))
	require.Equal(t, "no refusal", codeOf(nil))
}
