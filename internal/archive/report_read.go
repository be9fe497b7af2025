package archive

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/offhours/offhours"
)

// ReadReport reads a report, line by line and strictly. After an error it yields
// nothing more; one that wraps [offhours.ErrCorrupt] says that it is no report.
func ReadReport(in io.Reader) iter.Seq2[offhours.ReportLine, error] {
	return func(yield func(offhours.ReportLine, error) bool) {
		rows := newRowReader(in, len(offhours.ReportHeader))
		if err := rows.checkHeader(offhours.ReportHeader); err != nil {
			yield(offhours.ReportLine{}, corrupt(err))
			return
		}
		for {
			row, err := rows.read()
			if errors.Is(err, io.EOF) {
				return
			}
			var line offhours.ReportLine
			if err = corrupt(err); err == nil {
				line, err = lineOf(row, rows.line)
			}
			if !yield(line, err) || err != nil {
				return
			}
		}
	}
}

func lineOf(row []Value, number int) (offhours.ReportLine, error) {
	line := offhours.ReportLine{ID: textOf(row[0]), Outcome: offhours.Outcome(row[2].String()), File: textOf(row[3]), Reason: textOf(row[5])}
	for _, t := range []struct {
		text Value
		to   **time.Time
	}{{row[1], &line.ModifiedOn}, {row[4], &line.DeletedOn}} {
		if t.text.Null {
			continue
		}
		at, ok := parseTime(t.text.text())
		if !ok {
			return line, fmt.Errorf("%w: line %d has no valid time", offhours.ErrCorrupt, number)
		}
		*t.to = &at
	}
	if line.Outcome == "" {
		return line, fmt.Errorf("%w: line %d has no outcome", offhours.ErrCorrupt, number)
	}
	return line, nil
}
