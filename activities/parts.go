package activities

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/offhours/offhours"
)

const (
	// Two parts at a time use two connections and two cores; more only makes
	// the foreground wait. Archiving waits for disks, too.
	deleteLanes  = 2
	archiveLanes = 3
	// extraLanes are those that the activities of a worker may have together, beyond
	// the first of each: many requests at once need no second lane.
	extraLanes = 4
	// No part begins later than this after its activity did. Each activity costs
	// Temporal as much as some hundred records cost the database; but while it runs,
	// no other account has its place on the worker.
	turn = time.Second
	// A part that takes longer, because its files are large or a record is locked, must
	// not keep the others waiting: they go on until it has ended, whatever the turn. In
	// company each waits for the two others, with all of their rests.
	stalled = 10 * time.Second
	// An attempt to export a part that takes longer hangs in a way that heartbeats do
	// not show. Whatever it wrote is gone with the purge: see purgeRest.
	exportTimeout = time.Hour
)

// MaxExports is how often a part is exported that does not read back: a fault of
// the network mends itself, a broken disk does not.
const MaxExports = 3

// PartInput names a part.
type PartInput struct {
	offhours.RequestRef
	Part int `json:"part"`
}

// PartResult is how far a step came with a part.
type PartResult struct {
	Part         int  `json:"part"`
	Rows         int  `json:"rows"`
	Deleted      int  `json:"deleted,omitempty"`
	WindowClosed bool `json:"windowClosed,omitempty"` // the part is unfinished; go on in the next window
	Corrupt      bool `json:"corrupt,omitempty"`      // the part was planned anew; export it again
}

// PartsInput names parts of a round, in the order in which they are worked on.
type PartsInput struct {
	offhours.RequestRef
	Parts []int `json:"parts"`
}

// PartsResult is how far an activity came with its parts.
type PartsResult struct {
	Parts        []PartResult `json:"parts"`                  // that it worked on, in no order
	Left         []int        `json:"left,omitempty"`         // that are unfinished, or not begun
	WindowClosed bool         `json:"windowClosed,omitempty"` // go on in the next window
}

// Parts does one step after the other with the parts of a request, several parts
// at a time, and several in one activity. What is done with a part stands in the
// database: another attempt, or another activity, goes on from there.
type Parts struct {
	Exporting interface {
		ExportPart(ctx context.Context, in PartInput) (PartResult, error)
	}
	Verifying interface {
		VerifyPart(ctx context.Context, in PartInput) (PartResult, error)
	}
	Deleting interface {
		DeletePart(ctx context.Context, in PartInput) (PartResult, error)
	}
	Lanes int           // parts at a time; 0 means two, or three to archive
	Turn  time.Duration // no part begins later; 0 means a second

	mu    sync.Mutex
	extra int // lanes that are taken of extraLanes
}

// ArchiveParts exports parts and reads each of them back.
func (p *Parts) ArchiveParts(ctx context.Context, in PartsInput) (PartsResult, error) {
	return p.inTurn(ctx, in, archiveLanes, p.archivePart)
}

// DeleteParts deletes the records of sealed parts.
func (p *Parts) DeleteParts(ctx context.Context, in PartsInput) (PartsResult, error) {
	return p.inTurn(ctx, in, deleteLanes, timed("delete", p.Deleting.DeletePart))
}

// archivePart exports a part and reads it back, until it proves to be whole.
func (p *Parts) archivePart(ctx context.Context, in PartInput) (PartResult, error) {
	export, verify := timed("export", p.Exporting.ExportPart), timed("verify", p.Verifying.VerifyPart)
	for range MaxExports {
		exported, err := within(ctx, exportTimeout, in, export)
		if err != nil || exported.WindowClosed {
			return exported, err
		}
		verified, err := verify(ctx, in)
		if err != nil || !verified.Corrupt {
			return verified, err
		}
	}
	return PartResult{}, translate(&offhours.Failure{Code: offhours.FailureExportCorrupt,
		Detail: "An exported file kept reading back differently from what was written. Nothing more was deleted. Ask your operator to look at the bucket."})
}

