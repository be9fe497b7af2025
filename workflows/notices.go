package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

// DeliverNotices sends the mails that announce one change of a request. It lives
// apart from the request, so that a mail server can be down for days without
// delaying anything.
func DeliverNotices(ctx workflow.Context, in NoticesInput) error {
	var notices *activities.Notices
	input := activities.DeliverInput{RequestRef: in.RequestRef, Kind: in.Kind}
	return workflow.ExecuteActivity(onMail(ctx), notices.Deliver, input).Get(ctx, nil)
}

// announce starts the delivery of notices and waits only until it has started.
// One that was started before, by a run that was reset, is left alone.
//
// Its context is never cancelled, neither by an operator nor by whoever called:
// the SDK passes a cancellation on to the child, abandoned or not, and the mails
// would be lost.
func announce(ctx workflow.Context, ref offhours.RequestRef, kind offhours.NoticeKind) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            NoticesID(ref, kind),
		TaskQueue:             ControlQueue,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		// It goes on when the request has ended.
		ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:     "Mail: request " + string(kind),
	})
	child := workflow.ExecuteChildWorkflow(ctx, DeliverNotices, NoticesInput{RequestRef: ref, Kind: kind})
	err := child.GetChildWorkflowExecution().Get(ctx, nil)
	if err != nil && !temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		workflow.GetLogger(ctx).Warn("mails are not under way", "kind", kind, "error", err)
	}
}
