package activities_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	_ "gocloud.dev/blob/fileblob"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
	"github.com/offhours/offhours/internal/archive"
)

// through exports and deletes everything but the objects.
func (p *pipeline) through(kind offhours.RequestType) {
	p.T.Helper()
	p.begin(kind)
	parts := p.plan(1)
	p.archive(parts...)
	p.seal(1)
	p.delete(parts...)
}

func (p *pipeline) removeFiles() (result activities.RemoveResult) {
	p.T.Helper()
	require.NoError(p.T, p.do(&result, p.attachments.RemoveFiles, p.ref))
	return result
}

// reasons returns what the report says of each record.
func reasons(report [][]string) (reasons []string) {
	for _, line := range report {
		reasons = append(reasons, line[2]+": "+line[5])
	}
	return reasons
}

func TestObjectsGoAfterTheirRecordsAndTheReportSaysWhatStays(t *testing.T) {
	t.Parallel()
	for _, kind := range []offhours.RequestType{offhours.ExportAndDelete, offhours.DeleteOnly} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, 5)
			gone := p.attach("0", "a.pdf", "gone")
			shared := p.attach("1", "b.pdf", "shared")
			p.AddType(999, 0, 0)
			p.Exec(`INSERT INTO records (account_id, id, type_code, created_on, modified_on, note) VALUES ($1, gen_random_uuid(), 999, now(), now(), 'note x')`, p.Account.ID)
			p.Attach(p.record("x"), "b.pdf", shared)
			replaced := p.attach("2", "c.pdf", "replaced")
			p.Attach(p.record("3"), "d.pdf", p.FileKey())
			twice := p.attach("4", "e.pdf", "of one record, twice")
			p.Attach(p.record("4"), "f.pdf", twice)
			p.through(kind)
			require.True(t, p.exists(gone), "until its record's deletion is committed")
			p.upload(replaced, "something else")

			require.GreaterOrEqual(t, p.removeFiles().Removed, 2)
			require.Zero(t, p.removeFiles().Removed, "what is done is not done again")

			require.Equal(t, []bool{false, true, true, false}, []bool{p.exists(gone), p.exists(shared), p.exists(replaced), p.exists(twice)})
			result, report := p.finish(nil)
			require.Equal(t, offhours.Outcomes{Deleted: 5}, result.Outcomes)
			when, since := "exported", "the export"
			if kind == offhours.DeleteOnly {
				when, since = "listed", "it was listed"
			}
			require.Equal(t, []string{"deleted: ", "deleted: 1 file stays: another record refers to it", "deleted: 1 file stays: it was replaced after " + since,
				"deleted: 1 attachment was missing when it was " + when, "deleted: "}, reasons(report))
			require.Equal(t, 1, p.Count("files"))
		})
	}
}

func TestAnAttachmentThatCameAfterTheExportKeepsItsRecordAndItsFile(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 2)
	exported := p.attach("0", "a.pdf", "exported")
	p.mayDelete()
	late := p.attach("0", "b.pdf", "late")
	p.delete(1)
	p.removeFiles()

	result, report := p.finish(nil)

	require.Equal(t, offhours.Outcomes{Deleted: 1, KeptAttachment: 1}, result.Outcomes)
	require.Equal(t, "keptAttachment: has an attachment that is not in the export", reasons(report)[0])
	require.True(t, p.exists(exported) && p.exists(late))
	require.Equal(t, 2, p.Count("attachments"))
}

func TestARewrittenRecordIsExportedAnewWithItsAttachments(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 3)
	keys := []string{p.attach("0", "a.pdf", "first"), p.attach("1", "b.pdf", "second"), p.attach("1", "c.pdf", "third")}
	p.mayDelete()
	p.Exec(`SET session_replication_role = replica`)
	p.Exec(`UPDATE records SET note = note WHERE note = 'note 1'`)
	p.delete(1)
	require.Equal(t, []int{2}, p.plan(2))
	p.archive(2)
	p.seal(2)
	p.delete(2)

	require.Equal(t, 3, p.removeFiles().Removed)

	require.Len(t, p.copied(2), 2, "of the rewritten record alone")
	require.Equal(t, 5, p.manifest().Attachments)
	for _, key := range keys {
		require.False(t, p.exists(key))
	}
	result, report := p.finish(nil)
	require.Equal(t, offhours.Outcomes{Deleted: 3}, result.Outcomes)
	require.Equal(t, []string{"deleted: ", "deleted: ", "deleted: "}, reasons(report))
	_, err := archive.OpenExport(p.download())
	require.NoError(t, err)
}

