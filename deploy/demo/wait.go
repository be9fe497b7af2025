package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
)

const (
	// runPatience begins when the window opens.
	runPatience = 10 * time.Minute
	askEvery    = 200 * time.Millisecond
)

// watchWork waits for the window and for all requests to end, and interrupts them
// meanwhile.
func (d *demo) watchWork(ctx context.Context) error {
	d.say("Work", "the window opens at %s", utc(d.opening))
	d.progress = newProgress(d.out, d.opening, d.working()...)
	defer func() { d.progress = nil }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	interrupted := make(chan error, 1)
	export := d.export.seen
	go func() {
		err := d.interrupt(ctx, export)
		if err != nil {
			cancel() // nothing more will happen
		}
		interrupted <- err
	}()
	err := d.awaitEnd(ctx)
	time.AfterFunc(2*time.Second, cancel) // what has not happened by now never will
	if err := errors.Join(<-interrupted, err); err != nil {
		for _, p := range d.working() {
			err = fmt.Errorf("%w\n%s", err, lastSeen(p))
		}
		return err
	}
	return nil
}

// lastSeen says where a request was when the demo lost patience.
func lastSeen(p *plan) string {
	return fmt.Sprintf("%s was last seen %s: %s", p.label(), p.seen.Status.Label(), p.seen.StatusDetail)
}

// awaitEnd waits until all requests have ended, and shows how far they are.
func (d *demo) awaitEnd(ctx context.Context) error {
	defer d.progress.clear()
	var asked time.Time
	return rig.Poll(ctx, "all requests to end", time.Until(d.opening)+runPatience, nil, func(ctx context.Context) (bool, error) {
		if time.Since(asked) < askEvery {
			return false, nil
		}
		asked = time.Now()
		done := true
		for _, plan := range d.working() {
			request, err := d.admin.request(ctx, plan.seen.ID)
			if err != nil {
				return false, err
			}
			plan.seen = request
			done = done && request.Status.Ended()
		}
		d.progress.show()
		return done, nil
	})
}

// shared is a writer for what happens at the same time: the progress of requests
// and what interrupts them.
type shared struct {
	mu  sync.Mutex
	out io.Writer
}

// Write implements [io.Writer].
func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(p)
}

// progress shows requests as a bar on a terminal, else as a line when something
// has changed.
type progress struct {
	out     io.Writer
	opening time.Time
	plans   []*plan
	bar     *progressbar.ProgressBar // nil without a terminal
	told    map[*plan]told
}

// told is the line that was printed last about a request.
type told struct {
	status offhours.Status
	phase  offhours.Phase
	line   string
	at     time.Time
}

// lineEvery is how often counts are told; a new phase always is.
const lineEvery = 2 * time.Second

func newProgress(out io.Writer, opening time.Time, plans ...*plan) *progress {
	p := &progress{out: out, opening: opening, plans: plans, told: map[*plan]told{}}
	if !term.IsTerminal(int(os.Stdout.Fd())) {
		return p
	}
	total := 0
	for _, plan := range plans {
		total += steps * plan.seen.Records
	}
	p.bar = progressbar.NewOptions(total,
		progressbar.OptionSetWriter(out),
		progressbar.OptionSetWidth(30),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionClearOnFinish())
	return p
}

// steps that each record takes: exported, verified, deleted.
const steps = 3

func (p *progress) show() {
	if p.bar != nil {
		p.showBar()
		return
	}
	for _, plan := range p.plans {
		last, line := p.told[plan], position(plan.seen)
		moved := plan.seen.Status != last.status || plan.seen.Progress.Phase != last.phase
		if moved || line != last.line && time.Since(last.at) > lineEvery {
			fmt.Fprintf(p.out, "%12s  %s\n", "", line)
			p.told[plan] = told{plan.seen.Status, plan.seen.Progress.Phase, line, time.Now()}
		}
	}
}

func (p *progress) showBar() {
	done := 0
	var words []string
	for _, plan := range p.plans {
		r := plan.seen
		switch {
		case r.Status.Ended():
			done += steps * r.Records
			words = append(words, r.Status.Label())
		case r.Status == offhours.StatusInProgress:
			done += r.Progress.Exported + r.Progress.Verified + r.Progress.Deleted
			words = append(words, string(r.Progress.Phase))
		}
	}
	if left := time.Until(p.opening); left > 0 {
		words = []string{fmt.Sprintf("opens in %.0f s", left.Seconds())}
	}
	p.bar.Describe(fmt.Sprintf("%14s%-22s", "", strings.Join(words, ", ")))
	_ = p.bar.Set(done)
}

// position is where a request stands, in one line.
func position(r offhours.Request) string {
	text := fmt.Sprintf("%s of %q: %s", r.RequestType.Label(), r.EntityName, r.Status.Label())
	if r.Status == offhours.StatusInProgress {
		text += fmt.Sprintf(", %s: %d exported, %d deleted of %d", r.Progress.Phase, r.Progress.Exported, r.Progress.Deleted, r.Records)
	}
	return text
}

// clear takes the bar away until it moves next.
func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
