package archive

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Export files, delete lists and reports are RFC 4180 with LF line ends where
// every value is quoted and NULL is empty, as PostgreSQL's COPY writes it with
// FORCE_QUOTE *. The standard library's encoding/csv cannot verify them: it
// merges NULL with "" and drops a carriage return before a newline.

// Value is one field of a row. Bytes are only valid until the next row is read.
type Value struct {
	Bytes []byte
	Null  bool
}

// String returns the value, and "" for NULL.
func (v Value) String() string { return string(v.Bytes) }

// maxRow bounds the memory that one row may take while it is read.
const maxRow = 256 << 20

var errShortRow = errors.New("the file ends inside a row")

// rowReader reads rows strictly: any byte that COPY would not have written is
// an error with its line.
type rowReader struct {
	in      *bufio.Reader
	line    int // of the row last read
	next    int
	raw     []byte
	row     []Value
	columns int
}

func newRowReader(in io.Reader, columns int) *rowReader {
	return &rowReader{in: bufio.NewReaderSize(in, 256<<10), next: 1, columns: columns}
}

// read returns the next row and io.EOF after the last.
func (r *rowReader) read() ([]Value, error) {
	if err := r.readRaw(); err != nil {
		return nil, err
	}
	if !utf8.Valid(r.raw) {
		return nil, r.errorf("not UTF-8")
	}
	return r.row, r.split()
}

// readRaw reads one row with its newline. A newline ends a row unless it stands
// inside quotes, that is, after an odd number of them.
func (r *rowReader) readRaw() error {
	r.line = r.next
	r.raw = r.raw[:0]
	quotes := 0
	for {
		piece, err := r.in.ReadSlice('\n')
		r.raw = append(r.raw, piece...)
		quotes += bytes.Count(piece, []byte{'"'})
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(r.raw) == 0:
			return io.EOF
		case errors.Is(err, io.EOF):
			return r.errorf("%w", errShortRow)
		case err != nil:
			return err
		default:
			r.next++
			if quotes%2 == 0 {
				return nil
			}
		}
		if len(r.raw) > maxRow {
			return r.errorf("a row of more than %d bytes", maxRow)
		}
	}
}

// split cuts the raw row into values, undoubling quotes in place.
func (r *rowReader) split() error {
	r.row = r.row[:0]
	rest := r.raw
	for {
		value, after, err := cutValue(rest)
		if err != nil {
			return r.errorf("column %d: %w", len(r.row)+1, err)
		}
		r.row = append(r.row, value)
		if after[0] == '\n' {
			break
		}
		rest = after[1:]
	}
	if len(r.row) != r.columns {
		return r.errorf("%d columns, want %d", len(r.row), r.columns)
	}
	return nil
}

// cutValue cuts the first value off a row; after begins with the comma or
// newline that ended it.
func cutValue(row []byte) (value Value, after []byte, err error) {
	switch row[0] {
	case ',', '\n':
		return Value{Null: true}, row, nil
	case '"':
	default:
		return Value{}, nil, errors.New("a value without quotes")
	}
	body := row[1:]
	end := 0 // of what is kept of body
	for read := 0; ; {
		quote := bytes.IndexByte(body[read:], '"')
		if quote < 0 {
			return Value{}, nil, errors.New("an open quote")
		}
		if end != read {
			copy(body[end:], body[read:read+quote])
		}
		end += quote
		read += quote + 1
		switch body[read] {
		case '"':
			body[end] = '"'
			end++
			read++
		case ',', '\n':
			return Value{Bytes: body[:end:end]}, body[read:], nil
		default:
			return Value{}, nil, errors.New("text after a closing quote")
		}
	}
}

// malformedError is a fault of the bytes, as opposed to one of reading them.
type malformedError struct {
	line int
	err  error
}

func (e *malformedError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.err) }
func (e *malformedError) Unwrap() error { return e.err }

func (r *rowReader) errorf(format string, args ...any) error {
	return &malformedError{line: r.line, err: fmt.Errorf(format, args...)}
}

// appendRow appends a row of values, all quoted; a nil value is NULL.
func appendRow(to []byte, values ...*string) []byte {
	for i, value := range values {
		if i > 0 {
			to = append(to, ',')
		}
		if value != nil {
			to = appendQuoted(to, *value)
		}
	}
	return append(to, '\n')
}

func appendQuoted(to []byte, value string) []byte {
	to = append(to, '"')
	for i := range len(value) {
		if value[i] == '"' {
			to = append(to, '"')
		}
		to = append(to, value[i])
	}
	return append(to, '"')
}

func appendHeader(to []byte, header []string) []byte {
	values := make([]*string, len(header))
	for i := range header {
		values[i] = &header[i]
	}
	return appendRow(to, values...)
}

// checkHeader reads the first row and compares it with the one that was frozen.
func (r *rowReader) checkHeader(header []string) error {
	row, err := r.read()
	if errors.Is(err, io.EOF) {
		return r.errorf("no header")
	}
	if err != nil {
		return err
	}
	for i, value := range row {
		if value.Null || value.String() != header[i] {
			return r.errorf("column %d: not the header that was planned", i+1)
		}
	}
	return nil
}
