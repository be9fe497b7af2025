package dataset

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// Bounds of a row, so that a quote that is never closed, or the wrong kind of
// file, cannot pull everything into memory.
const (
	maxRowBytes = 16 << 20
	maxColumns  = 10_000
)

// csvReader reads RFC 4180 rows byte for byte: what stands between quotes is
// kept exactly, with its newlines and carriage returns, which encoding/csv
// would change. People's files are welcome with LF or CRLF line ends, a byte
// order mark, cells without quotes, and blank lines.
type csvReader struct {
	in    *bufio.Reader
	line  int // of the next byte, from 1
	text  []byte
	cells []cell
	flaws []flaw
}

// cell is one value: text[start:end] of its row.
type cell struct {
	start, end int
	line       int  // on which it starts
	quoted     bool // tells "" from nothing at all
}

// flaw is something wrong in the form of a row whose end could still be found.
type flaw struct {
	line, column int // column counts from 0
	text         string
}

// csvRow is one row. The cells are valid until the next one is read.
type csvRow struct {
	line  int // on which it starts
	text  string
	cells []cell
	flaws []flaw
}

func (r csvRow) value(column int) string {
	return r.text[r.cells[column].start:r.cells[column].end]
}

func newCSVReader(in io.Reader) *csvReader {
	buffered := bufio.NewReaderSize(in, 256<<10)
	if mark, _ := buffered.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = buffered.Discard(3)
	}
	return &csvReader{in: buffered, line: 1}
}

// next returns the next row, or io.EOF. A [Problem] as the error means that the
// end of the row was not found, so nothing after it can be read.
func (r *csvReader) next() (csvRow, error) {
	if err := r.skipBlankLines(); err != nil {
		return csvRow{}, err
	}
	r.text, r.cells, r.flaws = r.text[:0], r.cells[:0], r.flaws[:0]
	line := r.line
	for more := true; more; {
		var err error
		if more, err = r.readCell(); err != nil {
			return csvRow{}, err
		}
	}
	return csvRow{line, string(r.text), r.cells, r.flaws}, nil
}

// skipBlankLines stops at the first byte of a row. It returns io.EOF if there
// is none.
func (r *csvReader) skipBlankLines() error {
	for {
		start, err := r.in.Peek(2)
		switch {
		case len(start) == 0:
			return err
		case start[0] == '\n':
			_, _ = r.in.Discard(1)
		case string(start) == "\r\n":
			_, _ = r.in.Discard(2)
		default:
			return nil
		}
		r.line++
	}
}

// readCell reads one cell and what ends it, and reports whether the row has
// more of them.
func (r *csvReader) readCell() (more bool, err error) {
	c := cell{start: len(r.text), line: r.line}
	first, err := r.in.Peek(1)
	if len(first) == 0 && err != io.EOF {
		return false, err
	}
	if len(first) > 0 && first[0] == '"' {
		c.quoted = true
		_, _ = r.in.Discard(1)
		if err := r.readQuoted(c.line); err != nil {
			return false, err
		}
	}
	c.end = len(r.text)
	more, err = r.readPlain(c.quoted)
	if !c.quoted {
		c.end = len(r.text)
	}
	if r.cells = append(r.cells, c); len(r.cells) > maxColumns {
		return false, Problem{Line: c.line, Text: fmt.Sprintf("the row has more than %d columns", maxColumns)}
	}
	return more, err
}

// readQuoted reads up to and with the closing quote.
func (r *csvReader) readQuoted(opened int) error {
	for {
		b, err := r.in.ReadByte()
		if err == io.EOF {
			return Problem{Line: opened, Text: "a quote is opened here and never closed"}
		}
		if err != nil {
			return err
		}
		switch b {
		case '"':
			if after, _ := r.in.Peek(1); len(after) == 0 || after[0] != '"' {
				return nil
			}
			_, _ = r.in.Discard(1)
		case '\n':
			r.line++
		}
		if err := r.keep(b, opened); err != nil {
			return err
		}
	}
}

// readPlain reads to the end of the cell what stands outside of quotes. After a
// closing quote nothing may.
func (r *csvReader) readPlain(afterQuote bool) (more bool, err error) {
	flawed := false
	complain := func(text string) {
		if !flawed {
			r.flaws = append(r.flaws, flaw{r.line, len(r.cells), text})
		}
		flawed = true
	}
	for {
		b, err := r.in.ReadByte()
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		switch {
		case b == ',':
			return true, nil
		case b == '\n' || b == '\r' && r.skip('\n'):
			r.line++
			return false, nil
		case afterQuote:
			complain("text after the closing quote")
		case b == '"':
			complain("a quote inside a value that is not quoted")
		case b == '\r':
			complain("a carriage return inside a value that is not quoted")
		}
		if err := r.keep(b, r.line); err != nil {
			return false, err
		}
	}
}

// skip skips the next byte if it is b.
func (r *csvReader) skip(b byte) bool {
	if next, _ := r.in.Peek(1); len(next) == 0 || next[0] != b {
		return false
	}
	_, _ = r.in.Discard(1)
	return true
}

// keep adds b to the row.
func (r *csvReader) keep(b byte, line int) error {
	if len(r.text) >= maxRowBytes {
		return Problem{Line: line, Text: fmt.Sprintf("the row is larger than %d MiB; is a quote missing?", maxRowBytes>>20)}
	}
	r.text = append(r.text, b)
	return nil
}
