package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres"
)

// lineEvery is how often progress is told where there is no terminal.
const lineEvery = 5 * time.Second

// progress shows how far a load is: as a bar on a terminal, else by a line now
// and then. It is used by one goroutine at a time.
type progress struct {
	out        io.Writer
	bar        *progressbar.ProgressBar // nil without a terminal
	verb, unit string
	done, last int64
	total      int64 // -1 if not known
	files      int64 // stored beside
	told       time.Time
	finished   bool
}

func (l loader) newProgress(verb, unit string, total int64) *progress {
	p := &progress{out: l.stderr, verb: verb, unit: unit, total: total, told: time.Now()}
	if !l.terminal {
		return p
	}
	options := []progressbar.Option{
		progressbar.OptionSetWriter(l.stderr),
		progressbar.OptionSetDescription(verb),
		progressbar.OptionThrottle(100 * time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionShowCount(),
		progressbar.OptionSetWidth(30),
	}
	if unit == "B" {
		options = append(options, progressbar.OptionShowBytes(true))
	} else {
		options = append(options, progressbar.OptionShowIts(), progressbar.OptionSetItsString(unit))
	}
	p.bar = progressbar.NewOptions64(total, options...)
	return p
}

// showEvery keeps the bar's lock and the clock out of the way of single records.
const showEvery = 512

func (p *progress) add(n int) {
	if p.done += int64(n); p.done-p.last < showEvery {
		return
	}
	if p.bar != nil {
		_ = p.bar.Add64(p.done - p.last)
	} else if now := time.Now(); now.Sub(p.told) >= lineEvery {
		p.told = now
		fmt.Fprintf(p.out, "%s: %s\n", p.verb, p.position())
	}
	p.last = p.done
}

// addFiles counts files that are stored beside what is counted.
func (p *progress) addFiles(n int) { p.files += int64(n) }

func (p *progress) position() string {
	if p.files > 0 {
		return fmt.Sprintf("%s, %d files", p.positionOfUnits(), p.files)
	}
	return p.positionOfUnits()
}

func (p *progress) positionOfUnits() string {
	done, total, unit := p.done, p.total, p.unit
	if unit == "B" {
		done, total, unit = done>>20, total>>20, "MiB"
	}
	if p.total < 0 {
		return fmt.Sprintf("%d %s", done, unit)
	}
	return fmt.Sprintf("%d of %d %s", done, total, unit)
}

// finish takes the bar away and says what comes next, if anything. Only the
// first call does something.
func (p *progress) finish(next string) {
	if p.finished {
		return
	}
	p.finished = true
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	if next != "" {
		fmt.Fprintln(p.out, next)
	}
}

// reader counts the bytes that are read.
func (p *progress) reader(in io.Reader) io.Reader { return countingReader{in, p} }

type countingReader struct {
	in io.Reader
	p  *progress
}

func (c countingReader) Read(b []byte) (int, error) {
	n, err := c.in.Read(b)
	c.p.add(n)
	return n, err
}

// records counts the records that are made.
func (p *progress) records(next postgres.RecordSource) postgres.RecordSource {
	return func() (offhours.Incoming, error) {
		in, err := next()
		if err == nil {
			p.add(1)
		}
		return in, err
	}
}
