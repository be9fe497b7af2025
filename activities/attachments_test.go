package activities_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

// record returns the id of the record with a note.
func (p *pipeline) record(n string) (id string) {
	p.T.Helper()
	p.Scan(&id, `SELECT id::text FROM records WHERE note = 'note ' || $1::text`, n)
	return id
}

// attach gives the record with a note an attachment with an object of its own,
// and returns the object's key.
func (p *pipeline) attach(record, name, content string) (key string) {
	p.T.Helper()
	key = p.FileKey()
	p.Attach(p.record(record), name, key)
	p.upload(key, content)
	return key
}

func (p *pipeline) upload(key, content string) {
	p.T.Helper()
	require.NoError(p.T, p.bucket.WriteAll(p.T.Context(), key, []byte(content), nil))
}

func (p *pipeline) exists(key string) bool {
	p.T.Helper()
	exists, err := p.bucket.Exists(p.T.Context(), key)
	require.NoError(p.T, err)
	return exists
}

// copied returns the copies of a part by the names of their attachments.
func (p *pipeline) copied(part int) map[string]offhours.Copy {
	p.T.Helper()
	copies, err := p.DB.Copies(p.T.Context(), offhours.Part{RequestRef: p.ref, Number: part})
	require.NoError(p.T, err)
	byName := map[string]offhours.Copy{}
	for _, c := range copies {
		byName[c.Name] = c
	}
	return byName
}

func TestAttachmentsAreCopiedWithTheirChecksumsAndReadBack(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 12)
	p.attach("1", "a \"quoted\", é.PDF", "first")
	p.attach("1", "../../etc/passwd", "")
	p.attach("11", "noch eins.tar.gz", strings.Repeat("x", 1<<20))
	p.Attach(p.record("11"), "lost.png", p.FileKey())
	p.Exec(`UPDATE attachments SET field = 'mx_Custom_3~mx_CustomObject_1' WHERE name LIKE 'noch%'`)
	p.begin(offhours.ExportAndDelete)

	p.archive(p.plan(1)...)
	p.seal(1)

	first := p.copied(1)["a \"quoted\", é.PDF"]
	require.Regexp(t, `^attachment-0001-0000[12]\.pdf$`, first.File)
	require.Equal(t, int64(5), first.Bytes)
	require.Equal(t, "a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e", first.SHA256)
	text, err := p.bucket.ReadAll(t.Context(), first.ArchiveKey)
	require.NoError(t, err)
	require.Equal(t, "first", string(text))
	require.Regexp(t, `^attachment-0001-0000[12]$`, p.copied(1)["../../etc/passwd"].File)
	require.True(t, p.copied(2)["lost.png"].Missing)
	part, err := p.DB.Part(t.Context(), p.ref, 2)
	require.NoError(t, err)
	csv, err := p.bucket.ReadAll(t.Context(), part.Files.CSV.Key)
	require.NoError(t, err)
	require.Contains(t, string(csv), `""field"": ""mx_Custom_3~mx_CustomObject_1""`)
	require.Contains(t, string(csv), `""missing"": true`)
	manifest := p.manifest()
	require.Equal(t, []int{3, 1, 7}, []int{manifest.Attachments, manifest.MissingAttachments, len(manifest.Files)})
	require.Equal(t, offhours.ManifestFile{Name: p.copied(2)["noch eins.tar.gz"].File, Kind: offhours.FileAttachment, Part: 2,
		Bytes: 1 << 20, SHA256: p.copied(2)["noch eins.tar.gz"].SHA256}, manifest.Files[6])
}

func (p *pipeline) manifest() (manifest offhours.Manifest) {
	p.T.Helper()
	var key string
	p.Scan(&key, `SELECT manifest_key FROM requests`)
	text, err := p.bucket.ReadAll(p.T.Context(), key)
	require.NoError(p.T, err)
	require.NoError(p.T, json.Unmarshal(text, &manifest))
	return manifest
}

