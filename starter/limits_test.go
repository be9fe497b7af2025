package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func TestLimitsAreSetForAnAccountAndTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.run("limits", "set", "pause_ms=50", "wal_bytes_per_second=0", "--account", "1", "--by", "support: J. Doe")
	require.Equal(t, exitDone, got.code, got.stderr)
	require.Regexp(t, `pause_ms +50 +account 1 +milliseconds`, got.stdout)
	require.Regexp(t, `wal_bytes_per_second +0 +account 1 `, got.stdout)
	require.Regexp(t, `batch_records +1000 +deployment `, got.stdout)
	require.Regexp(t, `(?m)^Changes\n.* support: J\. Doe +\{\} +→ +\{"pause_ms": ?50, ?"wal_bytes_per_second": ?0\}$`, got.stdout)

	got = w.run("limits", "unset", "pause_ms", "--account", "1")
	require.Equal(t, exitDone, got.code, got.stderr)
	require.Regexp(t, `pause_ms +0 +deployment `, got.stdout)
	require.Regexp(t, `support +\{"pause_ms": ?50\} +→ +\{\}\n`, got.stdout)

	got = w.run("limits", "set", "busy_sessions=9")
	require.Regexp(t, `busy_sessions +9 +deployment `, got.stdout)
	require.Regexp(t, `support +\{"busy_sessions": ?1\} +→ +\{"busy_sessions": ?9\}\n`, got.stdout, "a change shows what it changed")
}

func TestLimitsAsJSONHaveTheseFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run("limits", "set", "pause_ms=50", "--account", "1")
	all := document(t, w.run("limits", "show", "--account", "1", "-o", "json").stdout)
	require.ElementsMatch(t, keys(all), []string{"accountId", "limits", "changes", "seesOthers"})
	limits := all["limits"].([]any)
	require.Len(t, limits, len(offhours.LimitRanges))
	require.Equal(t, map[string]any{
		"limit": "pause_ms", "value": 50.0, "deployment": 0.0, "own": true, "about": "milliseconds of pause after each, whatever others do",
	}, limits[2])
	require.ElementsMatch(t, keys(all["changes"].([]any)[0]), []string{"at", "actor", "before", "after"})
	require.Equal(t, true, all["seesOthers"])
	require.Nil(t, document(t, w.run("limits", "show", "-o", "json").stdout)["accountId"])
}

func TestWhoMayNotSeeOthersIsToldWhatToGrant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var role string
	w.Scan(&role, `SELECT 'blind_' || current_database()`)
	w.Exec(fmt.Sprintf(`CREATE ROLE %s LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO %[1]s`, role))
	t.Cleanup(func() {
		_, err := w.Conn.Exec(context.Background(), fmt.Sprintf(`DROP OWNED BY %s; DROP ROLE %[1]s`, role))
		require.NoError(t, err)
	})
	config := w.Conn.Config()
	w.url = fmt.Sprintf("postgres://%s@%s:%d/%s?sslmode=disable", role, config.Host, config.Port, config.Database)
	got := w.run("limits", "show")
	require.Equal(t, exitDone, got.code, got.stderr)
	require.Contains(t, got.stderr, "GRANT pg_read_all_stats")
}

func TestLimitsThatMakeNoSenseAreRefusedWithACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for args, want := range map[string]struct {
		code int
		text string
	}{
		"limits":                            {exitUsage, "show, set or unset"},
		"limits set":                        {exitUsage, "at least 1 arg"},
		"limits set pause_ms":               {exitUsage, "give one such as pause_ms=50"},
		"limits set pause_ms=long":          {exitUsage, "give one such as pause_ms=50"},
		"limits set speed=1":                {exitRefused, `There is no limit "speed". (invalid_request)`},
		"limits set wal_bytes_per_second=1": {exitRefused, "wal_bytes_per_second must be from 65536 to 1000000000000, or 0 for no limit. (invalid_request)"},
		"limits unset pause_ms":             {exitRefused, "name an account. (invalid_request)"},
		"limits show --account 9":           {exitNotFound, "There is no such account."},
		"limits set pause_ms=1 --account 9": {exitNotFound, "There is no such account."},
	} {
		got := w.run(strings.Fields(args)...)
		require.Equal(t, want.code, got.code, args)
		require.Contains(t, got.stderr, want.text, args)
	}
	for text, args := range map[string][]string{
		"--by must say who you are":   {"limits", "set", "pause_ms=1", "--by", " "},
		"pause_ms stands there twice": {"limits", "set", "pause_ms=1", "pause_ms=2"},
	} {
		got := w.run(args...)
		require.Equal(t, exitUsage, got.code, args)
		require.Contains(t, got.stderr, text, args)
	}
	require.Zero(t, w.Count("limit_events"))
}
