package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

// desk is one test's database with two accounts, and a way to run the command.
type desk struct {
	t      *testing.T
	url    string
	conn   *pgx.Conn
	bucket string // folder
}

const twoAccounts = `{"accounts": [
  {"id": 1, "name": "Acme", "featureEnabled": true,
   "schedule": {"timeZone": "America/Los_Angeles", "businessHours": {"monday": [{"from": "09:00", "to": "18:00"}]}, "holidays": ["2026-12-25"]},
   "users": [{"email": "ada@acme.example", "name": "Ada", "role": "administrator"}]},
  {"id": 2, "name": "Borealis", "schedule": {"timeZone": "UTC"}, "users": []}
]}`

func newDesk(t *testing.T) desk {
	t.Helper()
	url := postgrestest.URL(t)
	d := desk{t, url, postgrestest.Connect(t, url), t.TempDir()}
	code, _, stderr := d.run("accounts", d.file(twoAccounts))
	require.Zero(t, code, stderr)
	return d
}

func (d desk) run(args ...string) (code int, stdout, stderr string) {
	return d.runWith("file://"+d.bucket+"?no_tmp_dir=true&metadata=skip", args...)
}

func (d desk) runWith(bucketURL string, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	now := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	code = loader{stdout: &out, stderr: &err, databaseURL: d.url, bucketURL: bucketURL, now: now}.run(d.t.Context(), args)
	return code, out.String(), err.String()
}

// file writes a file and returns its path.
func (d desk) file(text string) string {
	d.t.Helper()
	path := filepath.Join(d.t.TempDir(), "file")
	require.NoError(d.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// ask returns the answer to a query as text.
func (d desk) ask(query string) (answer string) {
	d.t.Helper()
	require.NoError(d.t, d.conn.QueryRow(d.t.Context(), query).Scan(&answer))
	return answer
}

const head = "unique_key,created_date,closed_date,resolution_action_updated_date,status,status_notes,agency_name,category,complaint_type,media_url\n"

func line(key, note string) string {
	return key + ",2016-07-13 15:11:07+00:00,,2016-07-14 12:13:22+00:00,Open," + note + ",PUC,Sewer,Odor,\n"
}

func TestTheSampleIsImportedWithEverythingDirtyAboutIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	code, stdout, stderr := d.run("import", "--account", "1", "--mapping", "sf311.yaml", "sample.csv")
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "201   Tree Care     71        0          4      new type\n")
	require.Contains(t, stdout, "204   Tree  Care    7         0          0      new type\n")
	require.Contains(t, stdout, "total         300       0          16")
	require.Equal(t, "7 modified before created, 9 with CR, 62 notes NULL, 18 formulas, 2015-01-22 to 2020-11-15", d.ask(`
		SELECT format('%s modified before created, %s with CR, %s notes NULL, %s formulas, %s to %s',
			count(*) FILTER (WHERE modified_on < created_on), count(*) FILTER (WHERE note LIKE E'%\r%'), count(*) FILTER (WHERE note IS NULL),
			count(*) FILTER (WHERE note ~ '^[=+@-]'), min(modified_on)::date, max(modified_on)::date) FROM records`))
	require.Equal(t, "Line with a lone carriage return\rin the middle", d.ask(`SELECT DISTINCT note FROM records WHERE note LIKE 'Line with%'`))
	require.Equal(t, `["closed_date", "category", "descriptor", "incident_address", "supervisor_district", "neighborhood", "location", "source", "latitude", "longitude", "police_district", "Media"]`,
		d.ask(`SELECT jsonb_agg(f->'displayName' ORDER BY n)::text FROM record_types, jsonb_array_elements(fields) WITH ORDINALITY x(f, n) WHERE code = 201`))

	xmins := "SELECT string_agg(xmin::text, ' ' ORDER BY id) FROM records"
	before := d.ask(xmins)
	code, stdout, _ = d.run("import", "--account", "Acme", "--mapping", "sf311.yaml", "sample.csv")
	require.Zero(t, code)
	require.Contains(t, stdout, "total         0         300        0")
	require.Equal(t, before, d.ask(xmins))
}

func TestAMalformedFileLoadsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	file := d.file(head + line("1", "fine") + line("2", "a NUL \x00") + line("3", "\"two\nlines\"") + "4,never\n")
	code, stdout, stderr := d.run("import", "--account", "1", "--mapping", "sf311.yaml", file)
	require.Equal(t, 1, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "line 3, column status_notes: the value holds a NUL byte\n  line 6: the row has 2 of 10 columns\nNothing was loaded.\n")
	require.Equal(t, "0", d.ask("SELECT count(*)::text FROM records"))
	require.Equal(t, "0", d.ask("SELECT count(*)::text FROM record_types"))
}

func TestBadRowsAreSkippedAndListed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	file := d.file(head + line("1", "fine") + line("2", "a NUL \x00") + strings.Repeat("4,never\n", 30) + line("3", "fine"))
	list := filepath.Join(t.TempDir(), "bad.csv")
	code, stdout, stderr := d.run("import", file, "--account", "1", "--mapping", "sf311.yaml", "--skip-bad", "--bad-rows", list)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "201   Odor   2")
	require.Contains(t, stderr, "left out: line 3, column status_notes: the value holds a NUL byte\n")
	require.Contains(t, stderr, "and 11 more problems\nmalformed rows left out: 31\n")
	listed, err := os.ReadFile(list)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(listed), "line,column,problem\n3,status_notes,the value holds a NUL byte\n4,,the row has 2 of 10 columns\n"))
	require.Equal(t, 32, strings.Count(string(listed), "\n"))
}

func TestGeneratedRecordsDependOnTheSeedAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	generate := func(more ...string) (int, string, string) {
		return d.run(append([]string{"generate", "--account", "1", "--records", "500"}, more...)...)
	}
	digest := "SELECT md5(string_agg(r::text, ' ' ORDER BY id)) FROM records r"
	code, stdout, stderr := generate("--seed", "1")
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "201   Document Collection  500       0          0      new type")
	first := d.ask(digest)

	code, _, stderr = generate("--seed", "1")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "records of seed 1 are there already")
	code, stdout, _ = generate("--seed", "1", "--if-empty")
	require.Zero(t, code)
	require.Contains(t, stdout, "Document Collection has records already; none were generated")
	require.Equal(t, first, d.ask(digest))

	_, err := d.conn.Exec(t.Context(), "DELETE FROM records")
	require.NoError(t, err)
	code, _, stderr = generate("--seed", "1", "--modified-from", "2023-06-16", "--modified-to", "2026-06-14") // the defaults of that day
	require.Zero(t, code, stderr)
	require.Equal(t, first, d.ask(digest))
}

func TestAStoppedLoadSaysThatNothingWasLoaded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var stderr bytes.Buffer
	code := loader{stdout: &stderr, stderr: &stderr, databaseURL: d.url, now: time.Now()}.run(ctx, []string{"generate", "--account", "1"})
	require.Equal(t, 1, code)
	require.Equal(t, "load: stopped; nothing was loaded\n", stderr.String())
	require.Equal(t, "0", d.ask("SELECT count(*)::text FROM records"))
}

// The public file has 10,000 requests; OFFHOURS_SF311_CSV says where it is.
func TestTheServiceRequestsOfSanFranciscoAreImported(t *testing.T) {
	t.Parallel()
	file := os.Getenv("OFFHOURS_SF311_CSV")
	if file == "" {
		t.Skip("OFFHOURS_SF311_CSV does not name the file of San Francisco's service requests")
	}
	d := newDesk(t)
	code, stdout, stderr := d.run("import", "--account", "1", "--mapping", "sf311.yaml", file)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "total     10000     0          618")
	require.Equal(t, "13", d.ask("SELECT count(*)::text FROM record_types"))
	require.Equal(t, "2 of one, 1419 of the other", d.ask(`SELECT format('%s of one, %s of the other',
		count(*) FILTER (WHERE name = 'MUNI -'), count(*) FILTER (WHERE name = 'MUNI  -'))
		FROM records JOIN record_types t ON t.code = type_code`))
	require.Equal(t, "2017-02-28 11:00:41, 2017-04-18 11:47:07", d.ask(`SELECT format('%s, %s', created_on AT TIME ZONE 'UTC', modified_on AT TIME ZONE 'UTC')
		FROM records WHERE external_key = '6887347'`))
	require.Equal(t, "19", d.ask("SELECT count(*)::text FROM records WHERE modified_on < created_on"))
}
