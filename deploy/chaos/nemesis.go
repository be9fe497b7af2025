package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/offhours/offhours/deploy/rig"
)

// errNothing means that there was nothing to inject the fault into.
var errNothing = errors.New("there was nothing to break")

// rage injects the faults of a plan, those of a lane one after another.
func (c *chaos) rage(ctx context.Context, plan []fault) {
	began := time.Now()
	var raging sync.WaitGroup
	for number := range lanes {
		raging.Go(func() {
			for _, f := range plan {
				if f.lane != number {
					continue
				}
				if !pause(ctx, time.Until(began.Add(f.at))) || time.Since(began) > c.settings.duration {
					return
				}
				c.inject(ctx, f)
			}
		})
	}
	raging.Wait()
}

func (c *chaos) inject(ctx context.Context, f fault) {
	where, err := c.breakIt(ctx, f)
	if err != nil {
		if ctx.Err() == nil && !errors.Is(err, errNothing) {
			c.tally.note("%s: %v", f.kind, err)
		}
		return
	}
	c.tally.injected(f.kind, where)
}

// breakIt injects one fault. It returns when it is over, with the phase of the
// request that it met, if it was aimed at one.
func (c *chaos) breakIt(ctx context.Context, f fault) (where string, err error) {
	worker := c.stack.workers[f.dice%workers]
	switch f.kind {
	case killWorker:
		return "", worker.crash(ctx, f.length/4)
	case freezeWorker:
		return "", worker.freeze(ctx, f.length)
	case killAPI:
		return "", c.stack.api.crash(ctx, f.length/4)
	case endBackends:
		return "", c.endBackends(ctx, f.dice)
	case crashPostgres:
		return "", c.stack.postgres.crash(ctx, c.stopPostgresAtOnce, f.length)
	case killTemporal:
		return "", c.stack.temporal.crash(ctx, func() { c.stack.temporal.run.Kill() }, f.length)
	case business:
		return "", c.businessGoesOn(ctx, f)
	case reset, terminate, cancel, remove:
		return c.operate(ctx, f)
	case cutNetwork, slowNetwork, resetNetwork, muteNetwork:
		return "", c.network.poison(ctx, f)
	case bucketBusy, bucketFull, bucketLies, writesTruncated, writesFlipped, readsFlipped:
		return "", c.bucket.turn(ctx, f)
	}
	return "", fmt.Errorf("unknown fault %q", f.kind)
}

