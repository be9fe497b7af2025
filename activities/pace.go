package activities

import (
	"math"
	"slices"
	"time"

	"github.com/offhours/offhours"
)

// How a request that deletes goes slower and faster. All of it is bounded: the
// slowest is a batch of politeBatch records and a pause of maxPause, so that 200,000
// records take little more than an hour at worst.
const (
	politeBatch  = 50          // records: smaller ones cost others more than they spare them
	briefBatch   = 200         // is over before others at work notice
	maxPause     = time.Second // after a batch
	minShare     = 1.0 / 64    // of the full speed
	busyShare    = 1.0 / 8     // the least that sessions at work alone bring about: they need room, not rescue
	companyShare = 1.0 / 2     // of the time, while others are about
	growth       = 1.0 / 16    // of the full speed, at each look that finds nothing
	nearly       = 0.9         // of the limit of WAL: no growth above it, or it would be met again at once
	// A reason is told for so long after it was last found. Slowed down, a request
	// meets its limit only now and then.
	reasonHolds = 10 * time.Second
)

// tempo decides how large the next batch is and how long to pause after it, from
// what was seen of the database and of the batches before. It never decides which
// records are deleted, or whether.
//
// The share of full speed is what signals move: a signal at its limit takes half of
// it or more, and each look without one gives a little back. A share of a fourth
// means batches a fourth as large, and three fourths of the time spent in pauses.
type tempo struct {
	limits  offhours.Limits // nil until the first look
	share   float64
	most    int  // records, for as long as larger batches take too long
	waiters int  // the most that a batch kept waiting since the last look
	company bool // others were at work a moment ago
	wal     int64
	seenOn  time.Time // of the last look, by the database's clock
	found   map[offhours.SlowReason]time.Time
}

func newTempo() tempo {
	return tempo{share: 1, most: maxBatch, found: map[offhours.SlowReason]time.Time{}}
}

// look takes in how the database is doing.
func (t *tempo) look(p offhours.Pressure) {
	first := t.seenOn.IsZero()
	if first {
		t.share = p.Pace.Share
		for _, reason := range p.Pace.SlowedBy {
			t.found[reason] = p.SeenOn
		}
	}
	share, mayGrow := t.share, true
	slow := func(reason offhours.SlowReason, keep, floor float64) {
		share = min(share, max(t.share*keep, min(t.share, floor)))
		mayGrow = false
		t.found[reason] = p.SeenOn
	}
	t.company = p.Limits[offhours.LimitBusySessions] > 0 && p.Near > 0
	at := func(limit offhours.Limit, value int64) bool { return p.Limits[limit] > 0 && value >= p.Limits[limit] }
	if at(offhours.LimitLockWaiters, int64(t.waiters)) {
		slow(offhours.SlowLockWaits, .5, minShare)
	}
	if at(offhours.LimitBusySessions, p.Busy) {
		slow(offhours.SlowSessions, .5, busyShare)
	}
	if at(offhours.LimitLagBytes, p.LagBytes) || at(offhours.LimitLagTime, p.Lag.Milliseconds()) {
		slow(offhours.SlowReplicaLag, .5, minShare)
	}
	if at(offhours.LimitDeadRows, p.Dead) {
		slow(offhours.SlowVacuum, .5, minShare)
	}
	if limit, rate := float64(p.Limits[offhours.LimitWAL]), t.walRate(p); limit > 0 && rate >= limit*nearly {
		mayGrow = false
		switch {
		case rate >= limit:
			slow(offhours.SlowWAL, max(limit/rate, .25), minShare) // what a request writes follows its share
		case t.share < 1:
			t.found[offhours.SlowWAL] = p.SeenOn // it holds the speed down
		}
	}
	if mayGrow && !first {
		share = min(share+growth, 1)
	}
	t.share = share
	t.limits, t.wal, t.seenOn, t.waiters = p.Limits, p.WAL, p.SeenOn, 0
}

// walRate is in bytes a second since the last look; 0 if there was none.
func (t *tempo) walRate(p offhours.Pressure) float64 {
	passed := p.SeenOn.Sub(t.seenOn)
	if t.seenOn.IsZero() || passed <= 0 {
		return 0
	}
	return float64(p.WAL-t.wal) / passed.Seconds()
}

// alone reports whether one part at a time is enough: others need the other cores.
// That costs less than pauses do, so that whoever is about is reason enough.
func (t *tempo) alone() bool { return t.share < 1 || t.company }

// batch is how many records the next batch may have.
func (t *tempo) batch() int {
	most := min(t.most, t.largest())
	if t.company {
		most = min(most, briefBatch)
	}
	return max(int(math.Round(t.share*float64(most))), politeBatch)
}

// largest is what a batch may have at full speed.
func (t *tempo) largest() int {
	if most, known := t.limits[offhours.LimitBatchRecords]; known {
		return int(most)
	}
	return maxBatch
}

// did takes in what a batch took and whom it kept waiting.
func (t *tempo) did(records int, took time.Duration, waiters int) {
	t.waiters = max(t.waiters, waiters)
	long := time.Duration(t.limits[offhours.LimitBatchTime]) * time.Millisecond
	switch {
	case long > 0 && took > long:
		t.most = max(int(float64(records)*float64(long)/float64(took)), politeBatch)
		t.found[offhours.SlowStatements] = t.seenOn
	case took*4 < long*3:
		t.most = min(t.most+maxBatch/10, maxBatch)
	}
}

// timedOut takes in that a batch was given up by a time-out of its statement.
func (t *tempo) timedOut(records int) {
	t.most = max(records/2, politeBatch)
	t.found[offhours.SlowStatements] = t.seenOn
}

// pause is how long to do nothing after a batch that took some time.
func (t *tempo) pause(took time.Duration) time.Duration {
	fixed := time.Duration(t.limits[offhours.LimitPause]) * time.Millisecond
	return min(fixed+t.others(took), maxPause)
}

// others is the time that is left to them after something that took some: half of it
// for whoever is about.
func (t *tempo) others(took time.Duration) time.Duration {
	share := t.share
	if t.company {
		share = min(share, companyShare)
	}
	return min(time.Duration(float64(took)*(1/share-1)), maxPause)
}

// pace is how it goes, for users and other workers.
func (t *tempo) pace() offhours.Pace {
	return offhours.Pace{Share: t.share, SlowedBy: slices.DeleteFunc(slices.Clone(offhours.SlowReasons), func(reason offhours.SlowReason) bool {
		on, ever := t.found[reason]
		slowed := t.share < 1
		if reason == offhours.SlowStatements {
			slowed = t.most < t.largest()
		}
		return !ever || !slowed || t.seenOn.Sub(on) > reasonHolds
	})}
}
