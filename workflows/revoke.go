package workflows

import (
	"strings"
	"unicode"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

// listen answers the status query and takes revokes, by update and by signal,
// and news of changed hours.
func (r *run) listen(ctx workflow.Context) error {
	if err := workflow.SetQueryHandler(ctx, StatusName, func() (offhours.Request, error) { return r.answer(ctx), nil }); err != nil {
		return err
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, RevokeName, r.onRevoke, workflow.UpdateHandlerOptions{Validator: r.mayRevoke}); err != nil {
		return err
	}
	workflow.GoNamed(ctx, "revoke signals", r.hearSignals)
	workflow.GoNamed(ctx, "changed hours", func(ctx workflow.Context) {
		for {
			workflow.GetSignalChannel(ctx, ScheduleChangedName).Receive(ctx, nil)
			r.rescheduled = true
		}
	})
	return nil
}

// hearSignals takes revokes out of the mailbox, one by one. It does not block in
// Receive, which would take a signal out before this goroutine goes on: begin
// looks into the mailbox, and has to find there what was not heard yet.
func (r *run) hearSignals(ctx workflow.Context) {
	signals := workflow.GetSignalChannel(ctx, RevokeName)
	listening, _ := workflow.NewDisconnectedContext(ctx) // whatever happens to the request
	for {
		if err := workflow.Await(listening, func() bool { return signals.Len() > 0 }); err != nil {
			return
		}
		var payload converter.RawValue // a signal is heard whatever its payload looks like
		signals.ReceiveAsync(&payload)
		if err := r.revoke(ctx, revokeFrom(payload)); err != nil {
			workflow.GetLogger(ctx).Warn("a revoke was not heard", "error", err)
		}
	}
}

// mayRevoke refuses at once what is known to be too late. It does not decide:
// the database does.
func (r *run) mayRevoke(_ workflow.Context, _ Revoke) error {
	if r.view.Status != offhours.StatusInQueue && r.view.Status != offhours.StatusRevoked {
		return tooLate()
	}
	return nil
}

func (r *run) onRevoke(ctx workflow.Context, payload Revoke) (offhours.Status, error) {
	if err := r.revoke(ctx, payload); err != nil {
		return "", err
	}
	if r.view.Status != offhours.StatusRevoked {
		return "", tooLate()
	}
	return r.view.Status, nil
}

// revoke is the one path of all revokes. Whether it or the start wins is decided
// by one compare-and-set in the database.
func (r *run) revoke(ctx workflow.Context, payload Revoke) error {
	r.revoking++
	defer func() { r.revoking-- }()
	var timing *activities.Timing
	var status offhours.Status
	in := activities.RevokeInput{RequestRef: r.in.RequestRef, By: cut(payload.By), Reason: cut(payload.Reason)}
	if in.By == "" {
		in.By = "support"
	}
	if err := workflow.ExecuteActivity(onControl(ctx, "Revoke"), timing.Revoke, in).Get(ctx, &status); err != nil {
		return err
	}
	if r.see(ctx, status); status == offhours.StatusRevoked && r.view.RevokedBy == nil {
		r.view.RevokedBy = &in.By
	}
	return nil
}

// revokeFrom reads a payload leniently: support tooling may send {by, reason},
// a bare name, nothing, or what nobody can read.
func revokeFrom(payload converter.RawValue) Revoke {
	var value any
	if p := payload.Payload(); p == nil || converter.GetDefaultDataConverter().FromPayload(p, &value) != nil {
		return Revoke{}
	}
	switch p := value.(type) {
	case string:
		return Revoke{By: p}
	case map[string]any:
		by, _ := p["by"].(string)
		reason, _ := p["reason"].(string)
		return Revoke{By: by, Reason: reason}
	}
	return Revoke{}
}

// cut bounds words and takes out what PostgreSQL cannot store or a line would
// not survive.
func cut(words string) string {
	words = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(words, ""))
	if runes := []rune(words); len(runes) > offhours.MaxReasonLength {
		return string(runes[:offhours.MaxReasonLength])
	}
	return words
}

func tooLate() error {
	return temporal.NewNonRetryableApplicationError(offhours.TextTooLateToRevoke, TypeTooLate, nil)
}