// endBackends ends one session of the product, or all of them.
func (c *chaos) endBackends(ctx context.Context, dice uint64) error {
	limit := 1
	if dice%3 == 0 {
		limit = 100
	}
	tag, err := c.db.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM
		(SELECT pid FROM pg_stat_activity WHERE application_name = 'offhours' ORDER BY state <> 'active', random() LIMIT $1) victims`, limit)
	if err == nil && tag.RowsAffected() == 0 {
		return errNothing
	}
	return err
}

// stopPostgresAtOnce does what pg_ctl stop -m immediate does: the server ends
// without a word to anybody, and recovers when it starts.
func (c *chaos) stopPostgresAtOnce() {
	text, err := os.ReadFile(filepath.Join(c.stack.postgres.dir, "postgres", "postmaster.pid"))
	if err != nil {
		return
	}
	first, _, _ := strings.Cut(string(text), "\n")
	if pid, err := strconv.Atoi(first); err == nil && pid > 1 {
		_ = syscall.Kill(pid, syscall.SIGQUIT) // it may be gone
	}
}

// businessGoesOn lets business begin in an account, and end after a while. What
// is noted is when it surely went on. It ends in any case: a change whose answer
// was lost may have been made.
func (c *chaos) businessGoesOn(ctx context.Context, f fault) error {
	account := int(f.dice%accounts) + 1
	admin := c.admins[account]
	closed := c.setHours(ctx, admin, -4, 4)
	began, beganErr := c.now(ctx)
	pause(ctx, f.length)
	ended, endedErr := c.now(ctx)
	opened := c.openHours(context.WithoutCancel(ctx), admin)
	if err := errors.Join(closed, beganErr, endedErr, opened); err != nil {
		return err
	}
	_, err := c.db.Exec(ctx, "INSERT INTO chaos.business VALUES ($1, $2, $3)", account, began, ended)
	return err
}

// openHours tries until the account has its window again.
func (c *chaos) openHours(ctx context.Context, admin *rig.Caller) error {
	return rig.Poll(ctx, "the hours of an account", startPatience, nil, func(context.Context) (bool, error) {
		err := c.setHours(ctx, admin, 8, 16)
		if rig.Refused(err) {
			return false, err
		}
		return err == nil, nil
	})
}

func (c *chaos) setHours(ctx context.Context, admin *rig.Caller, from, to int) error {
	var answer any
	_, err := admin.Call(ctx, http.MethodPut, "/account", "", daily(time.Now(), from, to), &answer)
	return err
}

func (c *chaos) now(ctx context.Context) (now time.Time, err error) {
	err = c.db.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now)
	return now, err
}

// phases are where a workflow can be met.
var phases = []string{"in queue", "planning", "exporting", "deleting", "reporting"}

// meetPatience is how long an operator waits for a request in the phase that was
// thrown.
const meetPatience = 3 * time.Second

// meet returns the workflow of a live request in a phase, or in any if none is
// there soon, and the phase.
func (c *chaos) meet(ctx context.Context, wanted string) (workflow, phase string, err error) {
	deadline := time.Now().Add(meetPatience)
	for {
		err = c.db.QueryRow(ctx, `SELECT 'bulk/' || account_id || '/' || id, coalesce(phase, 'in queue') FROM requests
			WHERE status IN ('in_queue', 'in_progress') ORDER BY coalesce(phase, 'in queue') = $1 DESC, random() LIMIT 1`, wanted).Scan(&workflow, &phase)
		late := time.Now().After(deadline)
		switch {
		case errors.Is(err, pgx.ErrNoRows) && late:
			return "", "", errNothing
		case err == nil && (late || phase == wanted), err != nil && !errors.Is(err, pgx.ErrNoRows):
			return workflow, phase, err
		}
		if !pause(ctx, 5*time.Millisecond) {
			return "", "", ctx.Err()
		}
	}
}

// operate does to a running workflow what an operator can do to it, in one of the
// phases of its request.
func (c *chaos) operate(ctx context.Context, f fault) (where string, err error) {
	workflow, phase, err := c.meet(ctx, phases[f.dice%uint64(len(phases))])
	if err != nil {
		return "", err
	}
	ctx, cancelCall := context.WithTimeout(ctx, 10*time.Second)
	defer cancelCall()
	switch f.kind {
	case terminate:
		err = c.temporal.TerminateWorkflow(ctx, workflow, "", "chaos")
	case cancel:
		err = c.temporal.CancelWorkflow(ctx, workflow, "")
	case remove:
		_, err = c.temporal.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{
			Namespace: c.stack.env["TEMPORAL_NAMESPACE"], WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: workflow},
		})
	case reset:
		err = c.reset(ctx, workflow, f)
	}
	return phase, err
}

// reset takes a workflow back to one of the tasks that it has done.
func (c *chaos) reset(ctx context.Context, workflow string, f fault) error {
	var tasks []int64
	events := c.temporal.GetWorkflowHistory(ctx, workflow, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return err
		}
		if event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			tasks = append(tasks, event.GetEventId())
		}
	}
	if len(tasks) == 0 {
		return errNothing
	}
	_, err := c.temporal.ResetWorkflowExecution(ctx, &workflowservice.ResetWorkflowExecutionRequest{
		Namespace:         c.stack.env["TEMPORAL_NAMESPACE"],
		WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: workflow},
		Reason:            "chaos", RequestId: fmt.Sprintf("chaos-%x", f.dice),
		WorkflowTaskFinishEventId: tasks[f.dice/7%uint64(len(tasks))],
	})
	return err
}
