package workflows

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

var (
	ref     = offhours.RequestRef{AccountID: 7, RequestID: "5f0c6a52-6d7e-4c1e-9a54-0d8d7c1b2a3e"}
	created = time.Date(2026, 4, 30, 4, 30, 0, 0, time.UTC)
	opens   = created.Add(8 * time.Hour) // the window
)

// life is one request's life under the clock of a test environment. Around it
// stands the smallest outside that keeps the rules of the real one; a test
// replaces the answers that its situation is about.
type life struct {
	*testing.T
	env *testsuite.TestWorkflowEnvironment
	in  BulkRequestInput

	scheduleStart func() (offhours.Timing, error)
	begin         func() (offhours.Timing, error)
	resume        func() (offhours.Timing, error)
	revoke        func() (offhours.Status, error)
	plan          func(round int) ([]int, error)
	export        func(part int) (activities.PartResult, error)
	verify        func(part int) (activities.PartResult, error)
	seal          func(round int) (activities.SealResult, error)
	delete        func(part int) (activities.PartResult, error)
	removeFiles   func() (activities.RemoveResult, error)
	proveGone     func() error
	fence         func() error
	report        func() error
	finish        func() (activities.FinishResult, error)
	deliver       func(kind offhours.NoticeKind) error

	mu       sync.Mutex
	status   offhours.Status // in the database
	steps    []string        // that the outside was asked for, in order
	mails    []offhours.NoticeKind
	fenced   *offhours.Failure
	statuses []string // of the search attribute
	takes    map[string]time.Duration
}

func newLife(t *testing.T) *life {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	l := &life{T: t, env: suite.NewTestWorkflowEnvironment(), status: offhours.StatusInQueue, takes: map[string]time.Duration{}}
	l.in = BulkRequestInput{
		RequestRef: ref, ActivityType: 201, RequestType: offhours.ExportAndDelete,
		Range: offhours.DateRange{Days: 30}, Selection: offhours.Selection{Before: created.AddDate(0, 0, -29)},
		Records: 30, CreatedBy: "0c3f2f56-0d4e-4a0e-8a57-3a1a3f1d6a11", CreatedOn: created,
	}
	l.env.SetStartTime(created)
	l.env.SetTestTimeout(time.Minute) // of a busy machine's time
	Register(l.env)
	l.env.OnUpsertTypedSearchAttributes(mock.MatchedBy(l.sawAttributes)).Return(nil)
	l.expectControl()
	l.expectBulk()
	return l
}

// step notes that the outside was asked, and lets a test answer in its place.
func step[T any](l *life, answer func() (T, error), otherwise func() T, format string, args ...any) (T, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.steps = append(l.steps, fmt.Sprintf(format, args...))
	if answer != nil {
		return answer()
	}
	return otherwise(), nil
}

// after is how long a step takes: by the first of its names that the test knows.
func (l *life) after(names ...string) func() time.Duration {
	return func() time.Duration {
		for _, name := range names {
			if d, ok := l.takes[name]; ok {
				return d
			}
		}
		return 0
	}
}

