package main

import (
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// objects returns the names of all files in the bucket.
func (d desk) objects() (names []string) {
	d.t.Helper()
	names, err := filepath.Glob(filepath.Join(d.bucket, "files", "1", "*"))
	require.NoError(d.t, err)
	return names
}

func TestImportedRecordsHaveTheirFiles(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	run := func() string {
		code, stdout, stderr := d.run("import", "--account", "1", "--mapping", "sf311.yaml", "sample.csv")
		require.Zero(t, code, stderr)
		return stdout
	}
	require.Contains(t, run(), "total         300       0          16")
	require.Equal(t, `20150186.jpg "20150186.jpg"`, d.ask(`
		SELECT name || ' ' || ((fields->>split_part(field, '~', 1))::jsonb->split_part(field, '~', 2))::text
		FROM attachments JOIN records r ON r.id = record_id WHERE external_key = '20150186'`))
	require.Equal(t, "16", d.ask("SELECT count(*)::text FROM files JOIN attachments ON key = file_key"))
	stored := d.objects()
	require.Len(t, stored, 16)

	require.Contains(t, run(), "total         0         300        0")
	require.Equal(t, stored, d.objects())
}

func TestGeneratedRecordsHaveTheShareOfFilesThatWasAskedFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	generate := func(bucketURL string) (int, string, string) {
		return d.runWith(bucketURL, "generate", "--account", "1", "--records", "400", "--attachments", "0.25")
	}
	code, _, stderr := generate("")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "OFFHOURS_BUCKET_URL is not set")
	code, _, stderr = generate("file://" + d.bucket + "/nowhere")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "open the bucket")
	require.Contains(t, stderr, "Nothing was loaded.")
	require.Equal(t, "0", d.ask("SELECT count(*)::text FROM records"))

	code, _, stderr = generate("file://" + d.bucket + "?metadata=skip&no_tmp_dir=true")
	require.Zero(t, code, stderr)
	require.Equal(t, "true", d.ask("SELECT (count(DISTINCT record_id) BETWEEN 60 AND 140 AND count(field) > 10 AND count(*) - count(field) > 60)::text FROM attachments"))
	require.Equal(t, strconv.Itoa(len(d.objects())), d.ask("SELECT count(*)::text FROM files JOIN attachments ON key = file_key"))
}

func TestFilesNeedABucket(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	code, _, stderr := d.runWith("", "import", "--account", "1", "--mapping", "sf311.yaml", "sample.csv")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "OFFHOURS_BUCKET_URL is not set, and there are records with files")
	require.Contains(t, stderr, "Nothing was loaded.")
	require.Equal(t, "0", d.ask("SELECT count(*)::text FROM records"))

	code, _, stderr = d.runWith("", "import", "--account", "1", "--mapping", "sf311.yaml", d.file(head+line("1", "fine")))
	require.Zero(t, code, stderr)
}

func TestProgressCountsFiles(t *testing.T) {
	t.Parallel()
	p := &progress{unit: "records", done: 4000, total: 20_000}
	require.Equal(t, "4000 of 20000 records", p.position())
	p.addFiles(312)
	require.Equal(t, "4000 of 20000 records, 312 files", p.position())
}
