package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// unplugged runs the command without a database.
func unplugged(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = loader{stdout: &out, stderr: &err, now: time.Now()}.run(t.Context(), args)
	return code, out.String(), err.String()
}

func TestWrongUsageSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"":                "say what to load",
		"everything":      `there is no command "everything"`,
		"accounts":        "load accounts needs exactly one FILE",
		"accounts a b":    "load accounts needs exactly one FILE",
		"import":          "load import needs exactly one FILE",
		"import x":        "load import needs --account and --mapping",
		"import x --fast": "flag provided but not defined: -fast",
		"import x --account 1 --mapping m --bad-rows b": "give both",
		"generate":                                        "load generate needs --account",
		"generate --account 1 more":                       "load generate needs flags alone",
		"generate --account 1 --records -1":               "the number of records must not be negative",
		"generate --account 1 --modified-from 2020-02-30": "is not a date",
		"generate --account 1 --modified-from 2020-01-02 --modified-to 2020-01-01": "must be before",
		"generate --account 1": "DATABASE_URL is not set",
	} {
		code, stdout, stderr := unplugged(t, strings.Fields(args)...)
		require.Equal(t, 2, code, args)
		require.Empty(t, stdout, args)
		require.Contains(t, stderr, want, args)
	}
}

func TestHelpHasExamples(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--help": "load accounts FILE", "accounts -h": `"featureEnabled": true`,
		"import --help": "load import --account 1 --mapping deploy/load/sf311.yaml", "generate --help": "--if-empty",
	} {
		code, stdout, stderr := unplugged(t, strings.Fields(args)...)
		require.Zero(t, code, args)
		require.Contains(t, stdout, want, args)
		require.Empty(t, stderr, args)
	}
}

func TestAWrongAccountsFileIsRefusedWithItsLine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "accounts.json")
	for text, want := range map[string]string{
		"{\"accounts\": [\n{\"id\": 1, \"enabled\": true}]}":                 `line 2: json: unknown field "enabled"`,
		"{\"accounts\": [\n{\"id\": \"1\"}]}":                                "line 2: json: cannot unmarshal string",
		"{\"accounts\": [\n\n}":                                              "line 3: invalid character",
		"{\"accounts\": []}\n{}":                                             "line 2: there is more after the end",
		"{\"accounts\": [{\"schedule\": {\"holidays\": [\"2026-02-30\"]}}]}": "line 1: ",
	} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := readAccounts(path)
		require.ErrorContains(t, err, "read the accounts in "+path)
		require.ErrorContains(t, err, want)
	}
}

func TestProgressIsToldByLinesWithoutATerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := loader{stderr: &out}.newProgress("reading", "B", 10<<20)
	p.add(1 << 20)
	require.Empty(t, out.String(), "not yet")
	p.told = p.told.Add(-lineEvery)
	p.add(1 << 20)
	p.finish("storing")
	p.finish("again")
	require.Equal(t, "reading: 2 of 10 MiB\nstoring\n", out.String())
}

func TestProgressIsABarOnATerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := loader{stderr: &out, terminal: true}.newProgress("generating", "records", 1000)
	p.add(600)
	p.finish("")
	require.Contains(t, out.String(), "generating")
	require.NotContains(t, out.String(), "\n")
}

func TestOddNamesAreShownQuoted(t *testing.T) {
	t.Parallel()
	require.Equal(t, "MUNI  -", printable("MUNI  -"))
	require.Equal(t, `"a\tb"`, printable("a\tb"))
}
