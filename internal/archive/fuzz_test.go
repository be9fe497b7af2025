package archive

import (
	"bytes"
	"context"
	"io"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func FuzzRowRoundTrip(f *testing.F) {
	f.Add("", "", false, true)
	f.Add("a\"b", "\r\n", false, false)
	f.Add("=1+1", "é,\"\n", true, false)
	f.Fuzz(func(t *testing.T, a, b string, aNull, bNull bool) {
		row := []*string{&a, &b, &a}
		if aNull {
			row[0] = nil
		}
		if bNull {
			row[1] = nil
		}
		rows, err := readRows(bytes.NewReader(appendRow(appendRow(nil, row...), row...)), len(row))
		if !utf8.ValidString(a) || !bNull && !utf8.ValidString(b) {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		require.Equal(t, [][]*string{row, row}, rows)
	})
}

// Whatever parses is written again as the same bytes: so there is one text for
// every row, and no fault hides in a second one.
func FuzzParserNeverPanics(f *testing.F) {
	f.Add([]byte("\"a\",\"b\"\n"), uint8(2))
	f.Add([]byte(",\"\"\"\"\n\"\n\",\n"), uint8(2))
	f.Add([]byte("\n\"\"\n\"\"\"\"\"\"\n"), uint8(1))
	f.Add([]byte("\"a\"x\"\n\"\n\""), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, columns uint8) {
		rows, err := readRows(bytes.NewReader(data), int(columns%8))
		var again []byte
		for _, row := range rows {
			again = appendRow(again, row...)
		}
		if err == nil {
			require.Equal(t, string(data), string(again))
			return
		}
		require.True(t, bytes.HasPrefix(data, again))
		var malformed *malformedError
		require.ErrorAs(t, err, &malformed)
	})
}

// The network cuts a COPY anywhere. What it says must not depend on where.
func FuzzPartWriter(f *testing.F) {
	two := offhours.PartShape{Header: []string{"A", "B"}, List: []string{"C", "D"}}
	f.Add([]byte("\"a\",,\"c\",\"d\"\n\"\"\"\n\",\"\r\n\",\"c\",\n"), []byte{1, 2, 3})
	f.Add([]byte("\"a\",\"b\",\"c\",\"d\"\n"), []byte{0, 200})
	f.Add([]byte("\"a\",\"b\n"), []byte{3})
	f.Add([]byte("a,b,c\n\n"), []byte{1})
	f.Add([]byte("\"\"\"\"\"\",\",\"\",\",\"\",\"\"\n"), []byte{1, 1, 1, 1, 1, 1})
	f.Fuzz(func(t *testing.T, stream, cuts []byte) {
		s := inMemory(t)
		whole, wholeErr := writePieces(s, "whole", two, [][]byte{stream})
		inPieces, piecesErr := writePieces(s, "pieces", two, cut(stream, cuts))
		require.Equal(t, wholeErr == nil, piecesErr == nil, "%v, %v", wholeErr, piecesErr)
		if wholeErr != nil {
			require.Empty(t, files(t, s))
			return
		}
		require.Equal(t, whole.Rows, inPieces.Rows)
		require.Equal(t, whole.CSV.SHA256, inPieces.CSV.SHA256)
		require.Equal(t, whole.List.SHA256, inPieces.List.SHA256)
		require.Equal(t, int64(len(stream))+int64(len("\"A\",\"B\"\n\"C\",\"D\"\n")), whole.CSV.Bytes+whole.List.Bytes, "a comma is a newline now")
	})
}

func cut(stream, sizes []byte) (pieces [][]byte) {
	for _, size := range sizes {
		n := min(int(size), len(stream))
		pieces = append(pieces, stream[:n])
		stream = stream[n:]
	}
	return append(pieces, stream)
}

func writePieces(s *Store, attempt string, shape offhours.PartShape, pieces [][]byte) (offhours.PartFiles, error) {
	w, err := s.CreatePart(context.Background(), ref, 1, attempt, shape)
	if err != nil {
		return offhours.PartFiles{}, err
	}
	for _, piece := range pieces {
		buffer := bytes.Clone(piece) // which the caller uses again
		n, err := w.Write(buffer)
		if err != nil {
			w.Abort()
			return offhours.PartFiles{}, err
		}
		if n != len(buffer) {
			return offhours.PartFiles{}, io.ErrShortWrite
		}
		for i := range buffer {
			buffer[i] = 'X'
		}
	}
	return w.Commit()
}
