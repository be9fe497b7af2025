package archive

import (
	"context"
	"time"

	"github.com/offhours/offhours"
)

// ReportWriter writes the report of a request, line by line.
type ReportWriter struct {
	store *Store
	file  *File
	out   []byte
	lines int
}

// CreateReport begins a report. End it with Commit or Abort.
func (s *Store) CreateReport(ctx context.Context, ref offhours.RequestRef, attempt string) (*ReportWriter, error) {
	file, err := s.Create(ctx, ReportKey(ref, attempt), "text/csv; charset=utf-8")
	if err != nil {
		return nil, err
	}
	return &ReportWriter{store: s, file: file, out: appendHeader(nil, offhours.ReportHeader)}, nil
}

// Add appends a line.
func (w *ReportWriter) Add(line offhours.ReportLine) error {
	out := appendText(w.out, line.ID)
	out = appendTimeText(append(out, ','), line.ModifiedOn)
	out = appendQuoted(append(out, ','), string(line.Outcome))
	out = appendText(append(out, ','), line.File)
	out = appendTimeText(append(out, ','), line.DeletedOn)
	out = appendText(append(out, ','), line.Reason)
	w.out = append(out, '\n')
	w.lines++
	if len(w.out) < flushAt {
		return nil
	}
	return w.flush()
}

func (w *ReportWriter) flush() error {
	_, err := w.file.Write(w.out)
	w.out = w.out[:0]
	return err
}

// Commit makes the report durable and reads it back.
func (w *ReportWriter) Commit(ctx context.Context) (offhours.Stored, error) {
	if err := w.flush(); err != nil {
		w.Abort()
		return offhours.Stored{}, err
	}
	written, err := w.file.Commit()
	if err != nil {
		return offhours.Stored{}, err
	}
	r, err := w.store.read(ctx, written.Key)
	if err != nil {
		return offhours.Stored{}, err
	}
	defer r.Close()
	return written, r.finish(written)
}

// Lines is the number of lines added.
func (w *ReportWriter) Lines() int { return w.lines }

// Abort gives the report up.
func (w *ReportWriter) Abort() { w.file.Abort() }

// appendTimeText appends a time as a value; nil is NULL.
func appendTimeText(to []byte, t *time.Time) []byte {
	if t == nil {
		return to
	}
	return append(appendTime(append(to, '"'), *t), '"')
}
