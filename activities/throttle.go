package activities

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/offhours/offhours"
)

const (
	// The database is looked at so often at most, while batches are deleted.
	lookEvery = 250 * time.Millisecond
	// A look that fails is no reason to stop: the next one is a little later.
	lookAgain    = 5 * time.Second
	lookPatience = 2 * time.Second
	// A part that is read in pieces rests so long at most: meanwhile its snapshot keeps
	// vacuum from what is dead, and whoever waits to change the table, and all behind
	// them, wait for it.
	mostRest = 2 * time.Second
	// A pace below full speed is recorded so often.
	recordEvery = time.Second
)

// PaceStore is what throttling needs of the database.
type PaceStore interface {
	Pressure(ctx context.Context, ref offhours.RequestRef) (offhours.Pressure, error)
	RecordPace(ctx context.Context, ref offhours.RequestRef, pace offhours.Pace) error
}

// throttles are those of the requests that this worker deletes for. Parts of a
// request that are deleted at the same time share one.
type throttles struct {
	mu   sync.Mutex
	busy map[offhours.RequestRef]*throttle

	blind sync.Once // it was said that the worker does not see everything
}

// of returns the throttle of a request, until done is called.
func (all *throttles) of(store PaceStore, ref offhours.RequestRef) (t *throttle, done func()) {
	all.mu.Lock()
	defer all.mu.Unlock()
	t = all.busy[ref]
	if t == nil {
		t = &throttle{store: store, ref: ref, blind: &all.blind, single: make(chan struct{}, 1), tempo: newTempo()}
		if all.busy == nil {
			all.busy = map[offhours.RequestRef]*throttle{}
		}
		all.busy[ref] = t
	}
	t.parts++
	return t, func() {
		all.mu.Lock()
		defer all.mu.Unlock()
		if t.parts--; t.parts == 0 {
			delete(all.busy, ref)
		}
	}
}

// throttle holds one request back while others need the database. It only sizes
// batches and pieces, and pauses between them, never in a transaction that writes.
type throttle struct {
	store PaceStore
	ref   offhours.RequestRef
	parts int // that use it, under the lock of all
	blind *sync.Once

	first  sync.Once
	single chan struct{} // full while a part works alone

	mu        sync.Mutex
	tempo     tempo
	lookAt    time.Time
	openUntil time.Time
	recorded  offhours.Pace
	recordAt  time.Time
}

// batch returns how many records the next batch may have.
func (t *throttle) batch(ctx context.Context) int {
	t.whenDue(func() {
		if pressure, ok := t.look(ctx); ok {
			t.record(ctx, pressure)
			activity.GetMetricsHandler(ctx).Gauge(throttleBatch).Update(float64(t.batchNow()))
		}
	})
	return t.batchNow()
}

// watch looks at the database for those who only read it, whom nothing concerns
// but others at work.
func (t *throttle) watch(ctx context.Context) {
	t.whenDue(func() {
		if pressure, ok := t.look(ctx); ok {
			pressure.Limits = offhours.Limits{offhours.LimitBusySessions: pressure.Limits[offhours.LimitBusySessions]}
			t.record(ctx, pressure)
		}
	})
}

// whenDue looks at the database, if it is time. All parts wait for the first look:
// nobody begins at full speed who need not be alone.
func (t *throttle) whenDue(look func()) {
	t.first.Do(func() {
		if t.due() {
			look()
		}
	})
	if t.due() {
		look()
	}
}

// due reports whether to look at the database; one part does at a time.
func (t *throttle) due() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if now.Before(t.lookAt) {
		return false
	}
	t.lookAt = now.Add(lookEvery)
	return true
}

func (t *throttle) look(ctx context.Context) (pressure offhours.Pressure, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	pressure, err := t.store.Pressure(ctx, t.ref)
	if err != nil {
		t.mu.Lock()
		t.lookAt = time.Now().Add(lookAgain)
		t.mu.Unlock()
		activity.GetLogger(ctx).Warn("the work goes on without a look at the database", "error", err)
	}
	return pressure, err == nil
}

