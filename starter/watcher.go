package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/offhours/offhours"
)

// watcher shows how a request stands. It is used by one goroutine.
type watcher interface {
	show(offhours.Request)
	away() // PostgreSQL does not answer
	finish()
}

func (t *tool) newWatcher() watcher {
	switch {
	case t.output == jsonFormat:
		return &documents{out: t.stdout, notes: t.stderr}
	case t.terminal:
		return &bar{out: t.stderr}
	}
	return &lines{out: t.stdout, notes: t.stderr}
}

const textAway = "PostgreSQL does not answer; trying again"

// documents prints the request, one line for each change.
type documents struct {
	out, notes io.Writer
	last       string
	outage     bool
}

func (d *documents) show(r offhours.Request) {
	d.outage = false
	text, err := json.Marshal(toJSON(r))
	if err != nil {
		return // a request always marshals
	}
	unestimated := r
	unestimated.Progress.ExpectedEnd = nil // moves all the time
	key, _ := json.Marshal(unestimated)
	if string(key) != d.last {
		d.last = string(key)
		fmt.Fprintf(d.out, "%s\n", text)
	}
}

func (d *documents) away()   { tellOnce(&d.outage, d.notes) }
func (d *documents) finish() {}

// tellOnce says that PostgreSQL is away, once an outage.
func tellOnce(outage *bool, notes io.Writer) {
	if !*outage {
		*outage = true
		fmt.Fprintf(notes, "starter: %s\n", textAway)
	}
}

// lineEvery is how often counts are told; anything else is told at once.
const lineEvery = 2 * time.Second

// lines prints a line for each change.
type lines struct {
	out, notes io.Writer
	status     offhours.Status
	phase      offhours.Phase
	line       string
	told       time.Time
	outage     bool
}

func (l *lines) show(r offhours.Request) {
	l.outage = false
	line := r.Status.Label() + ": " + printable(r.StatusDetail)
	moved := r.Status != l.status || r.Progress.Phase != l.phase
	if !moved && (line == l.line || time.Since(l.told) < lineEvery) || r.Status.Ended() {
		return
	}
	l.status, l.phase, l.line, l.told = r.Status, r.Progress.Phase, line, time.Now()
	fmt.Fprintf(l.out, "%s  %s\n", l.told.UTC().Format(time.TimeOnly), line)
}

func (l *lines) away()   { tellOnce(&l.outage, l.notes) }
func (l *lines) finish() {}

// steps that each record takes: exported, verified, deleted.
const steps = 3

// bar draws on a terminal.
type bar struct {
	out io.Writer
	bar *progressbar.ProgressBar // nil until the request is known
}

func (b *bar) show(r offhours.Request) {
	if r.Status.Ended() {
		return
	}
	if b.bar == nil {
		b.bar = progressbar.NewOptions(steps*r.Records,
			progressbar.OptionSetWriter(b.out),
			progressbar.OptionSetWidth(25),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionClearOnFinish())
	}
	b.bar.Describe(brief(r))
	p := r.Progress
	_ = b.bar.Set(min(p.Exported+p.Verified+p.Deleted, steps*r.Records-1)) // the end is for finish
}

// brief says in few words how a request stands: a line holds the bar as well.
func brief(r offhours.Request) string {
	switch {
	case r.Status == offhours.StatusInQueue && r.StartsAt != nil:
		return "In Queue until " + clock(*r.StartsAt)
	case strings.HasPrefix(r.StatusDetail, "Paused"):
		return strings.TrimSuffix(r.StatusDetail, " for business hours.")
	case r.Status == offhours.StatusInProgress:
		return r.Status.Label() + ", " + string(r.Progress.Phase)
	}
	return r.Status.Label()
}

func (b *bar) away() {
	if b.bar != nil {
		b.bar.Describe(textAway)
		return
	}
	fmt.Fprintf(b.out, "\r%s", textAway)
}

func (b *bar) finish() {
	if b.bar != nil {
		_ = b.bar.Clear()
	}
}
