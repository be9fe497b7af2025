package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"golang.org/x/sync/errgroup"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
	"github.com/offhours/offhours/workflows"
)

const (
	endPatience = 20 * time.Minute
	tellEvery   = 15 * time.Second
	readers     = 8
	// A request has so many steps at work at most, each with several parts.
	stepsPerRequest = 1
)

// scaleOutcome is what one run came to. Times are in seconds.
type scaleOutcome struct {
	Records    int            `json:"records"`
	Requests   map[string]int `json:"requests"` // by status
	Costs      []queueCost    `json:"queueCosts"`
	ToldWithin float64        `json:"toldWithin"`
	Total      float64        `json:"openingToLastEnd"`
	HeavyTotal float64        `json:"heavyStartToEnd"`

	Spread   spread     `json:"openingToStart"` // of small accounts
	Late     spread     `json:"offsetToStart"`
	Early    int        `json:"startsBeforeTheOffset"`
	Busiest  float64    `json:"startsInBusiestTenthOfSpread"`
	Small    spread     `json:"smallStartToEnd"`
	Waited   spread     `json:"smallWaitedForSlots"`
	Fair     spread     `json:"smallTimeByFairShare"`
	Ratio    spread     `json:"smallTimeToFairShare"`
	Capacity float64    `json:"stepsAtWorkWhileOthersWaited"`
	Events   [2]int     `json:"historyEventsSmallAndHeavy"` // means
	Actions  [2]int     `json:"temporalActionsSmallAndHeavy"`
	Memory   []memories `json:"memory"`
	CPU      float64    `json:"databaseCPUSeconds"`
}

// spread is how values lie.
type spread struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	Max float64 `json:"max"`
}

func spreadOf(values []float64) spread {
	return spread{quantile(values, 0.5), quantile(values, 0.95), quantile(values, 1)}
}

// memories is the memory of one process over the run, in MB.
type memories struct {
	Process string  `json:"process"`
	Least   float64 `json:"least"`
	Median  float64 `json:"median"`
	Most    float64 `json:"most"`
	Second  float64 `json:"medianOfSecondQuarter"`
	Last    float64 `json:"medianOfLastQuarter"`
}

// await waits until all requests have ended, and says how it goes.
func (r *scaleRun) await(ctx context.Context) error {
	if !sleepUntil(ctx, r.opening) {
		return ctx.Err()
	}
	r.memory = watch(map[string]*rig.Process{"api": r.api, "worker 1": r.workers[0], "worker 2": r.workers[1]})
	before, err := r.count(ctx)
	if err != nil {
		return err
	}
	told := time.Now()
	err = rig.Poll(ctx, "requests to end", endPatience, nil, func(ctx context.Context) (bool, error) {
		backlog, err := r.db.Backlog(ctx)
		if err != nil {
			return false, err
		}
		live := backlog.Requests[offhours.StatusInQueue] + backlog.Requests[offhours.StatusInProgress]
		if time.Since(told) > tellEvery {
			told = time.Now()
			r.say("%d in queue, %d in progress, %d ended", backlog.Requests[offhours.StatusInQueue], backlog.Requests[offhours.StatusInProgress], len(r.requests)-live)
		}
		r.outcome.Requests = map[string]int{}
		for status, n := range backlog.Requests {
			if n > 0 {
				r.outcome.Requests[string(status)] = n
			}
		}
		return live == 0, nil
	})
	if err != nil {
		return err
	}
	r.memory.stop()
	after, err := r.count(ctx)
	r.outcome.CPU = after.cpu - before.cpu
	r.say("all requests have ended: %v", r.outcome.Requests)
	return err
}

func sleepUntil(ctx context.Context, at time.Time) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Until(at)):
		return true
	}
}

// life is what became of one request. Times are in seconds since the opening.
type life struct {
	request      scaleRequest
	start, end   float64
	busy         float64 // in steps that need a slot
	waited       float64 // for a slot
	engine       float64 // in everything else
	steps        []step
	events, acts int
}

// step is an activity that needs a slot.
type step struct{ scheduled, begun, ended float64 }

// measure reads what happened, from the database and from the histories of the
// workflows.
func (r *scaleRun) measure(ctx context.Context) error {
	lives, err := r.lives(ctx)
	if err != nil {
		return err
	}
	r.outcome.Capacity = capacity(lives)
	r.fairness(lives)
	var starts, late, took, waited []float64
	for _, l := range lives {
		r.outcome.Total = max(r.outcome.Total, l.end)
		if l.request.heavy {
			r.outcome.HeavyTotal = max(r.outcome.HeavyTotal, l.end-l.start)
			continue
		}
		offset := r.offset(l.request.AccountID)
		if l.start < offset {
			r.outcome.Early++
		}
		starts, late = append(starts, l.start), append(late, l.start-offset)
		took, waited = append(took, l.end-l.start), append(waited, l.waited)
	}
	r.outcome.Spread, r.outcome.Late, r.outcome.Small, r.outcome.Waited = spreadOf(starts), spreadOf(late), spreadOf(took), spreadOf(waited)
	r.outcome.Busiest = busiest(starts, r.settings.spread.Seconds()/10)
	r.outcome.Events = [2]int{mean(lives, false, func(l life) int { return l.events }), mean(lives, true, func(l life) int { return l.events })}
	r.outcome.Actions = [2]int{mean(lives, false, func(l life) int { return l.acts }), mean(lives, true, func(l life) int { return l.acts })}
	for i, name := range r.memory.names {
		r.outcome.Memory = append(r.outcome.Memory, memoriesOf(name, r.memory.samples[i]))
	}
	return nil
}

