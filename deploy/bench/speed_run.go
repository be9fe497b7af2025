package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

// A cell is a number of records, with or without attachments.
type cell struct {
	Size  int  `json:"size"`
	Files bool `json:"files"` // some records have attachments
}

func (c cell) String() string {
	if c.Files {
		return fmt.Sprintf("%d with attachments", c.Size)
	}
	return fmt.Sprintf("%d plain", c.Size)
}

// database is the name of the cell's template.
func (c cell) database() string { return fmt.Sprintf("cell_%d_%t", c.Size, c.Files) }

// method is a way to export and delete the records of a cell.
type method struct {
	name  string // in results and --only
	title string // in tables
	run   func(*bench, context.Context, cell, *measurement) error
}

// The names of the methods. The two of the product are compared with the others.
const (
	psqlExport      = "psql"
	loopExport      = "loop"
	exportAndDelete = "export"
	plainDelete     = "delete"
	deleteOnly      = "deleteonly"
)

var methods = []method{
	{psqlExport, "psql COPY, one DELETE", (*bench).psqlCopyAndDelete},
	{exportAndDelete, "Offhours, Export & Delete", (*bench).exportAndDelete},
	{loopExport, "SELECT … LIMIT, csv.Writer, DELETE", (*bench).selectAndDelete},
	{plainDelete, "one DELETE alone", (*bench).oneDelete},
	{deleteOnly, "Offhours, Delete Only", (*bench).deleteOnly},
}

// title is what tables call a method.
func title(name string) string {
	for _, m := range methods {
		if m.name == name {
			return m.title
		}
	}
	return name
}

// bench is one run of "bench speed".
type bench struct {
	settings speedSettings
	dir      string
	out      io.Writer
	stack    *stack
	results  results
	objects  []string // keys that a baseline has copied
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.out, format+"\n", args...) }

// cells are those of the sizes, of which --only wants something.
func (b *bench) cells() (all []cell) {
	for _, files := range []bool{false, true} {
		for _, size := range b.settings.sizes {
			c := cell{size, files}
			for _, m := range methods {
				if b.wants(c, m) {
					all = append(all, c)
					break
				}
			}
		}
	}
	return all
}

func (b *bench) wants(c cell, m method) bool {
	return b.settings.only.MatchString(c.String() + "/" + m.name)
}

// measure takes all runs, in turns: what else the machine does meets all methods
// alike.
func (b *bench) measure(ctx context.Context) (err error) {
	if err := os.MkdirAll(b.settings.out, 0o755); err != nil {
		return err
	}
	if b.settings.resume {
		if b.results, err = readResults(b.settings.out); err != nil {
			return err
		}
	}
	if b.stack, err = startStack(ctx, b.settings.bin, b.dir); err != nil {
		return err
	}
	defer b.stack.stop()
	if b.results.Machine, err = b.stack.facts(ctx); err != nil {
		return err
	}
	cells := b.cells()
	for _, c := range cells {
		began := time.Now()
		if err := b.stack.makeCell(ctx, c); err != nil {
			return fmt.Errorf("make the records of %s: %w", c, err)
		}
		b.say("%s: made in %.0f s", c, time.Since(began).Seconds())
	}
	for rep := 1; rep <= b.settings.reps; rep++ {
		for _, c := range cells {
			for i := range methods {
				// Another one begins each time, as the first finds the disk at rest.
				m := methods[(i+rep)%len(methods)]
				if !b.wants(c, m) || b.results.has(rep, c, m.name) {
					continue
				}
				if err := b.measureOne(ctx, rep, c, m); err != nil {
					return fmt.Errorf("%s, %s: %w", c, m.title, err)
				}
			}
		}
	}
	return b.results.writePlot(b.settings.out)
}

// measureOne takes one run from the cell's own state, and keeps it.
func (b *bench) measureOne(ctx context.Context, rep int, c cell, m method) error {
	if err := b.stack.reset(ctx, c); err != nil {
		return err
	}
	taken := &measurement{Rep: rep, cell: c, Method: m.name}
	if err := m.run(b, ctx, c, taken); err != nil {
		return err
	}
	left, err := b.stack.selected(ctx)
	if err != nil {
		return err
	}
	if left != 0 {
		return fmt.Errorf("%d records are left", left)
	}
	b.results.Runs = append(b.results.Runs, *taken)
	b.say("%d of %d  %-26s %-36s %7.2f s", rep, b.settings.reps, c, m.title, taken.Seconds)
	return b.results.write(b.settings.out)
}
