package dataset

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/offhours/offhours"
)

// maxTypes bounds the activity types of a file. More means that the mapping
// names the wrong column, and every note would become a type.
const maxTypes = 500

// Reader turns the rows of a CSV file into records. It keeps 16 bytes of every
// external key, to find repeated ones, and nothing else.
type Reader struct {
	csv       *csvReader
	mapping   Mapping
	layout    *layout
	namespace uuid
	skip      func(Problem)

	keys    map[uuid]int // line of each external key
	types   map[string]bool
	skipped int
	flaws   []Problem // of the current row
	fields  []byte    // JSON of the current row
	set     []byte    // JSON of its current set
	err     error     // what ended the file
}

// NewReader reads the header of a CSV file of an account. Rows that cannot
// become records end the reading with a [*MalformedError], or, if skip is not
// nil, are left out after skip was told about every problem they have.
func NewReader(in io.Reader, accountID int64, m Mapping, skip func(Problem)) (*Reader, error) {
	r := &Reader{
		csv: newCSVReader(in), mapping: m, namespace: accountNamespace(accountID), skip: skip,
		keys: make(map[uuid]int), types: make(map[string]bool),
	}
	header, err := r.readHeader()
	if err != nil {
		return nil, fmt.Errorf("read the header: %w", err)
	}
	if r.layout, err = newLayout(header, m); err != nil {
		return nil, fmt.Errorf("apply the mapping: %w", err)
	}
	return r, nil
}

// Fields are the custom fields of the records, in order.
func (r *Reader) Fields() []offhours.Field { return r.layout.fields }

// Skipped is the number of rows left out so far.
func (r *Reader) Skipped() int { return r.skipped }

// Next returns the next record, or io.EOF after the last one. No other error
// leaves anything to read.
func (r *Reader) Next() (offhours.Incoming, error) {
	for r.err == nil {
		row, err := r.csv.next()
		if err != nil {
			r.err = r.ended(err)
			break
		}
		record := r.record(row)
		if len(r.flaws) == 0 {
			return record, nil
		}
		r.refuse()
	}
	return offhours.Incoming{}, r.err
}

// refuse leaves the current row out, or ends the reading.
func (r *Reader) refuse() {
	if r.skip == nil {
		r.err = r.findMore()
		return
	}
	r.skipped++
	for _, p := range r.flaws {
		r.skip(p)
	}
}

// findMore reads on after the first malformed row, so that people can mend more
// than one thing at a time.
func (r *Reader) findMore() error {
	found := r.flaws
	for len(found) <= MaxProblems {
		row, err := r.csv.next()
		if err == io.EOF {
			return &MalformedError{Problems: found}
		}
		if p, ok := err.(Problem); ok {
			return &MalformedError{Problems: append(found, p)}
		}
		if err != nil {
			return r.ended(err)
		}
		r.flaws = nil
		r.record(row)
		found = append(found, r.flaws...)
	}
	return &MalformedError{Problems: found[:MaxProblems], More: true}
}

// ended puts what ended the file in the form that Next returns.
func (r *Reader) ended(err error) error {
	if p, ok := err.(Problem); ok {
		return &MalformedError{Problems: []Problem{p}}
	}
	if err == io.EOF {
		return err
	}
	return fmt.Errorf("read line %d: %w", r.csv.line, err)
}

func (r *Reader) readHeader() ([]string, error) {
	row, err := r.csv.next()
	if err == io.EOF {
		return nil, Problem{Line: 1, Text: "the file is empty; its first row must name the columns"}
	}
	if err != nil {
		return nil, err
	}
	if len(row.flaws) > 0 {
		return nil, Problem{Line: row.flaws[0].line, Text: row.flaws[0].text}
	}
	seen := make(map[string]bool)
	header := make([]string, len(row.cells))
	for i, c := range row.cells {
		name := strings.Clone(row.value(i))
		if wrong := headerProblem(name, seen); wrong != "" {
			return nil, Problem{Line: c.line, Text: fmt.Sprintf("the name of column %d %s", i+1, wrong)}
		}
		header[i], seen[name] = name, true
	}
	return header, nil
}

func headerProblem(name string, seen map[string]bool) string {
	switch {
	case name == "":
		return "is empty"
	case seen[name]:
		return "is that of an earlier column"
	}
	return textProblem(name)
}

// textProblem says why PostgreSQL could not store a text; empty if it can.
func textProblem(text string) string {
	switch {
	case !utf8.ValidString(text):
		return "is not valid UTF-8"
	case strings.IndexByte(text, 0) >= 0:
		return "holds a NUL byte"
	}
	return ""
}
