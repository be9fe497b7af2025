package archive

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// partRows is how many rows a part of an export usually has.
const partRows = 10_000

var (
	visitFields = []offhours.Field{
		{SchemaName: "mx_Custom_1", DisplayName: "Visit, \"kind\""}, {SchemaName: "mx_Custom_2", DisplayName: "Minutes"},
		{SchemaName: "mx_Custom_3", DisplayName: "Outcome"},
	}
	visits = offhours.PartShape{Header: offhours.ExportHeader(visitFields), List: offhours.ListHeader(offhours.ExportAndDelete)}
)

// visitRows are the rows of a COPY as a CRM has them: notes of some length, some
// with quotes and lines, and fields whose JSON is mostly quotes.
func visitRows() string {
	var stream strings.Builder
	for i := range partRows {
		id := fmt.Sprintf("%08x-5d1c-4e3a-9b7f-%012x", i*2654435761&0xffffffff, i)
		modified := text(FormatTime(cutoff.Add(time.Duration(i-partRows) * 1234567 * time.Microsecond)))
		note := text(strings.Repeat("Called the customer and agreed on a second visit. ", i%7))
		switch i % 5 {
		case 0:
			note = nil
		case 1:
			note = text("She said \"not before May\", then:\r\n" + *note)
		}
		minutes, outcome := text(fmt.Sprint(i%90)), text("follow-up \"agreed\"")
		fields := fmt.Sprintf(`{"mx_Custom_1": "visit", "mx_Custom_2": %s, "mx_Custom_3": "follow-up \"agreed\""}`, *minutes)
		stream.Write(appendRow(nil, &id, text("0a9c1f44-7e21-4b0e-8f67-9d2f5b1c3e70"), text(offhours.CustomActivityType), text("201"), text("Completed"),
			text("Müller"), note, modified, text("1b2d"), text("Ann Müller"), text("ann@acme.example"), modified, text("1b2d"), text("Ann Müller"),
			text("ann@acme.example"), text("visit"), minutes, outcome, text("[]"),
			&id, text(fmt.Sprint(731000+i/500)), modified, text(fmt.Sprint("crm-", i)), &fields, text("[]")))
	}
	return stream.String()
}

func BenchmarkReadList(b *testing.B) {
	s := inMemory(b)
	part := write(b, s, attempt, visits, visitRows())
	b.SetBytes(part.List.Bytes)
	b.ReportAllocs()
	for b.Loop() {
		rows, err := s.ReadList(b.Context(), part.List, visits.List)
		require.NoError(b, err)
		require.Len(b, rows, partRows)
	}
}

func BenchmarkVerifyPart(b *testing.B) {
	s := inMemory(b)
	part := write(b, s, attempt, visits, visitRows())
	b.SetBytes(part.CSV.Bytes + part.List.Bytes)
	b.ReportAllocs()
	for b.Loop() {
		keys, err := s.VerifyPart(b.Context(), part, visits, selection)
		require.NoError(b, err)
		require.Equal(b, partRows, keys.Rows)
	}
}

func BenchmarkCheck(b *testing.B) { // what hashing alone costs
	s := inMemory(b)
	part := write(b, s, attempt, visits, visitRows())
	b.SetBytes(part.List.Bytes)
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, s.Check(b.Context(), part.List))
	}
}

// discarded is a bucket's writer that keeps nothing.
type discarded struct{}

func (discarded) Write(p []byte) (int, error) { return len(p), nil }
func (discarded) commit() error               { return nil }
func (discarded) abort()                      {}

func BenchmarkPartWriter(b *testing.B) {
	var rows [][]byte // a message each, as PostgreSQL sends them
	for row := range strings.SplitAfterSeq(visitRows(), "\"[]\"\n") {
		rows = append(rows, []byte(row))
	}
	b.ReportAllocs()
	for b.Loop() {
		w := &PartWriter{columns: len(visits.Header), csv: discardedFile(), list: discardedFile()}
		bytes := int64(0)
		for _, row := range rows {
			n, err := w.Write(row)
			if bytes += int64(n); err != nil {
				b.Fatal(err)
			}
		}
		b.SetBytes(bytes)
		_, err := w.Commit()
		require.NoError(b, err)
	}
}

func BenchmarkReport(b *testing.B) {
	lines := someLines()
	b.ReportAllocs()
	for b.Loop() {
		w := &ReportWriter{file: discardedFile()}
		for i := range partRows {
			if err := w.Add(lines[i%len(lines)]); err != nil {
				b.Fatal(err)
			}
		}
		require.NoError(b, w.flush())
	}
}

func discardedFile() *File { return &File{w: discarded{}, sum: sha256.New()} }