// partStep is what is done with one part.
type partStep func(context.Context, PartInput) (PartResult, error)

// timed counts the time that a step takes.
func timed(name string, step partStep) partStep {
	return func(ctx context.Context, in PartInput) (PartResult, error) {
		defer func(began time.Time) {
			activity.GetMetricsHandler(ctx).WithTags(map[string]string{"step": name}).Timer(stepTime).Record(time.Since(began))
		}(time.Now())
		return step(ctx, in)
	}
}

func within(ctx context.Context, limit time.Duration, in PartInput, step partStep) (PartResult, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return step(ctx, in)
}

// inTurn does a step for the parts, a few at a time, until the turn is over.
func (p *Parts) inTurn(ctx context.Context, in PartsInput, lanes int, step partStep) (PartsResult, error) {
	defer heartbeat(ctx)()
	q := &partQueue{left: in.Parts, end: time.Now().Add(cmp.Or(p.Turn, turn)), began: map[int]time.Time{}, change: make(chan struct{})}
	work := func() {
		for part, ok := q.next(ctx); ok; part, ok = q.next(ctx) {
			var did PartResult
			err := caught(ctx, func() (err error) {
				did, err = step(ctx, PartInput{RequestRef: in.RequestRef, Part: part})
				return err
			}, "part", part)
			did.Part = part
			q.did(did, err)
		}
	}
	var wg sync.WaitGroup
	for range min(cmp.Or(p.Lanes, lanes), len(in.Parts)) - 1 {
		if !p.takeLane() {
			break
		}
		wg.Go(func() {
			defer p.giveLane()
			work()
		})
	}
	work()
	wg.Wait()
	q.result.Left = append(q.result.Left, q.left...)
	return q.result, q.failed
}

func (p *Parts) takeLane() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.extra == extraLanes {
		return false
	}
	p.extra++
	return true
}

func (p *Parts) giveLane() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.extra--
}

// partQueue hands out the parts of a turn. A closed window, and the first error,
// end it; the steps under way go on to their end.
type partQueue struct {
	mu     sync.Mutex
	left   []int
	end    time.Time
	began  map[int]time.Time // the steps under way, by part
	change chan struct{}     // closed when one has ended
	result PartsResult
	failed error
}

// next returns a part to work on. There is always one in a turn, and when it is over
// there are some for as long as another one takes long.
func (q *partQueue) next(ctx context.Context) (part int, ok bool) {
	for {
		part, ok, wait, change := q.try(time.Now())
		if ok || wait <= 0 {
			return part, ok
		}
		timer := time.NewTimer(wait)
		select {
		case <-change:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return 0, false
		}
		timer.Stop()
	}
}

// try takes a part, or says how long to wait for one at most, and for what.
func (q *partQueue) try(now time.Time) (part int, ok bool, wait time.Duration, change chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.failed != nil || q.result.WindowClosed || len(q.left) == 0 {
		return 0, false, 0, nil
	}
	if begun := len(q.began)+len(q.result.Parts) > 0; begun && now.After(q.end) {
		if len(q.began) == 0 {
			return 0, false, 0, nil
		}
		oldest := slices.MinFunc(slices.Collect(maps.Values(q.began)), time.Time.Compare)
		if wait := stalled - now.Sub(oldest); wait > 0 {
			return 0, false, wait, q.change
		}
	}
	part, q.left = q.left[0], q.left[1:]
	q.began[part] = now
	return part, true, 0, nil
}

func (q *partQueue) did(did PartResult, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.began, did.Part)
	close(q.change)
	q.change = make(chan struct{})
	if err != nil {
		if q.failed == nil || final(err) && !final(q.failed) {
			q.failed = err // what is final ends the request: an outage beside it must not hide it
		}
		return
	}
	q.result.Parts = append(q.result.Parts, did)
	if did.WindowClosed {
		q.result.WindowClosed = true
		q.result.Left = append(q.result.Left, did.Part)
	}
}
