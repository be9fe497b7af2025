package activities

import (
	"cmp"
	"context"
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
	// No part begins later than this after its activity did. Each activity costs
	// Temporal as much as some hundred records cost the database; but while it runs,
	// no other account has its place on the worker.
	turn = time.Second
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
		exported, err := export(ctx, in)
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

// inTurn does a step for the parts, a few at a time, until the turn is over.
func (p *Parts) inTurn(ctx context.Context, in PartsInput, lanes int, step partStep) (PartsResult, error) {
	defer heartbeat(ctx)()
	q := &partQueue{left: in.Parts, end: time.Now().Add(cmp.Or(p.Turn, turn))}
	var wg sync.WaitGroup
	for range min(cmp.Or(p.Lanes, lanes), len(in.Parts)) {
		wg.Go(func() {
			for part, ok := q.next(); ok; part, ok = q.next() {
				did, err := step(ctx, PartInput{RequestRef: in.RequestRef, Part: part})
				did.Part = part
				q.did(did, err)
			}
		})
	}
	wg.Wait()
	q.result.Left = append(q.result.Left, q.left...)
	return q.result, q.failed
}

// partQueue hands out the parts of a turn. A closed window, and the first error,
// end it; the steps under way go on to their end.
type partQueue struct {
	mu     sync.Mutex
	left   []int
	begun  bool
	end    time.Time
	result PartsResult
	failed error
}

// next returns a part to work on; there is always one in a turn.
func (q *partQueue) next() (part int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.failed != nil || q.result.WindowClosed || len(q.left) == 0 || q.begun && time.Now().After(q.end) {
		return 0, false
	}
	part, q.left, q.begun = q.left[0], q.left[1:], true
	return part, true
}

func (q *partQueue) did(did PartResult, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case err != nil && q.failed == nil:
		q.failed = err
	case err == nil && did.WindowClosed:
		q.result.WindowClosed = true
		q.result.Left = append(q.result.Left, did.Part)
		fallthrough
	case err == nil:
		q.result.Parts = append(q.result.Parts, did)
	}
}