// crashing fails behind a released object, before or after it is removed.
type crashing struct {
	*archive.Store
	after   bool
	crashed atomic.Bool
}

func (c *crashing) RemoveFile(ctx context.Context, accountID int64, key, etag string) (offhours.FileState, error) {
	if !c.crashed.CompareAndSwap(false, true) {
		return c.Store.RemoveFile(ctx, accountID, key, etag)
	}
	if c.after {
		_, _ = c.Store.RemoveFile(ctx, accountID, key, etag)
	}
	return "", errors.New("killed")
}

func TestAWorkerThatIsKilledBetweenARowAndItsObjectIsTakenOver(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		p := newPipeline(t, 1)
		key := p.attach("0", "a.pdf", "content")
		p.through(offhours.ExportAndDelete)
		p.attachments.Archive = &crashing{Store: p.store, after: after}

		require.Error(t, p.do(nil, p.attachments.RemoveFiles, p.ref))
		require.Zero(t, p.Count("files"))
		p.removeFiles()

		require.False(t, p.exists(key))
		_, report := p.finish(nil)
		require.Equal(t, []string{"deleted: "}, reasons(report))
	}
}

func TestARequestThatEndsEarlyRemovesTheFilesOfWhatItDeletedOutsideTheWindow(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 12)
	first, second := p.attach("0", "a.pdf", "first"), p.attach("11", "b.pdf", "second")
	p.mayDelete()
	p.delete(1)
	p.Exec(`UPDATE requests SET window_close = clock_timestamp()`)
	require.Equal(t, activities.RemoveResult{WindowClosed: true}, p.removeFiles())
	require.True(t, p.exists(first))

	require.NoError(t, p.do(nil, p.closing.Fence, activities.FenceInput{RequestRef: p.ref, Failure: &offhours.Failure{Code: offhours.FailureCancelled}}))
	require.Equal(t, activities.RemoveResult{Removed: 1}, p.removeFiles())

	require.False(t, p.exists(first))
	require.True(t, p.exists(second))
	result, _ := p.finish(nil)
	require.Equal(t, offhours.Outcomes{Deleted: 10, NotProcessed: 2}, result.Outcomes)
}

// lateReader reads a copy for so long that the window closes meanwhile.
type lateReader struct {
	*archive.Store
	closed func() bool
}

func (l lateReader) Check(ctx context.Context, file offhours.Stored) error {
	for !l.closed() {
		runtime.Gosched()
	}
	return l.Store.Check(ctx, file)
}

func TestAnObjectWhoseCopyIsReadUntilTheWindowClosesStaysForTheNextOne(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 1)
	key := p.attach("0", "a.pdf", "content")
	p.through(offhours.ExportAndDelete)
	p.attachments.Archive = lateReader{Store: p.store, closed: func() (closed bool) {
		p.Scan(&closed, `SELECT clock_timestamp() > window_close - interval '5.9 s' FROM requests`)
		return closed
	}}
	p.Exec(`UPDATE requests SET window_close = clock_timestamp() + interval '6.7 s'`)

	require.Equal(t, activities.RemoveResult{WindowClosed: true}, p.removeFiles())

	require.True(t, p.exists(key))
	p.Exec(`UPDATE requests SET window_close = clock_timestamp() + interval '1 hour'`)
	p.attachments.Archive = p.store
	require.Equal(t, activities.RemoveResult{Removed: 1}, p.removeFiles())
	require.False(t, p.exists(key))
}

func TestACopyThatChangedAfterItWasVerifiedDeletesNothing(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 2)
	key := p.attach("0", "a.pdf", "content")
	p.mayDelete()
	p.flip("part-", ".bin")

	failure := p.failed(p.deletion.DeletePart, activities.PartInput{RequestRef: p.ref, Part: 1})

	require.Equal(t, offhours.FailureArchiveChanged, failure.Code)
	require.Equal(t, 2, p.left())
	require.True(t, p.exists(key))
}