func (l *life) expectControl() {
	var timing *activities.Timing
	var closing *activities.Closing
	l.env.OnActivity(timing.ScheduleStart, mock.Anything, ref).AfterFn(l.after("Schedule")).Return(func(context.Context, offhours.RequestRef) (offhours.Timing, error) {
		return step(l, l.scheduleStart, func() offhours.Timing { return l.timing(opens) }, "Schedule")
	})
	l.env.OnActivity(timing.Begin, mock.Anything, ref).AfterFn(l.after("Begin")).Return(func(context.Context, offhours.RequestRef) (offhours.Timing, error) {
		return step(l, l.begin, l.begun, "Begin")
	})
	l.env.OnActivity(timing.Resume, mock.Anything, ref).Return(func(context.Context, offhours.RequestRef) (offhours.Timing, error) {
		return step(l, l.resume, func() offhours.Timing { return l.timing(time.Time{}) }, "Resume")
	})
	l.env.OnActivity(timing.Revoke, mock.Anything, mock.MatchedBy(func(in activities.RevokeInput) bool { return in.RequestRef == ref })).
		AfterFn(l.after("Revoke")).Return(func(_ context.Context, in activities.RevokeInput) (offhours.Status, error) {
		return step(l, l.revoke, l.revoked, "Revoke by %s: %s", in.By, in.Reason)
	})
	l.env.OnActivity(closing.Fence, mock.Anything, mock.MatchedBy(func(in activities.FenceInput) bool { return in.RequestRef == ref })).
		Return(func(_ context.Context, in activities.FenceInput) error {
			_, err := step(l, only(l.fence), func() any { l.fenced = in.Failure; return nil }, "Fence")
			return err
		})
	l.env.OnActivity(closing.Finish, mock.Anything, ref).AfterFn(l.after("Finish")).Return(func(context.Context, offhours.RequestRef) (activities.FinishResult, error) {
		return step(l, l.finish, l.finished, "Finish")
	})
}

func (l *life) expectBulk() {
	var selection *activities.Selection
	var parts *activities.Parts
	var verification *activities.Verification
	var deletion *activities.Deletion
	var closing *activities.Closing
	var notices *activities.Notices
	ofRef := mock.MatchedBy(func(in activities.PartsInput) bool { return in.RequestRef == ref })
	l.env.OnActivity(selection.Plan, mock.Anything, mock.MatchedBy(func(in activities.PlanInput) bool { return in.RequestRef == ref })).
		Return(func(_ context.Context, in activities.PlanInput) (activities.PlanResult, error) {
			parts, err := step(l, with(in.Round, l.plan), func() []int { return inRound1(in.Round, 1, 2, 3) }, "Plan %d", in.Round)
			return activities.PlanResult{Parts: parts}, err
		})
	l.env.OnActivity(parts.ArchiveParts, mock.Anything, ofRef).AfterFn(l.after("Export")).
		Return(func(ctx context.Context, in activities.PartsInput) (activities.PartsResult, error) {
			return l.parts().ArchiveParts(ctx, in)
		})
	l.env.OnActivity(parts.DeleteParts, mock.Anything, ofRef).AfterFn(l.after("Delete")).
		Return(func(ctx context.Context, in activities.PartsInput) (activities.PartsResult, error) {
			return l.parts().DeleteParts(ctx, in)
		})
	l.env.OnActivity(verification.Seal, mock.Anything, mock.MatchedBy(func(in activities.SealInput) bool { return in.RequestRef == ref })).
		Return(func(_ context.Context, in activities.SealInput) (activities.SealResult, error) {
			return step(l, with(in.Round, l.seal), func() activities.SealResult { return activities.SealResult{Listed: 30} }, "Seal %d", in.Round)
		})
	var attachments *activities.Attachments
	l.env.OnActivity(attachments.RemoveFiles, mock.Anything, ref).Return(func(context.Context, offhours.RequestRef) (activities.RemoveResult, error) {
		return step(l, l.removeFiles, func() activities.RemoveResult { return activities.RemoveResult{} }, "RemoveFiles")
	})
	l.env.OnActivity(deletion.ProveGone, mock.Anything, ref).Return(func(context.Context, offhours.RequestRef) error {
		_, err := step(l, only(l.proveGone), func() any { return nil }, "ProveGone")
		return err
	})
	l.env.OnActivity(closing.Report, mock.Anything, ref).Return(func(context.Context, offhours.RequestRef) error {
		_, err := step(l, only(l.report), func() any { return nil }, "Report")
		return err
	})
	l.env.OnActivity(notices.Deliver, mock.Anything, mock.MatchedBy(func(in activities.DeliverInput) bool { return in.RequestRef == ref })).
		Return(func(_ context.Context, in activities.DeliverInput) error {
			l.mu.Lock()
			defer l.mu.Unlock()
			if l.deliver != nil {
				if err := l.deliver(in.Kind); err != nil {
					return err
				}
			}
			l.mails = append(l.mails, in.Kind)
			return nil
		})
}

