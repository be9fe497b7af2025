package archive

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/offhours/offhours"
)

// PartWriter writes a part: a CSV file and its delete list. It takes the rows of
// one COPY, each with the columns of the CSV file and then those of the list.
type PartWriter struct {
	remove    func(key string)
	csv, list *File
	columns   int // of the CSV file
	carry     []byte
	quotes    int // in carry
	out       [2]bytes.Buffer
	rows      int
}

// flushAt is how much is gathered before it is handed to the bucket.
const flushAt = 256 << 10

// CreatePart begins the files of a part under names of their own.
func (s *Store) CreatePart(ctx context.Context, ref offhours.RequestRef, part int, attempt string, shape offhours.PartShape) (*PartWriter, error) {
	w := &PartWriter{columns: len(shape.Header), remove: func(key string) { s.discard(ctx, key) }}
	var err error
	if w.columns > 0 {
		if w.csv, err = s.Create(ctx, CSVKey(ref, part, attempt), "text/csv; charset=utf-8"); err != nil {
			return nil, err
		}
		w.out[0].Write(appendHeader(nil, shape.Header))
	}
	if w.list, err = s.Create(ctx, ListKey(ref, part, attempt), "text/csv; charset=utf-8"); err != nil {
		w.Abort()
		return nil, err
	}
	w.out[1].Write(appendHeader(nil, shape.List))
	return w, nil
}

// Write takes the next bytes of the COPY. PostgreSQL sends a row a message, but
// nothing here depends on where the pieces are cut.
func (w *PartWriter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n') + 1
		if end == 0 {
			end = len(rest)
		}
		piece := rest[:end]
		rest = rest[end:]
		w.quotes += bytes.Count(piece, oneQuote)
		complete := piece[len(piece)-1] == '\n' && w.quotes%2 == 0
		if !complete || len(w.carry) > 0 {
			w.carry = append(w.carry, piece...)
			piece = w.carry
		}
		if complete {
			if err := w.row(piece); err != nil {
				return 0, err
			}
			w.carry, w.quotes = w.carry[:0], 0
		}
	}
	return len(p), nil
}

// row cuts a row in two behind the CSV file's columns.
func (w *PartWriter) row(row []byte) error {
	at := 0
	for range w.columns {
		next, err := skipValue(row, at)
		if err != nil {
			return fmt.Errorf("row %d of the copy: %w", w.rows+1, err)
		}
		at = next
	}
	if w.columns > 0 {
		w.out[0].Write(row[:at-1])
		w.out[0].WriteByte('\n')
	}
	w.out[1].Write(row[at:])
	w.rows++
	if w.out[0].Len() >= flushAt || w.out[1].Len() >= flushAt {
		return w.flush()
	}
	return nil
}

// skipValue returns where the value that begins there has ended with its comma.
func skipValue(row []byte, at int) (int, error) {
	if at < len(row) && row[at] == '"' {
		for at++; ; at++ {
			if at = nextQuote(row, at); at < 0 {
				return 0, errOpenQuote
			}
			if at++; at >= len(row) || row[at] != '"' {
				break
			}
		}
	}
	if at >= len(row) || row[at] != ',' {
		return 0, errors.New("too few columns")
	}
	return at + 1, nil
}

func (w *PartWriter) flush() error {
	if w.csv != nil {
		if _, err := w.out[0].WriteTo(w.csv); err != nil {
			return err
		}
	}
	_, err := w.out[1].WriteTo(w.list)
	return err
}

// Commit makes both files durable. On an error neither counts as written.
func (w *PartWriter) Commit() (offhours.PartFiles, error) {
	if len(w.carry) > 0 {
		w.Abort()
		return offhours.PartFiles{}, errShortRow
	}
	if err := w.flush(); err != nil {
		w.Abort()
		return offhours.PartFiles{}, err
	}
	files := offhours.PartFiles{Rows: w.rows}
	if w.csv != nil {
		csv, err := w.csv.Commit()
		if err != nil {
			w.list.Abort()
			return offhours.PartFiles{}, err
		}
		files.CSV = &csv
	}
	list, err := w.list.Commit()
	if err != nil {
		if files.CSV != nil {
			w.remove(files.CSV.Key)
		}
		return offhours.PartFiles{}, err
	}
	files.List = list
	return files, nil
}

// Abort gives both files up.
func (w *PartWriter) Abort() {
	if w.csv != nil {
		w.csv.Abort()
	}
	if w.list != nil {
		w.list.Abort()
	}
}

// copyAll reads to the end, so that a checksum covers every byte of the file.
func copyAll(r io.Reader) error { return buffered(r, readAll) }

// buffers are used again: a request may have many thousands of attachments, of some
// kilobytes each, and each is read several times.
var buffers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, readAhead) }}

// buffered reads through one of the buffers. The reader's own WriteTo is hidden: that of
// a bucket makes a buffer of 1 MiB for each call.
func buffered(r io.Reader, use func(*bufio.Reader) error) error {
	b := buffers.Get().(*bufio.Reader)
	defer buffers.Put(b)
	defer b.Reset(nil)
	b.Reset(struct{ io.Reader }{r})
	return use(b)
}

func readAll(r *bufio.Reader) error {
	for {
		if _, err := r.Discard(readAhead); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