func TestAnObjectWhoseCopyIsLostIsKept(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 1)
	key := p.attach("0", "a.pdf", "content")
	p.through(offhours.ExportAndDelete)
	p.truncate("part-", ".bin")

	require.Zero(t, p.removeFiles().Removed)

	require.True(t, p.exists(key))
	_, report := p.finish(nil)
	require.Equal(t, []string{"deleted: 1 file stays: its copy is no longer in the archive"}, reasons(report))
}

// No row names them any more, so that nothing else tells where they are.
func TestAPurgeDoesNotForgetObjectsThatStay(t *testing.T) {
	t.Parallel()
	for _, kind := range []offhours.RequestType{offhours.ExportAndDelete, offhours.DeleteOnly} {
		p := newPipeline(t, 3)
		p.attach("0", "a.pdf", "goes")
		replaced := p.attach("1", "b.pdf", "content")
		want := map[string]string{replaced: "replaced"}
		if kind == offhours.ExportAndDelete {
			want[p.attach("2", "c.pdf", "content")] = "unproven"
		}
		p.through(kind)
		p.upload(replaced, "something else")
		if kind == offhours.ExportAndDelete {
			require.NoError(t, p.store.Remove(t.Context(), p.copied(1)["c.pdf"].ArchiveKey))
		}
		p.removeFiles()
		p.finish(nil)
		p.Exec(`UPDATE copies SET field = 'mx_Custom_3~mx_CustomObject_1' WHERE name IS NOT NULL`)
		p.Age(p.ref.RequestID, "30 days")
		require.Equal(t, 1, p.purges().Requests)

		left := map[string]string{}
		rows, err := p.Conn.Query(t.Context(), `SELECT file_key, t.state FROM tombstones t JOIN copies c USING (request_id, part, number)
			WHERE coalesce(c.name, '') = '' AND c.field IS NULL`)
		require.NoError(t, err)
		var key, state string
		_, err = pgx.ForEachRow(rows, []any{&key, &state}, func() error { left[key] = state; return nil })
		require.NoError(t, err)
		require.Equal(t, want, left)
		require.Equal(t, len(want), p.Count("copies"))
		for key := range want {
			require.True(t, p.exists(key))
		}
	}
}

func TestTheFilesOfAnExportAreOfferedWithItsAttachments(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 1)
	p.attach("0", "a.html", "<script>")
	p.Attach(p.record("0"), "lost.pdf", p.FileKey())
	p.through(offhours.ExportAndDelete)
	p.removeFiles()
	p.finish(nil)

	files, _, err := p.DB.Files(t.Context(), p.ref.AccountID, p.ref.RequestID)

	require.NoError(t, err)
	var names, kinds []string
	for _, f := range files {
		names, kinds = append(names, f.Name), append(kinds, f.Kind)
	}
	attachment := p.copied(1)["a.html"].File
	require.Equal(t, []string{"records-0001.csv", attachment, "records-0001.list.csv", "manifest.json"}, names)
	require.Equal(t, []string{"csv", "attachment", "manifest", "manifest"}, kinds)
}

// hugeFile is an object that is never in memory.
const hugeFile = 64 << 20

// It runs alone, because it counts what the whole process allocates.
func TestAHugeObjectIsStreamed(t *testing.T) {
	p := newPipeline(t, 1)
	store, err := archive.Open(t.Context(), "file://"+t.TempDir()+"?no_tmp_dir=true&metadata=skip")
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close() })
	p.store = store
	p.work()
	key := p.FileKey()
	file, err := store.Create(t.Context(), key, "application/octet-stream")
	require.NoError(t, err)
	written, err := io.Copy(file, io.LimitReader(zeros{}, hugeFile))
	require.NoError(t, err)
	require.Equal(t, int64(hugeFile), written)
	_, err = file.Commit()
	require.NoError(t, err)
	p.Attach(p.record("0"), "video.mp4", key)
	p.begin(offhours.ExportAndDelete)
	p.plan(1)

	before := allocated()
	p.archive(1)
	require.Less(t, allocated()-before, uint64(hugeFile/4), "bytes allocated for a file of %d", hugeFile)

	require.Equal(t, int64(hugeFile), p.copied(1)["video.mp4"].Bytes)
	p.seal(1)
	p.delete(1)
	require.Equal(t, 1, p.removeFiles().Removed)
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// allocated is how many bytes the process has ever asked for.
func allocated() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}