// parts is the real thing around this outside. Each of its turns is a part long.
func (l *life) parts() *activities.Parts {
	return &activities.Parts{Exporting: partSteps{l}, Verifying: partSteps{l}, Deleting: partSteps{l}, Lanes: 1, Turn: time.Nanosecond}
}

type partSteps struct{ *life }

func (l partSteps) ExportPart(_ context.Context, in activities.PartInput) (activities.PartResult, error) {
	return step(l.life, with(in.Part, l.export), tenRows, "Export %d", in.Part)
}

func (l partSteps) VerifyPart(_ context.Context, in activities.PartInput) (activities.PartResult, error) {
	return step(l.life, with(in.Part, l.verify), tenRows, "Verify %d", in.Part)
}

func (l partSteps) DeletePart(_ context.Context, in activities.PartInput) (activities.PartResult, error) {
	return step(l.life, with(in.Part, l.delete), func() activities.PartResult { return deleted(10) }, "Delete %d", in.Part)
}

// only makes an answer of one that is an error or nothing.
func only(answer func() error) func() (any, error) {
	if answer == nil {
		return nil
	}
	return func() (any, error) { return nil, answer() }
}

// with gives an answer its question.
func with[In, Out any](in In, answer func(In) (Out, error)) func() (Out, error) {
	if answer == nil {
		return nil
	}
	return func() (Out, error) { return answer(in) }
}

func inRound1(round int, parts ...int) []int {
	if round == 1 {
		return parts
	}
	return nil
}

func tenRows() activities.PartResult { return activities.PartResult{Rows: 10} }

func deleted(n int) activities.PartResult { return activities.PartResult{Rows: 10, Deleted: n} }

var windowClosed = activities.PartResult{WindowClosed: true}

func (l *life) timing(at time.Time) offhours.Timing {
	if l.status != offhours.StatusInQueue && !at.IsZero() {
		at = time.Time{}
	}
	return offhours.Timing{Status: l.status, At: at}
}

func (l *life) begun() offhours.Timing {
	if l.status == offhours.StatusInQueue {
		l.status = offhours.StatusInProgress
	}
	return l.timing(time.Time{})
}

func (l *life) revoked() offhours.Status {
	if l.status == offhours.StatusInQueue {
		l.status = offhours.StatusRevoked
	}
	return l.status
}

func (l *life) finished() activities.FinishResult {
	l.status = offhours.StatusSuccess
	outcomes := offhours.Outcomes{Deleted: l.in.Records}
	if l.fenced != nil {
		l.status = offhours.StatusFailed
		outcomes = offhours.Outcomes{NotProcessed: l.in.Records}
	}
	return activities.FinishResult{Status: l.status, Outcomes: outcomes, Failure: l.fenced}
}

func (l *life) sawAttributes(attributes temporal.SearchAttributes) bool {
	status, ok := attributes.GetKeyword(StatusAttribute)
	l.statuses = append(l.statuses, status)
	return ok && attributes.Size() == 1
}

// at plans something for an instant after the request's creation.
func (l *life) at(when time.Time, do func()) {
	l.env.RegisterDelayedCallback(do, when.Sub(created))
}

// run lives the whole life and returns how its workflow ended.
func (l *life) run() (activities.FinishResult, error) {
	l.Helper()
	l.env.ExecuteWorkflow(BulkRequestName, l.in)
	require.True(l, l.env.IsWorkflowCompleted())
	var result activities.FinishResult
	if err := l.env.GetWorkflowError(); err != nil {
		return result, err
	}
	return result, l.env.GetWorkflowResult(&result)
}

// view is what the status query answers now.
func (l *life) view() offhours.Request {
	l.Helper()
	answer, err := l.env.QueryWorkflow(StatusName)
	require.NoError(l, err)
	var view offhours.Request
	require.NoError(l, answer.Get(&view))
	return view
}
