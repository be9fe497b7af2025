package activities_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

// terminated ends the request as CloseRequest does.
func (p *pipeline) terminated() (activities.FinishResult, [][]string) {
	p.T.Helper()
	return p.finish(offhours.Terminated())
}

func TestATerminatedRequestIsAccountedForExactly_WhereverItWas(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		arrange func(p *pipeline)
		want    offhours.Outcomes
	}{
		"planned":         {func(p *pipeline) { p.plan(1) }, offhours.Outcomes{NotProcessed: 25}},
		"partly exported": {func(p *pipeline) { p.plan(1); p.archive(1) }, offhours.Outcomes{NotProcessed: 25}},
		"exported":        {func(p *pipeline) { p.archive(p.plan(1)...); p.seal(1) }, offhours.Outcomes{NotProcessed: 25}},
		"partly deleted":  {func(p *pipeline) { p.archive(p.plan(1)...); p.seal(1); p.delete(1) }, offhours.Outcomes{Deleted: 10, NotProcessed: 15}},
		"completely so":   {func(p *pipeline) { p.archive(p.plan(1)...); p.seal(1); p.delete(1, 2, 3) }, offhours.Outcomes{Deleted: 25}},
		"with an exception": {func(p *pipeline) {
			p.archive(p.plan(1)...)
			p.seal(1)
			p.Exec(`UPDATE records SET note = 'edited' WHERE note = 'note 3'`)
			p.delete(1)
		}, offhours.Outcomes{Deleted: 9, KeptChanged: 1, NotProcessed: 15}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, 25)
			p.begin(offhours.ExportAndDelete)
			test.arrange(p)

			result, report := p.terminated()

			require.Equal(t, offhours.StatusFailed, result.Status)
			require.Equal(t, offhours.FailureTerminated, result.Failure.Code)
			require.Equal(t, test.want, result.Outcomes)
			require.Len(t, report, 25)
			require.Equal(t, 25-test.want.Deleted, p.left())
			left := p.left()
			require.ErrorContains(t, p.do(nil, p.deletion.DeletePart, activities.PartInput{RequestRef: p.ref, Part: 2}), "ended", "the attempt that was left behind")
			require.Equal(t, left, p.left())
		})
	}
}

// purges has the purge look at everything, long after the end.
func (p *pipeline) purges() (result activities.PurgeResult) {
	p.T.Helper()
	p.Exec(`UPDATE requests SET completed_on = completed_on - interval '3 hours'`)
	purge := &activities.Purge{Store: p.DB, Archive: p.store}
	p.env.RegisterActivity(purge)
	require.NoError(p.T, p.do(&result, purge.Exports, activities.PurgeInput{}))
	return result
}

func TestExpiredExportsArePurgedAndReportsStay(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 15)
	p.mayDelete()
	p.delete(1, 2)
	p.finish(nil)
	before := p.keys()

	require.Zero(t, p.purges().Requests, "they may be downloaded")
	require.Equal(t, before, p.keys())
	p.Age(p.ref.RequestID, "30 days")

	result := p.purges()

	require.Equal(t, 1, result.Requests)
	require.Equal(t, 5, result.Files)
	require.Len(t, p.keys(), 1)
	require.True(t, strings.HasPrefix(p.keys()[0], "reports/"))
	require.Zero(t, p.purges().Requests, "it is done once")
}

func TestWhatNobodyMayEverDownloadIsPurgedSoonAfterTheEnd(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind   offhours.RequestType
		delete bool
	}{{offhours.DeleteOnly, true}, {offhours.ExportAndDelete, false}} {
		p := newPipeline(t, 15)
		p.begin(test.kind)
		p.archive(p.plan(1)...)
		p.seal(1)
		if test.delete {
			p.delete(1, 2)
		}
		require.Zero(t, p.purges().Requests, "it has not ended")
		require.NotEmpty(t, p.keys())
		p.finish(map[bool]*offhours.Failure{false: offhours.Terminated()}[test.delete])

		require.Equal(t, 1, p.purges().Requests)
		require.Len(t, p.keys(), 1, "the report")
	}
}

// brokenFolder is a bucket in which one folder cannot be emptied.
type brokenFolder struct {
	activities.PurgeArchive
	id string
}

func (b brokenFolder) PurgeExport(ctx context.Context, ref offhours.RequestRef) (int, error) {
	if ref.RequestID == b.id {
		return 0, errors.New("access denied")
	}
	return b.PurgeArchive.PurgeExport(ctx, ref)
}

func TestAFolderThatCannotBePurgedDoesNotKeepTheOthers(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 0)
	bad, good := p.Queue(code, 1), p.Queue(code+1, 1)
	p.Revoke(bad)
	p.Revoke(good)
	p.Exec(`UPDATE requests SET completed_on = now() - interval '3 hours' - CASE WHEN id = $1 THEN interval '1 hour' ELSE '0' END`, bad)
	purge := &activities.Purge{Store: p.DB, Archive: brokenFolder{p.store, bad}}
	p.env.RegisterActivity(purge)
	var result activities.PurgeResult

	require.NoError(t, p.do(&result, purge.Exports, activities.PurgeInput{}))

	require.Equal(t, 1, result.Requests)
	require.Equal(t, 1, result.Failed)
	require.Equal(t, good, result.Last.RequestID)
	require.Equal(t, 1, p.purges().Requests, "it is tried again")
}

// postbox accepts mails, or does what a test wants.
type postbox func(n offhours.Notice) (string, error)

func (p postbox) Send(_ context.Context, n offhours.Notice) (string, error) { return p(n) }

func TestADeliveryGoesOnWhereTheOneBeforeWasKilled(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 1)
	for range 4 {
		p.AddUser(p.Account.ID, uuid.NewString()+"@acme.example", offhours.RoleAdministrator)
	}
	p.begin(offhours.DeleteOnly)
	p.archive(p.plan(1)...)
	p.seal(1)
	p.delete(1)
	p.finish(nil)
	mails := map[string]int{}
	refused := 0
	notices := &activities.Notices{Store: p.DB, Postbox: postbox(func(n offhours.Notice) (string, error) {
		if len(mails) == 2 && refused < 3 {
			refused++
			return "", &activities.SendError{Err: errors.New("no credits")}
		}
		mails[n.RecipientEmail]++
		return "m", nil
	})}
	p.env.RegisterActivity(notices)
	input := activities.DeliverInput{RequestRef: p.ref, Kind: offhours.NoticeSuccess}

	require.ErrorContains(t, p.do(nil, notices.Deliver, input), "a mail was not accepted yet")
	require.Len(t, mails, 2)
	require.NoError(t, p.do(nil, notices.Deliver, input))

	require.Len(t, mails, 5, "every active administrator")
	for address, times := range mails {
		require.Equal(t, 1, times, address)
	}
}
