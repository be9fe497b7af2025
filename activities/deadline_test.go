package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

// A request that would delete with less than 7 of its 30 days of download left
// fails. Its rows are back-dated; no clock is turned.

// backDate makes the request one that was created so long ago.
func (p *pipeline) backDate(age time.Duration) {
	p.T.Helper()
	p.Exec(`ALTER TABLE requests DISABLE TRIGGER requests_guard`)
	p.Exec(`UPDATE requests SET created_on = clock_timestamp() - $1::interval,
		delete_deadline = CASE WHEN delete_deadline IS NOT NULL THEN clock_timestamp() - $1::interval + $2::interval END`,
		age, offhours.DownloadPeriod-offhours.DownloadReserve)
	p.Exec(`ALTER TABLE requests ENABLE TRIGGER requests_guard`)
}

const (
	inTime  = 23*24*time.Hour - time.Minute
	tooLate = 23 * 24 * time.Hour
)

func (p *pipeline) request() offhours.Request {
	p.T.Helper()
	request, err := p.DB.Request(p.T.Context(), p.ref.AccountID, p.ref.RequestID)
	require.NoError(p.T, err)
	return request
}

func TestARequestThatIsJustInTimeDeletes(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 12)
	p.begin(offhours.ExportAndDelete)
	p.backDate(inTime)
	p.archive(p.plan(1)...)
	p.seal(1)
	p.delete(1, 2)

	result, _ := p.finish(nil)

	require.Equal(t, offhours.StatusSuccess, result.Status)
	require.Equal(t, 8, *p.request().DaysLeft)
}

func TestARequestThatComesTooLateExportsNothing(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 12)
	p.begin(offhours.ExportAndDelete)
	p.backDate(tooLate)

	failure := p.failed(p.selection.Plan, activities.PlanInput{RequestRef: p.ref, Round: 1})

	require.Equal(t, offhours.TooLateToDelete(), failure)
	require.Equal(t, "Less than 7 of the 30 days for downloading the files are left, so nothing was deleted. Create a new request.", failure.Detail)
	result, report := p.finish(failure)
	require.Equal(t, offhours.StatusFailed, result.Status)
	require.Equal(t, offhours.Outcomes{NotProcessed: 12}, result.Outcomes)
	require.Len(t, report, 12)
	require.Equal(t, 12, p.left())
	require.Nil(t, p.request().DownloadUntil)
}

func TestARequestWhoseTimeRunsOutWhileItExportsDeletesNothing(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 12)
	p.begin(offhours.ExportAndDelete)
	p.archive(p.plan(1)...)
	p.backDate(tooLate)

	failure := p.failed(p.verification.Seal, activities.SealInput{RequestRef: p.ref, Round: 1})

	require.Equal(t, offhours.TooLateToDelete(), failure)
	result, _ := p.finish(failure)
	require.Equal(t, offhours.Outcomes{NotProcessed: 12}, result.Outcomes)
	require.Equal(t, 12, p.left())
}

// Nights of pauses may take it past the deadline: the rest stays, what was deleted
// can be downloaded for seven days, and all of it is accounted for.
func TestARequestWhoseTimeRunsOutWhileItDeletesStops(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 25)
	p.begin(offhours.ExportAndDelete)
	parts := p.plan(1)
	p.archive(parts...)
	p.seal(1)
	p.delete(1)
	p.backDate(tooLate)

	failure := p.failed(p.deletion.DeletePart, activities.PartInput{RequestRef: p.ref, Part: 2})

	require.Equal(t, offhours.TooLateToDeleteMore(), failure)
	result, report := p.finish(failure)
	require.Equal(t, offhours.StatusFailed, result.Status)
	require.Equal(t, offhours.Outcomes{Deleted: 10, NotProcessed: 15}, result.Outcomes)
	require.Equal(t, map[string]int{"deleted": 10, "notProcessed": 15}, outcomes(report))
	require.Equal(t, 15, p.left())
	require.Equal(t, 7, *p.request().DaysLeft, "it may be the only copy")
}

func TestADeleteOnlyRequestHasNoFilesToRunOutOfTimeFor(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 12)
	p.begin(offhours.DeleteOnly)
	p.backDate(29 * 24 * time.Hour)
	p.archive(p.plan(1)...)
	p.seal(1)
	p.delete(1, 2)

	result, _ := p.finish(nil)

	require.Equal(t, offhours.Outcomes{Deleted: 12}, result.Outcomes)
}