// record takes in a look, and records the pace if that changes it.
func (t *throttle) record(ctx context.Context, pressure offhours.Pressure) {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	if pressure.Hidden {
		t.blind.Do(func() {
			activity.GetLogger(ctx).Warn("the database hides standbys and sessions from the worker, which slows down for none of them: grant it pg_read_all_stats")
		})
	}
	if pace, changed := t.saw(pressure); changed {
		if err := t.store.RecordPace(ctx, t.ref, pace); err != nil {
			activity.GetLogger(ctx).Warn("the pace is not recorded", "error", err)
		}
	}
}

func (t *throttle) batchNow() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tempo.batch()
}

// saw takes in a look, and tells whether the pace has to be recorded: at full speed
// it never has.
func (t *throttle) saw(pressure offhours.Pressure) (pace offhours.Pace, changed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	t.tempo.look(pressure)
	t.openUntil = now.Add(pressure.OpenFor)
	pace = t.tempo.pace()
	slowed := pace.Share < 1 || len(pace.SlowedBy) > 0
	changed = !slices.Equal(pace.SlowedBy, t.recorded.SlowedBy) || slowed && !now.Before(t.recordAt)
	if changed {
		t.recorded, t.recordAt = pace, now.Add(recordEvery)
	}
	return pace, changed
}

// alone waits, while others use the database, until no other part of the request is
// at work in it, nor rests: two at once would take two cores from them, or their rest.
// done lets the next one in.
func (t *throttle) alone(ctx context.Context) (done func(), err error) {
	t.mu.Lock()
	alone := t.tempo.alone()
	t.mu.Unlock()
	if !alone {
		return func() {}, nil
	}
	select {
	case t.single <- struct{}{}:
		return func() { <-t.single }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// timedOut notes a batch that its statement's time-out gave up.
func (t *throttle) timedOut(records int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tempo.timedOut(records)
}

// rest notes what a batch did, and pauses before the next one, but not when the
// window closes, nor for a worker that stops.
func (t *throttle) rest(ctx context.Context, records int, took time.Duration, waiters int) error {
	pause, reasons := t.did(records, took, waiters)
	return restFor(ctx, pause, reasons)
}

// reading is how a part is read: it rests from what it has read since the last rest.
type reading struct {
	throttle *throttle
	began    time.Time
	mayRest  time.Duration // between pieces
}

func (t *throttle) reading() *reading { return &reading{t, time.Now(), mostRest} }

// pieces are brief ones, with rests, if others are at work when the part is begun, and
// stay so for the whole part; else it is read at once.
func (r *reading) pieces() offhours.Pieces {
	r.throttle.mu.Lock()
	defer r.throttle.mu.Unlock()
	if !r.throttle.tempo.alone() {
		return offhours.Pieces{}
	}
	return offhours.Pieces{Records: briefBatch, Rest: func(ctx context.Context) { r.mayRest -= r.rest(ctx, r.mayRest) }}
}

// rest pauses after something was read, but not for a worker that stops or a request
// that ends: who reads on then needs no rest.
func (r *reading) rest(ctx context.Context, most time.Duration) (pause time.Duration) {
	t, took := r.throttle, time.Since(r.began)
	t.watch(ctx)
	t.mu.Lock()
	pause, reasons := min(t.tempo.others(took), most, time.Until(t.openUntil)), t.tempo.pace().SlowedBy
	t.mu.Unlock()
	_ = restFor(ctx, pause, reasons)
	r.began = time.Now()
	return max(pause, 0)
}

func restFor(ctx context.Context, pause time.Duration, reasons []offhours.SlowReason) error {
	if pause <= 0 {
		return nil
	}
	began := time.Now()
	defer func() { countPause(ctx, reasons, time.Since(began)) }()
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-activity.GetWorkerStopChannel(ctx):
		return errStopping
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *throttle) did(records int, took time.Duration, waiters int) (pause time.Duration, reasons []offhours.SlowReason) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tempo.did(records, took, waiters)
	return min(t.tempo.pause(took), time.Until(t.openUntil)), t.tempo.pace().SlowedBy
}

// countPause counts a pause for each of its reasons; one that operators have set
// has none of its own.
func countPause(ctx context.Context, reasons []offhours.SlowReason, took time.Duration) {
	if len(reasons) == 0 {
		reasons = []offhours.SlowReason{"pause"}
	}
	for _, reason := range reasons {
		activity.GetMetricsHandler(ctx).WithTags(map[string]string{"reason": string(reason)}).Timer(throttlePause).Record(took)
	}
}
