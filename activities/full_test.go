package activities_test

import (
	"context"
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
	"github.com/offhours/offhours/internal/archive"
)

// fullArchive has no space left for parts, manifests and reports.
type fullArchive struct{ *archive.Store }

func (fullArchive) CreatePart(context.Context, offhours.RequestRef, int, string, offhours.PartShape) (activities.PartWriter, error) {
	return nil, offhours.ErrArchiveFull
}

func (fullArchive) WriteManifest(context.Context, offhours.RequestRef, string, offhours.Manifest, iter.Seq2[offhours.ManifestFile, error]) (offhours.Stored, error) {
	return offhours.Stored{}, offhours.ErrArchiveFull
}

func (fullArchive) CreateReport(context.Context, offhours.RequestRef, string) (activities.ReportWriter, error) {
	return nil, offhours.ErrArchiveFull
}

func TestAnExportThatDoesNotFitFailsAndGivesItsSpaceToTheReport(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 25)
	p.begin(offhours.ExportAndDelete)
	require.Len(t, p.plan(1), 3)
	p.archive(1, 2)
	p.export.Archive = fullArchive{p.store}

	failure := p.failed(p.export.ExportPart, activities.PartInput{RequestRef: p.ref, Part: 3})

	require.Equal(t, offhours.ArchiveFull(), failure)
	result, report := p.finish(failure)
	require.Equal(t, activities.FinishResult{Status: offhours.StatusFailed, Outcomes: offhours.Outcomes{NotProcessed: 25}, Failure: failure}, result)
	require.Equal(t, map[string]int{"notProcessed": 25}, outcomes(report))
	require.NotEmpty(t, report[19][0], "what was listed is named")
	require.Empty(t, report[20][0])
	require.Len(t, p.keys(), 3, "two lists and the report")
	for _, key := range p.keys() {
		require.True(t, strings.HasSuffix(key, ".list.csv") || strings.HasPrefix(key, "reports/"), key)
	}
	require.Equal(t, 25, p.left())
}

func TestAManifestThatDoesNotFitFailsBeforeAnythingIsDeleted(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 5)
	p.begin(offhours.ExportAndDelete)
	p.archive(p.plan(1)...)
	p.verification.Archive = fullArchive{p.store}

	failure := p.failed(p.verification.Seal, activities.SealInput{RequestRef: p.ref, Round: 1})

	require.Equal(t, offhours.ArchiveFull(), failure)
	require.Equal(t, 5, p.left())
}

func TestFilesOfWhatWasDeletedStayWhenALaterRoundDoesNotFit(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 5)
	p.mayDelete()
	p.Exec(`SET session_replication_role = replica`)
	p.Exec(`UPDATE records SET note = 'rewritten' WHERE note = 'note 2'`)
	p.delete(1)
	files := p.keys()
	require.Equal(t, []int{2}, p.plan(2))
	p.export.Archive = fullArchive{p.store}

	failure := p.failed(p.export.ExportPart, activities.PartInput{RequestRef: p.ref, Part: 2})

	result, _ := p.finish(failure)
	require.Equal(t, offhours.StatusFailed, result.Status)
	require.Equal(t, 4, result.Outcomes.Deleted)
	require.Subset(t, p.keys(), files)
	require.Equal(t, 1, p.left())
}

func TestAReportThatDoesNotFitIsTriedAgain(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 5)
	p.mayDelete()
	p.delete(1)
	require.NoError(t, p.do(nil, p.closing.Fence, activities.FenceInput{RequestRef: p.ref}))
	p.closing.Archive = fullArchive{p.store}

	err := p.do(nil, p.closing.Report, p.ref)

	require.ErrorContains(t, err, offhours.ErrArchiveFull.Error())
	require.Nil(t, activities.FailureOf(err), "it is an outage")
	p.closing.Archive = closingArchive{p.store}
	result, report := p.finish(nil)
	require.Equal(t, offhours.StatusSuccess, result.Status)
	require.Len(t, report, 5)
}
