package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
)

func (b *bench) exportAndDelete(ctx context.Context, _ cell, m *measurement) error {
	return b.request(ctx, offhours.ExportAndDelete, m)
}

func (b *bench) deleteOnly(ctx context.Context, _ cell, m *measurement) error {
	return b.request(ctx, offhours.DeleteOnly, m)
}

// request measures a request from the start of its workflow to Success. The
// window is open, so that it waits for nothing.
func (b *bench) request(ctx context.Context, requestType offhours.RequestType, m *measurement) error {
	p, err := b.stack.startProduct(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	caller, err := rig.SignIn(ctx, b.stack.env["OFFHOURS_LOGIN_URL"], b.stack.api, admin)
	if err != nil {
		return err
	}
	conn, err := b.stack.connect(ctx, database)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var code int
	if err := conn.QueryRow(ctx, "SELECT code FROM record_types WHERE account_id = $1", account).Scan(&code); err != nil {
		return err
	}
	wal, err := b.stack.walCounter(ctx)
	if err != nil {
		return err
	}
	var r offhours.Request
	_, err = caller.Call(ctx, http.MethodPost, "/requests", "", map[string]any{
		"activityType": code, "requestType": requestType, "range": map[string]int{"days": 30}, "confirmed": true,
	}, &r)
	if err != nil {
		return fmt.Errorf("create a request: %w", err)
	}
	completed, err := awaitSuccess(ctx, conn, r.ID, p.worker)
	if err != nil {
		return err
	}
	if m.WAL, err = wal(ctx); err != nil {
		return err
	}
	if m.WorkerPeak, err = peakMemory(p.worker.PID()); err != nil {
		return err
	}
	if err := awaitMails(ctx, conn, r.ID); err != nil {
		return err
	}
	if err := conn.QueryRow(ctx, "SELECT coalesce(sum(csv_bytes), 0)::bigint FROM parts WHERE request_id = $1", r.ID).Scan(&m.Bytes); err != nil {
		return err
	}
	page, err := fetch(ctx, p.metrics+"/metrics")
	if err != nil {
		return err
	}
	if err := b.stack.readHistory(ctx, r.ID, completed, m); err != nil {
		return err
	}
	splitArchive(m.Stages, page)
	return nil
}

// awaitSuccess waits for the end of the request, and returns when that was.
func awaitSuccess(ctx context.Context, conn *pgx.Conn, id string, worker *rig.Process) (completed time.Time, err error) {
	err = rig.Poll(ctx, "the end of the request", runPatience, worker.Ended(), func(ctx context.Context) (bool, error) {
		var status offhours.Status
		var at *time.Time
		var detail *string
		err := conn.QueryRow(ctx, "SELECT status, completed_on, failure_detail FROM requests WHERE id = $1", id).Scan(&status, &at, &detail)
		if err != nil || at == nil {
			return false, err
		}
		if status != offhours.StatusSuccess {
			return false, fmt.Errorf("the request ended as %s: %v", status, detail)
		}
		completed = *at
		return true, nil
	})
	return completed, err
}

// awaitMails waits until nothing of the request is under way: its database goes.
func awaitMails(ctx context.Context, conn *pgx.Conn, id string) error {
	return rig.Poll(ctx, "the mails", productPatience, nil, func(ctx context.Context) (done bool, err error) {
		err = conn.QueryRow(ctx, "SELECT count(*) >= 2 AND bool_and(state = 'sent') FROM notices WHERE request_id = $1", id).Scan(&done)
		return done, err
	})
}

// The stages of a request, by the activities that they consist of. Whatever is
// left of its time is the engine's: Temporal, its database and the ways between.
var stages = map[string]string{
	"Plan": "plan", "ArchiveParts": archiveStage, "Seal": "verify", "DeleteParts": "delete",
	"ProveGone": "prove", "Report": "report",
}

const (
	archiveStage = "archive" // export and verify, as the worker counts them
	otherStage   = "other"   // files, and the request's own state
	engineStage  = "engine"
)

// span is an activity that ran.
type span struct {
	stage      string
	began, end time.Time
}

// readHistory takes the time, the events and the shares of the stages from the
// history of the request's workflow.
func (s *stack) readHistory(ctx context.Context, id string, completed time.Time, m *measurement) error {
	workflow := fmt.Sprintf("bulk/%d/%s", account, id)
	run := s.temporal.GetWorkflow(ctx, workflow, "")
	if err := run.Get(ctx, nil); err != nil {
		return fmt.Errorf("wait for the workflow: %w", err)
	}
	events := s.temporal.GetWorkflowHistory(ctx, workflow, run.GetRunID(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	var began time.Time
	open := map[int64]*span{} // by the event that scheduled it
	var spans []*span
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return err
		}
		m.Events++
		at := event.GetEventTime().AsTime()
		switch event.GetEventType() {
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
			began = at
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			stage, ok := stages[event.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName()]
			if !ok {
				stage = otherStage
			}
			open[event.GetEventId()] = &span{stage: stage}
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED:
			open[event.GetActivityTaskStartedEventAttributes().GetScheduledEventId()].began = at
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
			done := open[event.GetActivityTaskCompletedEventAttributes().GetScheduledEventId()]
			done.end = at
			spans = append(spans, done)
		}
	}
	m.Seconds = completed.Sub(began).Seconds()
	m.Stages = shares(spans, began, completed)
	return nil
}

// splitArchive divides the time of archiving by what the worker counted of its steps.
func splitArchive(stages map[string]float64, page []byte) {
	export, verify := sum(page, "offhours_step_seconds_sum", `step="export"`), sum(page, "offhours_step_seconds_sum", `step="verify"`)
	if all := export + verify; all > 0 {
		stages["export"] += stages[archiveStage] * export / all
		stages["verify"] += stages[archiveStage] * verify / all
		delete(stages, archiveStage)
	}
}

// shares says how many seconds of a time went to which stage. Where several are
// under way, each has an equal part of the time.
func shares(spans []*span, from, to time.Time) map[string]float64 {
	seconds := map[string]float64{}
	at := from
	for at.Before(to) {
		next := to
		var under []string
		for _, s := range spans {
			for _, edge := range []time.Time{s.began, s.end} {
				if edge.After(at) && edge.Before(next) {
					next = edge
				}
			}
			if !s.began.After(at) && s.end.After(at) {
				under = append(under, s.stage)
			}
		}
		if len(under) == 0 {
			under = []string{engineStage}
		}
		for _, stage := range under {
			seconds[stage] += next.Sub(at).Seconds() / float64(len(under))
		}
		at = next
	}
	return seconds
}

// walCounter begins to count the bytes of WAL that the server writes.
func (s *stack) walCounter(ctx context.Context) (func(context.Context) (int64, error), error) {
	read := func(ctx context.Context, since string) (n int64, at string, err error) {
		conn, err := s.connect(ctx, database)
		if err != nil {
			return 0, "", err
		}
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
		err = conn.QueryRow(ctx, "SELECT (pg_current_wal_insert_lsn() - $1::pg_lsn)::bigint, pg_current_wal_insert_lsn()::text", since).Scan(&n, &at)
		return n, at, err
	}
	_, from, err := read(ctx, "0/0")
	return func(ctx context.Context) (int64, error) {
		n, _, err := read(ctx, from)
		return n, err
	}, err
}

var errNoPeak = errors.New("the peak of the worker's memory is not known")

// peakMemory is the most memory that a process has had, in bytes. Only Linux
// knows.
func peakMemory(pid int) (int64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errNoPeak, err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			kB, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kB << 10, err
		}
	}
	return 0, errNoPeak
}
