package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/offhours/offhours/internal/dataset"
)

// badRows lists the problems of rows that are left out: the first ones on
// stderr, all of them in a file if one was asked for.
type badRows struct {
	on       bool
	stderr   io.Writer
	problems int
	file     *os.File
	csv      *csv.Writer
}

func (l loader) newBadRows(run importRun) (*badRows, error) {
	b := &badRows{on: run.skipBad, stderr: l.stderr}
	if run.badRows == "" {
		return b, nil
	}
	file, err := os.Create(run.badRows)
	if err != nil {
		return nil, fmt.Errorf("create the list of bad rows: %w", err)
	}
	b.file, b.csv = file, csv.NewWriter(file)
	return b, b.csv.Write([]string{"line", "column", "problem"})
}

// skip is what to do with a problem; nil if malformed rows are not left out.
func (b *badRows) skip() func(dataset.Problem) {
	if !b.on {
		return nil
	}
	return b.add
}

func (b *badRows) add(p dataset.Problem) {
	if b.problems++; b.problems <= dataset.MaxProblems {
		fmt.Fprintf(b.stderr, "left out: %v\n", p)
	}
	if b.csv != nil {
		_ = b.csv.Write([]string{strconv.Itoa(p.Line), p.Column, p.Text}) // close tells
	}
}

func (b *badRows) tell(rows int) {
	if more := b.problems - dataset.MaxProblems; more > 0 {
		fmt.Fprintf(b.stderr, "and %d more problems\n", more)
	}
	if b.on {
		fmt.Fprintf(b.stderr, "malformed rows left out: %d\n", rows)
	}
}

// close completes the file. Only the first call does something.
func (b *badRows) close() error {
	if b.file == nil {
		return nil
	}
	b.csv.Flush()
	err := b.csv.Error()
	if closed := b.file.Close(); err == nil {
		err = closed
	}
	b.file = nil
	if err != nil {
		return fmt.Errorf("write the list of bad rows: %w", err)
	}
	return nil
}