// offset is when an account is to begin, in seconds after the opening.
func (r *scaleRun) offset(account int64) float64 {
	w := offhours.Window{Open: r.opening, Close: r.opening.Add(businessHours)}
	return r.since(w.SpreadOpen(account, r.settings.spread))
}

func memoriesOf(name string, mb []float64) memories {
	quarter := len(mb) / 4
	return memories{
		Process: name, Least: quantile(mb, 0), Median: quantile(mb, 0.5), Most: quantile(mb, 1),
		Second: quantile(mb[quarter:2*quarter], 0.5), Last: quantile(mb[len(mb)-quarter:], 0.5),
	}
}

func mean(lives []life, heavy bool, of func(life) int) int {
	total, n := 0, 0
	for _, l := range lives {
		if l.request.heavy == heavy {
			total, n = total+of(l), n+1
		}
	}
	return total / max(1, n)
}

// busiest is the largest share of starts within a time.
func busiest(starts []float64, within float64) float64 {
	sorted := slices.Sorted(slices.Values(starts))
	most, first := 0, 0
	for i, at := range sorted {
		for sorted[first] < at-within {
			first++
		}
		most = max(most, i-first+1)
	}
	return float64(most) / float64(max(1, len(sorted)))
}

func (r *scaleRun) lives(ctx context.Context) ([]life, error) {
	lives := make([]life, len(r.requests))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, request := range r.requests {
		group.Go(func() (err error) {
			lives[i], err = r.life(ctx, request)
			return err
		})
	}
	return lives, group.Wait()
}

func (r *scaleRun) life(ctx context.Context, request scaleRequest) (life, error) {
	l := life{request: request}
	var start, end time.Time
	if err := r.pool.QueryRow(ctx, "SELECT started_on, completed_on FROM requests WHERE id = $1", request.RequestID).Scan(&start, &end); err != nil {
		return l, fmt.Errorf("request %s: %w", request.RequestID, err)
	}
	l.start, l.end = r.since(start), r.since(end)
	scheduled := map[int64]float64{}
	begun := map[int64]float64{}
	inSteps := 0.0
	history := r.temporal.GetWorkflowHistory(ctx, workflows.BulkRequestID(request.RequestRef), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			return l, err
		}
		l.events++
		l.acts += actions(event)
		at := r.since(event.GetEventTime().AsTime())
		if a := event.GetActivityTaskScheduledEventAttributes(); a != nil && a.GetTaskQueue().GetName() == workflows.BulkQueue {
			scheduled[event.GetEventId()] = at
		}
		if a := event.GetActivityTaskStartedEventAttributes(); a != nil {
			begun[a.GetScheduledEventId()] = at
		}
		id := endedStep(event)
		if since, ok := scheduled[id]; ok {
			l.waited += begun[id] - since
			l.busy += at - begun[id]
			l.steps = append(l.steps, step{since, begun[id], at})
			inSteps += at - since
		}
	}
	l.engine = max(0, l.end-l.start-inSteps)
	return l, nil
}

func (r *scaleRun) since(at time.Time) float64 { return at.Sub(r.opening).Seconds() }

// endedStep is the scheduling event of the activity that an event ends, 0 for
// other events.
func endedStep(event *historypb.HistoryEvent) int64 {
	switch event.GetEventType() {
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
		return event.GetActivityTaskCompletedEventAttributes().GetScheduledEventId()
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED:
		return event.GetActivityTaskFailedEventAttributes().GetScheduledEventId()
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
		return event.GetActivityTaskTimedOutEventAttributes().GetScheduledEventId()
	}
	return 0
}

// actions is how many actions Temporal Cloud would count for an event.
func actions(event *historypb.HistoryEvent) int {
	switch event.GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED, enumspb.EVENT_TYPE_TIMER_STARTED,
		enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
		enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, enumspb.EVENT_TYPE_MARKER_RECORDED, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
		return 1
	}
	return 0
}

// capacity is how many steps were at work, on average, while at least one waited:
// what there was to share. It is at least 1.
func capacity(lives []life) float64 {
	type edge struct {
		at            float64
		busy, waiting int
	}
	var edges []edge
	for _, l := range lives {
		for _, s := range l.steps {
			edges = append(edges, edge{s.scheduled, 0, 1}, edge{s.begun, 1, -1}, edge{s.ended, -1, 0})
		}
	}
	slices.SortStableFunc(edges, func(a, b edge) int { return cmp.Compare(a.at, b.at) })
	busy, waiting := 0, 0
	used, length := 0.0, 0.0
	for i, e := range edges {
		if i > 0 && waiting > 0 {
			used += float64(busy) * (e.at - edges[i-1].at)
			length += e.at - edges[i-1].at
		}
		busy, waiting = busy+e.busy, waiting+e.waiting
	}
	if length == 0 {
		return 1
	}
	return max(1, used/length)
}

// fairness compares the time each small account took with its fair share: the time
// its steps would have taken if the capacity there was had been shared equally among
// the accounts that had work, and besides the time that it spent outside of steps.
func (r *scaleRun) fairness(lives []life) {
	jobs := []job{{at: math.Inf(1)}} // the heavy account, and then the small ones
	var small []life
	for _, l := range lives {
		if l.request.heavy {
			jobs[0] = job{at: min(jobs[0].at, l.start), work: jobs[0].work + l.busy, most: jobs[0].most + stepsPerRequest}
			continue
		}
		small = append(small, l)
		jobs = append(jobs, job{at: l.start, work: l.busy, most: 1})
	}
	ends := fairEnds(r.outcome.Capacity, jobs)
	var fair, ratios []float64
	for i, l := range small {
		share := ends[i+1] - l.start + l.engine
		fair, ratios = append(fair, share), append(ratios, (l.end-l.start)/share)
	}
	r.outcome.Fair, r.outcome.Ratio = spreadOf(fair), spreadOf(ratios)
}
