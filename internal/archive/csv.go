package archive

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// Export files, delete lists and reports are RFC 4180 with LF line ends where
// every value is quoted and NULL is empty, as PostgreSQL's COPY writes it with
// FORCE_QUOTE *. The standard library's encoding/csv cannot verify them: it
// merges NULL with "" and drops a carriage return before a newline.

// Value is one field of a row. It is only valid until the next row is read.
type Value struct {
	Bytes   []byte // as they stand in the file between the quotes
	doubled bool   // Bytes have quotes, each of them twice
	Null    bool
}

var oneQuote, twoQuotes = []byte(`"`), []byte(`""`)

// text returns the value, and nothing for NULL.
func (v Value) text() []byte {
	if !v.doubled {
		return v.Bytes
	}
	return bytes.ReplaceAll(v.Bytes, twoQuotes, oneQuote)
}

// String returns the value, and "" for NULL.
func (v Value) String() string { return string(v.text()) }

// readAhead is how much of a file is read at once.
const readAhead = 256 << 10

// maxRow bounds the memory that one row may take while it is read.
const maxRow = 256 << 20

var errShortRow = errors.New("the file ends inside a row")

// rowReader reads rows strictly: any byte that COPY would not have written is
// an error with its line.
type rowReader struct {
	in      *bufio.Reader
	line    int // of the row last read
	next    int
	raw     []byte // of the row last read, in the buffer of in or in cut
	cut     []byte // a row that lies in pieces: it has newlines inside quotes, or is long
	row     []Value
	columns int
	rows    int   // read so far, with the header
	bytes   int64 // of these
}

func newRowReader(in io.Reader, columns int) *rowReader {
	return &rowReader{in: bufio.NewReaderSize(in, readAhead), next: 1, columns: columns}
}

// read returns the next row and io.EOF after the last.
func (r *rowReader) read() ([]Value, error) {
	if err := r.readRaw(); err != nil {
		return nil, err
	}
	if !utf8.Valid(r.raw) {
		return nil, r.errorf("not UTF-8")
	}
	r.rows++
	r.bytes += int64(len(r.raw))
	return r.row, r.split()
}

// expect returns for how many further rows of a file of so many bytes to make room:
// for all of them, if they are as long as those that were read, within reason.
func (r *rowReader) expect(file int64) int {
	const few, many = 64, 10_000
	if r.rows < few { // which tell nothing of the others
		return few
	}
	return few + int(min(max(0, file-r.bytes)*int64(r.rows)/r.bytes, many))
}

// readRaw reads one row with its newline. A newline ends a row unless it stands
// inside quotes, that is, after an odd number of them.
func (r *rowReader) readRaw() error {
	r.line = r.next
	r.cut = r.cut[:0]
	quotes := 0
	for {
		piece, err := r.in.ReadSlice('\n')
		quotes += bytes.Count(piece, oneQuote)
		if err == nil {
			r.next++
		}
		if err == nil && quotes%2 == 0 && len(r.cut) == 0 {
			r.raw = piece
			return nil
		}
		r.cut = append(r.cut, piece...)
		r.raw = r.cut
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(r.raw) == 0:
			return io.EOF
		case errors.Is(err, io.EOF):
			return r.errorf("%w", errShortRow)
		case err != nil:
			return err
		case quotes%2 == 0:
			return nil
		}
		if len(r.raw) > maxRow {
			return r.errorf("a row of more than %d bytes", maxRow)
		}
	}
}

// split cuts the raw row, which ends with a newline, into values.
func (r *rowReader) split() error {
	r.row = r.row[:0]
	for at := 0; ; at++ {
		value, end, err := cutValue(r.raw, at)
		if err != nil {
			return r.errorf("column %d: %w", len(r.row)+1, err)
		}
		r.row = append(r.row, value)
		if at = end; r.raw[at] == '\n' {
			break
		}
	}
	if len(r.row) != r.columns {
		return r.errorf("%d columns, want %d", len(r.row), r.columns)
	}
	return nil
}

var (
	errUnquoted   = errors.New("a value without quotes")
	errOpenQuote  = errors.New("an open quote")
	errAfterQuote = errors.New("text after a closing quote")
)

// cutValue cuts the value off a row that begins there. At its end is the comma or
// newline that ended it.
func cutValue(row []byte, from int) (value Value, end int, err error) {
	switch row[from] {
	case ',', '\n':
		return Value{Null: true}, from, nil
	case '"':
	default:
		return Value{}, 0, errUnquoted
	}
	for at := from + 1; ; {
		if at = nextQuote(row, at); at < 0 {
			return Value{}, 0, errOpenQuote
		}
		switch row[at+1] {
		case '"':
			value.doubled = true
			at += 2
		case ',', '\n':
			value.Bytes = row[from+1 : at : at]
			return value, at + 1, nil
		default:
			return Value{}, 0, errAfterQuote
		}
	}
}

// nextQuote returns where the next quote stands, or -1. Most stand so near that
// calling IndexByte would cost more than looking at eight bytes at a time.
func nextQuote(row []byte, at int) int {
	const each, quotes = 0x0101010101010101, '"' * 0x0101010101010101
	for range 4 {
		if at+8 > len(row) {
			break
		}
		differs := binary.LittleEndian.Uint64(row[at:]) ^ quotes
		if zeros := (differs - each) &^ differs & (each << 7); zeros != 0 { // its lowest bit is in the first zero byte
			return at + bits.TrailingZeros64(zeros)/8
		}
		at += 8
	}
	if quote := bytes.IndexByte(row[at:], '"'); quote >= 0 {
		return at + quote
	}
	return -1
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
		to = appendText(to, value)
	}
	return append(to, '\n')
}

// appendText appends a text as a value; nil is NULL.
func appendText(to []byte, value *string) []byte {
	if value == nil {
		return to
	}
	return appendQuoted(to, *value)
}

func appendQuoted(to []byte, value string) []byte {
	to = append(to, '"')
	for {
		quote := strings.IndexByte(value, '"')
		if quote < 0 {
			break
		}
		to = append(append(to, value[:quote]...), twoQuotes...)
		value = value[quote+1:]
	}
	return append(append(to, value...), '"')
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
