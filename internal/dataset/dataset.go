// Package dataset makes records: from a CSV file, as a [Mapping] says, or
// invented by a [Generator]. It knows nothing of SQL.
//
// Both are read the same way: Next returns one record and the name of its type,
// and io.EOF after the last one, so that millions pass through without being
// kept.
package dataset

import (
	"fmt"
	"strings"
)

// Problem is one thing that is wrong with a CSV file. It never holds a value of
// the file, so it can be logged.
type Problem struct {
	Line   int    // of the file, from 1
	Column string // as the header names it; empty if the row as a whole is wrong
	Text   string
}

// Error returns the line, the column and what is wrong there.
func (p Problem) Error() string {
	if p.Column == "" {
		return fmt.Sprintf("line %d: %s", p.Line, p.Text)
	}
	return fmt.Sprintf("line %d, column %s: %s", p.Line, p.Column, p.Text)
}

// MaxProblems is how many problems a [MalformedError] lists.
const MaxProblems = 20

// MalformedError says that a CSV file has rows that cannot become records.
type MalformedError struct {
	Problems []Problem // the first ones, at most MaxProblems
	More     bool      // there may be others after them
}

// Error lists the problems, one a line.
func (e *MalformedError) Error() string {
	var b strings.Builder
	b.WriteString("the file has malformed rows:")
	for _, p := range e.Problems {
		b.WriteString("\n  " + p.Error())
	}
	if e.More {
		fmt.Fprintf(&b, "\n  the rest was not checked after %d problems", len(e.Problems))
	}
	return b.String()
}
