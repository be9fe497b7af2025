package workflows

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// situations are the histories that `make histories` took from a real server,
// with what each must show to be of use: activities, timers and the end.
var situations = map[string]struct {
	activities []string // among others, in this order
	timers     int
	end        enumspb.EventType
}{
	"success":             {[]string{"Begin", "Plan", "ArchiveParts", "Seal", "DeleteParts", "RemoveFiles", "ProveGone", "Report", "Finish"}, 0, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED},
	"delete_only":         {[]string{"Begin", "Plan", "ArchiveParts", "Seal", "DeleteParts", "RemoveFiles", "ProveGone", "Report", "Finish"}, 0, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED},
	"revoked_by_signal":   {[]string{"ScheduleStart", "Revoke"}, 1, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED},
	"revoked_by_update":   {[]string{"ScheduleStart", "Revoke"}, 1, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED},
	"cancelled_in_queue":  {[]string{"ScheduleStart", "Revoke"}, 1, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED},
	"paused_twice":        {[]string{"ArchiveParts", "Resume", "ArchiveParts", "DeleteParts", "Resume", "DeleteParts", "Finish"}, 2, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED},
	"failed_in_plan":      {[]string{"Plan", "Fence", "RemoveFiles", "Report", "Finish"}, 0, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED},
	"failed_in_export":    {[]string{"ArchiveParts", "Fence", "RemoveFiles", "Report", "Finish"}, 0, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED},
	"failed_in_delete":    {[]string{"Seal", "DeleteParts", "Fence", "RemoveFiles", "Report", "Finish"}, 0, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED},
	"cancelled_in_delete": {[]string{"Seal", "DeleteParts", "Fence", "RemoveFiles", "Report", "Finish"}, 0, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED},
	"closed":              {[]string{"Fence", "RemoveFiles", "Report", "Finish"}, 0, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED},
	"purge":               {[]string{"Exports"}, 0, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED},
	"mails":               {[]string{"Deliver"}, 0, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED},
}

// A worker of today goes on with the workflows of yesterday.
func TestHistoriesOfARealServerAreReplayed(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(historyFile("*"))
	require.NoError(t, err)
	require.Len(t, files, len(situations), "histories that no situation names, or the reverse")
	for name := range situations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, replay(name))
		})
	}
}

// Replay proves little about a history in which little happens.
func TestEveryHistoryShowsItsSituation(t *testing.T) {
	t.Parallel()
	for name, want := range situations {
		history := readHistory(t, name)
		scheduled, timers := []string{}, 0
		for _, event := range history.Events {
			switch event.EventType {
			case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
				scheduled = append(scheduled, event.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName())
			case enumspb.EVENT_TYPE_TIMER_STARTED:
				timers++
			}
		}
		require.True(t, inOrder(scheduled, want.activities), "%s: %v, want among them %v", name, scheduled, want.activities)
		require.GreaterOrEqual(t, timers, want.timers, name)
		require.Equal(t, want.end, history.Events[len(history.Events)-1].EventType, name)
	}
}

func TestEveryWorkflowHasAHistory(t *testing.T) {
	t.Parallel()
	replayed := map[string]bool{}
	for name := range situations {
		started := readHistory(t, name).Events[0].GetWorkflowExecutionStartedEventAttributes()
		replayed[started.GetWorkflowType().GetName()] = true
	}
	all := &registered{}
	Register(all)
	for _, name := range all.names {
		require.True(t, replayed[name], "no history of %s is replayed", name)
	}
}

// registered notes what is registered.
type registered struct {
	worker.WorkflowRegistry
	names []string
}

func (r *registered) RegisterWorkflowWithOptions(_ any, options workflow.RegisterOptions) {
	r.names = append(r.names, options.Name)
}

func TestSwappingTwoActivitiesTurnsReplayRed(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"Plan", "ArchiveParts"}, {"ArchiveParts", "Seal"}, {"Seal", "DeleteParts"}, {"RemoveFiles", "ProveGone"}, {"Fence", "Report"}, {"Report", "Finish"}} {
		err := replay("success", &swapped{a: pair[0], b: pair[1]})
		require.ErrorContains(t, err, "[TMPRL1100]", "%v", pair) // non-determinism
	}
	require.NoError(t, replay("success", &swapped{a: "Nobody", b: "NobodyElse"}), "the swap itself must not be what is red")
}

// Histories outlive what they tell of, and operators read them.
func TestHistoriesHoldNoAddresses(t *testing.T) {
	t.Parallel()
	for name := range situations {
		text, err := os.ReadFile(historyFile(name))
		require.NoError(t, err)
		var tree any
		require.NoError(t, json.Unmarshal(text, &tree))
		payloads := 0
		eachText(tree, func(key, text string) {
			if key == "data" {
				decoded, err := base64.StdEncoding.DecodeString(text)
				require.NoError(t, err)
				text = string(decoded)
				payloads++
			}
			require.NotContains(t, text, "@", name)
		})
		require.NotZero(t, payloads, name)
	}
}

func historyFile(name string) string { return filepath.Join("testdata", "histories", name+".json") }

func readHistory(t *testing.T, name string) *historypb.History {
	t.Helper()
	file, err := os.Open(historyFile(name))
	require.NoError(t, err)
	defer file.Close()
	history, err := client.HistoryFromJSON(file, client.HistoryJSONOptions{})
	require.NoError(t, err)
	return history
}

func replay(name string, interceptors ...interceptor.WorkerInterceptor) error {
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{Interceptors: interceptors})
	if err != nil {
		return err
	}
	Register(replayer)
	return replayer.ReplayWorkflowHistoryFromJSONFile(nil, historyFile(name))
}

// inOrder reports whether want is a subsequence of all.
func inOrder(all, want []string) bool {
	for _, name := range all {
		if len(want) > 0 && name == want[0] {
			want = want[1:]
		}
	}
	return len(want) == 0
}

func eachText(tree any, f func(key, text string)) {
	switch node := tree.(type) {
	case []any:
		for _, child := range node {
			eachText(child, f)
		}
	case map[string]any:
		for key, child := range node {
			if text, ok := child.(string); ok {
				f(key, text)
			}
			eachText(child, f)
		}
	}
}

// swapped lets workflows call each of two activities where they call the other.
type swapped struct {
	interceptor.WorkerInterceptorBase
	a, b string
}

func (s *swapped) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	i := &swappedInbound{swapped: s}
	i.Next = next
	return i
}

type swappedInbound struct {
	interceptor.WorkflowInboundInterceptorBase
	*swapped
}

func (i *swappedInbound) Init(outbound interceptor.WorkflowOutboundInterceptor) error {
	o := &swappedOutbound{swapped: i.swapped}
	o.Next = outbound
	return i.Next.Init(o)
}

type swappedOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	*swapped
}

func (o *swappedOutbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	switch name {
	case o.a:
		name = o.b
	case o.b:
		name = o.a
	}
	return o.Next.ExecuteActivity(ctx, name, args...)
}
