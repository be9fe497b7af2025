package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/offhours/offhours"
)

const (
	// runPatience begins when the window opens.
	runPatience = 10 * time.Minute
	askEvery    = 200 * time.Millisecond
)

// awaitEnd waits until both requests have ended, and shows how far they are.
func (d *demo) awaitEnd(ctx context.Context) error {
	p := newProgress(d.out, []*plan{&d.export, &d.delete})
	defer p.finish()
	var asked time.Time
	return poll(ctx, "both requests to end", time.Until(d.opening)+runPatience, nil, func(ctx context.Context) (bool, error) {
		if time.Since(asked) < askEvery {
			return false, nil
		}
		asked = time.Now()
		done := true
		for _, plan := range []*plan{&d.export, &d.delete} {
			request, err := d.admin.request(ctx, plan.seen.ID)
			if err != nil {
				return false, err
			}
			plan.seen = request
			done = done && request.Status.Ended()
		}
		p.show()
		return done, nil
	})
}

// progress shows requests as a bar on a terminal, else as a line whenever
// something has changed.
type progress struct {
	out   io.Writer
	bar   *progressbar.ProgressBar // nil without a terminal
	plans []*plan
	told  map[*plan]string
}

func newProgress(out io.Writer, plans []*plan) *progress {
	p := &progress{out: out, plans: plans, told: map[*plan]string{}}
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
	done := 0
	var lines []string
	for _, plan := range p.plans {
		r := plan.seen
		if done += r.Progress.Exported + r.Progress.Verified + r.Progress.Deleted; r.Status.Ended() {
			done += steps*r.Records - r.Progress.Exported - r.Progress.Verified - r.Progress.Deleted
		}
		line := position(r)
		if p.bar == nil && p.told[plan] != line {
			fmt.Fprintf(p.out, "%12s  %s\n", "", line)
		}
		p.told[plan] = line
		lines = append(lines, line)
	}
	if p.bar != nil {
		p.bar.Describe(strings.Join(lines, "; "))
		_ = p.bar.Set(done)
	}
}

// position is where a request stands, in one line.
func position(r offhours.Request) string {
	text := r.RequestType.Label() + ": " + r.Status.Label()
	if r.Status == offhours.StatusInProgress {
		text += fmt.Sprintf(", %s: %d exported, %d deleted of %d", r.Progress.Phase, r.Progress.Exported, r.Progress.Deleted, r.Records)
	}
	return text
}

func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