func TestADeleteOnlyRequestCopiesNothingAndKeepsNoNames(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 2)
	key := p.attach("1", "secret name.pdf", "secret content")
	p.begin(offhours.DeleteOnly)

	p.archive(p.plan(1)...)
	p.seal(1)

	for _, stored := range p.keys() {
		text, err := p.bucket.ReadAll(t.Context(), stored)
		require.NoError(t, err)
		require.Equal(t, stored == key, bytes.Contains(text, []byte("secret")), stored)
	}
	c := p.copied(1)[""]
	require.NotEmpty(t, c.ETag)
	require.Empty(t, c.ArchiveKey)
}

func TestACopyThatDoesNotReadBackIsMadeAnew(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 2)
	p.attach("1", "a.pdf", "content")
	p.begin(offhours.ExportAndDelete)
	p.plan(1)
	p.part(p.export.ExportPart, 1)
	p.flip("part-", ".bin")

	require.True(t, p.part(p.verification.VerifyPart, 1).Corrupt)
	require.Empty(t, p.copied(1))
	p.archive(1)
	require.Equal(t, 2, p.seal(1).Listed)
}

func TestAnExportGoesOnWithTheAttachmentsThatAreLeft(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 1)
	for range 40 {
		p.attach("0", "a.pdf", "content")
	}
	p.begin(offhours.ExportAndDelete)
	p.plan(1)
	bucket := &failingCopies{exportArchive: exportArchive{p.store}, after: 35}
	p.export.Archive = bucket
	require.Error(t, p.do(nil, p.export.ExportPart, activities.PartInput{RequestRef: p.ref, Part: 1}))
	require.GreaterOrEqual(t, p.Count("copies"), 35)
	recorded := p.Count("copies")

	bucket.calls.Store(0)
	bucket.after = 1000
	p.archive(1)

	require.Equal(t, 40, p.Count("copies"))
	require.Equal(t, 40-recorded, int(bucket.calls.Load()))
	require.Equal(t, 1, p.seal(1).Listed)
}

func TestAWindowThatClosesStopsTheCopiesAtTheirEdge(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 1)
	for range 40 {
		p.attach("0", "a.pdf", "content")
	}
	p.begin(offhours.ExportAndDelete)
	p.plan(1)
	p.export.Archive = &failingCopies{exportArchive: exportArchive{p.store}, after: 1000, then: func() {
		p.Exec(`UPDATE requests SET window_close = clock_timestamp()`)
	}}

	require.True(t, p.part(p.export.ExportPart, 1).WindowClosed)
	require.Equal(t, 32, p.Count("copies"))

	p.Exec(`UPDATE requests SET window_close = clock_timestamp() + interval '1 h'`)
	p.export.Archive = exportArchive{p.store}
	p.archive(1)
	require.Equal(t, 40, p.Count("copies"))
}

func TestASupersededAttemptRecordsNoCopyAndLeavesNone(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 1)
	p.attach("0", "a.pdf", "content")
	p.begin(offhours.ExportAndDelete)
	p.plan(1)
	p.export.Archive = &failingCopies{exportArchive: exportArchive{p.store}, after: 1000, then: func() {
		_, err := p.DB.ClaimPart(p.T.Context(), p.ref, 1)
		require.NoError(p.T, err)
	}}

	require.ErrorContains(t, p.do(nil, p.export.ExportPart, activities.PartInput{RequestRef: p.ref, Part: 1}), "fenced")
	require.Zero(t, p.Count("copies"))
	require.Len(t, p.keys(), 1)
}

func TestOnlyTheVersionOfAnAttachmentThatTheListFindsIsExported(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{"new.pdf": `name = 'new.pdf'`, "old.pdf": `name = name`} {
		t.Run(change, func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, 2)
			p.attach("0", "old.pdf", "content")
			p.begin(offhours.ExportAndDelete)
			p.plan(1)
			p.export.Archive = &failingCopies{exportArchive: exportArchive{p.store}, after: 1000, then: func() {
				p.Exec(`UPDATE attachments SET ` + change)
			}}

			p.archive(1)
			p.seal(1)

			require.Equal(t, 1, p.Count("copies"))
			require.Contains(t, p.copied(1), name)
			require.Equal(t, 1, p.manifest().Attachments)
			p.delete(1)
			require.Zero(t, p.left())
		})
	}
}
