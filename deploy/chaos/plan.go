package main

import (
	"math/rand/v2"
	"slices"
	"time"
)

// kind is a kind of fault, as the table names it.
type kind string

// Kinds of faults.
const (
	killWorker    kind = "kill -9 of a worker"
	freezeWorker  kind = "SIGSTOP, SIGCONT of a worker"
	killAPI       kind = "kill -9 of the API"
	endBackends   kind = "pg_terminate_backend"
	crashPostgres kind = "PostgreSQL stopped at once, restarted"
	killTemporal  kind = "Temporal killed, restarted"
	reset         kind = "workflow reset"
	terminate     kind = "workflow terminated"
	cancel        kind = "workflow cancelled"
	remove        kind = "workflow deleted"
	business      kind = "business begins, ends"

	cutNetwork   kind = "network: cut after N bytes"
	slowNetwork  kind = "network: latency"
	resetNetwork kind = "network: connections reset"
	muteNetwork  kind = "network: nothing comes through"

	bucketBusy      kind = "bucket: 503"
	bucketFull      kind = "bucket: full"
	bucketLies      kind = "bucket: stores nothing, says it did"
	writesTruncated kind = "bucket: stores a part, says it did"
	writesFlipped   kind = "bucket: stores with a bit flipped"
	readsFlipped    kind = "bucket: reads with a bit flipped"
)

// lanes are who injects faults, each one after another. A fault of one lane may
// meet those of all others.
var lanes = []lane{
	{every: 4 * time.Second, kinds: []weighted{{killWorker, 6}, {killAPI, 1}}},
	{every: 9 * time.Second, kinds: []weighted{{freezeWorker, 1}}},
	{every: 4 * time.Second, kinds: []weighted{{endBackends, 12}, {crashPostgres, 1}}},
	{every: 40 * time.Second, kinds: []weighted{{killTemporal, 1}}},
	{every: 4 * time.Second, kinds: []weighted{{reset, 6}, {cancel, 1}, {terminate, 1}, {remove, 1}}},
	{every: 20 * time.Second, kinds: []weighted{{business, 1}}},
	{every: 5 * time.Second, kinds: []weighted{{cutNetwork, 3}, {slowNetwork, 2}, {resetNetwork, 2}, {muteNetwork, 1}}},
	{every: 4 * time.Second, kinds: []weighted{{bucketBusy, 3}, {bucketFull, 1}, {bucketLies, 2}, {writesTruncated, 2}, {writesFlipped, 2}, {readsFlipped, 1}}},
}

type lane struct {
	every time.Duration // on average
	kinds []weighted
}

type weighted struct {
	kind   kind
	weight int
}

// fault is one line of a plan.
type fault struct {
	at     time.Duration // after the beginning, or when its lane is free
	lane   int
	kind   kind
	length time.Duration // of what lasts a while
	// Chooses among what there is when the fault is injected.
	dice uint64
}

// newPlan returns the faults of a run in order of time. The same seed gives the
// same plan; of a longer run it is a longer one.
func newPlan(seed uint64, duration time.Duration) []fault {
	var plan []fault
	for i, l := range lanes {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		for at := l.gap(random); at < duration; at += l.gap(random) {
			plan = append(plan, l.fault(random, i, at))
		}
	}
	slices.SortStableFunc(plan, func(a, b fault) int { return int(a.at - b.at) })
	return plan
}

func (l lane) fault(random *rand.Rand, number int, at time.Duration) fault {
	total := 0
	for _, k := range l.kinds {
		total += k.weight
	}
	n := random.IntN(total)
	f := fault{at: at, lane: number, dice: random.Uint64(), length: time.Duration(200+random.IntN(2500)) * time.Millisecond}
	for _, k := range l.kinds {
		if n -= k.weight; n < 0 {
			f.kind = k.kind
			break
		}
	}
	// A worker that is frozen for longer than its heartbeats last wakes up as a
	// zombie: its work was given to the other one.
	if f.kind == freezeWorker && random.IntN(3) == 0 {
		f.length += 11 * time.Second
	}
	return f
}

// gap is between half and one and a half of the average.
func (l lane) gap(random *rand.Rand) time.Duration {
	return l.every/2 + time.Duration(random.Int64N(int64(l.every)))
}
