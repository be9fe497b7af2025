package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// tally counts what happened. It is used from all sides.
type tally struct {
	mu     sync.Mutex
	faults map[kind]int
	where  map[kind]map[string]int
	notes  io.Writer
}

func newTally(notes io.Writer) *tally {
	return &tally{notes: notes, faults: map[kind]int{}, where: map[kind]map[string]int{}}
}

// injected counts a fault, and the phase that it met, if any.
func (t *tally) injected(k kind, where string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.notes, "%s  %s %s\n", time.Now().Format(time.StampMilli), k, where)
	t.faults[k]++
	if where == "" {
		return
	}
	if t.where[k] == nil {
		t.where[k] = map[string]int{}
	}
	t.where[k][where]++
}

// note keeps what went wrong on our side, which is no violation.
func (t *tally) note(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.notes, time.Now().Format(time.StampMilli)+"  "+format+"\n", args...)
}

// total is how many faults were injected.
func (t *tally) total() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, times := range t.faults {
		n += times
	}
	return n
}

// outcome is what a run came to.
type outcome struct {
	seed       uint64
	requests   map[string]int // by status
	deleted    int            // records, by the product
	files      int            // attachments
	changed    int            // by users, meanwhile
	crashes    int            // programs that ended by themselves
	downloads  int            // that were verified
	mails      int            // that arrived
	duplicates int            // of them, that had arrived before: who sent them ended before it was recorded
	violations []violation
}

// print shows the table.
func (t *tally) print(out io.Writer, o outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	total := 0
	for _, k := range slices.SortedFunc(maps.Keys(t.faults), func(a, b kind) int {
		return cmp.Or(t.faults[b]-t.faults[a], strings.Compare(string(a), string(b)))
	}) {
		fmt.Fprintf(table, "%s\t%d\t%s\n", k, t.faults[k], phasesMet(t.where[k]))
		total += t.faults[k]
	}
	fmt.Fprintf(table, "faults\t%d\tseed %d\n", total, o.seed)
	finished := 0
	var statuses []string
	for _, status := range slices.Sorted(maps.Keys(o.requests)) {
		finished += o.requests[status]
		statuses = append(statuses, fmt.Sprintf("%s %d", status, o.requests[status]))
	}
	fmt.Fprintf(table, "requests finished\t%d\t%s\n", finished, strings.Join(statuses, ", "))
	fmt.Fprintf(table, "records deleted\t%d\twith %d attachments\n", o.deleted, o.files)
	fmt.Fprintf(table, "downloads verified\t%d\t\n", o.downloads)
	fmt.Fprintf(table, "mails arrived\t%d\t%d of them again\n", o.mails, o.duplicates)
	fmt.Fprintf(table, "changes by users meanwhile\t%d\t\n", o.changed)
	fmt.Fprintf(table, "programs that ended by themselves\t%d\t\n", o.crashes)
	fmt.Fprintf(table, "violations\t%d\t\n", len(o.violations))
	_ = table.Flush() // its errors are those of out
	shown := map[string]int{}
	for _, v := range o.violations {
		if shown[v.invariant]++; shown[v.invariant] <= 10 {
			fmt.Fprintf(out, "VIOLATION of %s: %s\n", v.invariant, v.what)
		}
	}
}

func phasesMet(where map[string]int) string {
	var words []string
	for _, phase := range phases {
		if where[phase] > 0 {
			words = append(words, fmt.Sprintf("%s %d", phase, where[phase]))
		}
	}
	return strings.Join(words, ", ")
}
