package dataset

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// readAll returns the values of all rows, and their flaws.
func readAll(t testing.TB, in string) (values [][]string, flaws []flaw) {
	t.Helper()
	r := newCSVReader(strings.NewReader(in))
	for {
		row, err := r.next()
		if err == io.EOF {
			return values, flaws
		}
		require.NoError(t, err)
		var line []string
		for i := range row.cells {
			line = append(line, row.value(i))
		}
		values, flaws = append(values, line), append(flaws, row.flaws...)
	}
}

func TestValuesAreReadByteForByte(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   string
		want [][]string
	}{
		"newlines and carriage returns in quotes": {"\"a\r\nb\",\"c\rd\n\"\n", [][]string{{"a\r\nb", "c\rd\n"}}},
		"doubled quotes":                    {`"say ""hi""",""""` + "\n", [][]string{{`say "hi"`, `"`}}},
		"commas in quotes":                  {"\"a,b\",c\n", [][]string{{"a,b", "c"}}},
		"spaces":                            {" a ,\" b \"\n", [][]string{{" a ", " b "}}},
		"empty cells":                       {",\"\",\n", [][]string{{"", "", ""}}},
		"CRLF line ends":                    {"a,\"b\"\r\nc,d\r\n", [][]string{{"a", "b"}, {"c", "d"}}},
		"no last line end":                  {"a,b\nc,", [][]string{{"a", "b"}, {"c", ""}}},
		"a byte order mark":                 {"\ufeffa\n\ufeffb\n", [][]string{{"a"}, {"\ufeffb"}}},
		"a byte order mark before a quote":  {"\ufeff\"a\"\n", [][]string{{"a"}}},
		"blank lines":                       {"\n\r\na\n\n\nb\n\n", [][]string{{"a"}, {"b"}}},
		"nothing":                           {"", nil},
		"invalid bytes, which others judge": {"\"\xff\x00\"\n", [][]string{{"\xff\x00"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values, flaws := readAll(t, c.in)
			require.Equal(t, c.want, values)
			require.Empty(t, flaws)
		})
	}
}

func TestAFlawHasItsLineAndTheNextRowIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   string
		want flaw
	}{
		"a quote in a bare value":         {"a,b\n\"x\ny\",5\" pipe\nlast,row\n", flaw{3, 1, "a quote inside a value that is not quoted"}},
		"text after a quote":              {"a,b\n\"x\ny\"z,\"1\n2\"\nlast,row\n", flaw{3, 0, "text after the closing quote"}},
		"a second quoted part":            {"a,b\n\"x\" \"y\",2\nlast,row\n", flaw{2, 0, "text after the closing quote"}},
		"a carriage return in a bare one": {"a,b\nx\ry,2\nlast,row\n", flaw{2, 0, "a carriage return inside a value that is not quoted"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values, flaws := readAll(t, c.in)
			require.Equal(t, []flaw{c.want}, flaws)
			require.Len(t, values, 3)
			require.Equal(t, []string{"last", "row"}, values[2])
		})
	}
}

func TestWhatHasNoEndEndsTheReading(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   string
		want Problem
	}{
		"an open quote":   {"a\n\"b\nc\nd\n", Problem{Line: 2, Text: "a quote is opened here and never closed"}},
		"an endless row":  {"a\n\"" + strings.Repeat("b\n", maxRowBytes), Problem{Line: 2, Text: "the row is larger than 16 MiB; is a quote missing?"}},
		"a row of commas": {"a\n" + strings.Repeat(",", maxColumns), Problem{Line: 2, Text: "the row has more than 10000 columns"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newCSVReader(strings.NewReader(c.in))
			_, err := r.next()
			require.NoError(t, err)
			_, err = r.next()
			require.Equal(t, c.want, err)
		})
	}
}

func TestAFileThatCannotBeReadIsNotAFileThatEnds(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	for _, before := range []string{"a", `"a`, `"a"`, "a\n", "a,"} {
		r := newCSVReader(io.MultiReader(strings.NewReader(before), iotest.ErrReader(broken)))
		_, err := r.next()
		if err == nil {
			_, err = r.next()
		}
		require.ErrorIs(t, err, broken, "after %q", before)
	}
}

func FuzzWhatIsWrittenQuotedIsReadBackEqual(f *testing.F) {
	f.Add("a", "b\r\n\"c\"", ",", true)
	f.Add("", "\ufeff", "\x00\xff", false)
	f.Fuzz(func(t *testing.T, a, b, c string, crlf bool) {
		end := "\n"
		if crlf {
			end = "\r\n"
		}
		rows := [][]string{{a, b, c}, {c, a, b}}
		var in strings.Builder
		for _, row := range rows {
			for i, value := range row {
				if i > 0 {
					in.WriteByte(',')
				}
				in.WriteString(`"` + strings.ReplaceAll(value, `"`, `""`) + `"`)
			}
			in.WriteString(end)
		}
		values, flaws := readAll(t, in.String())
		require.Equal(t, rows, values)
		require.Empty(t, flaws)
	})
}

func FuzzAnyBytesAreReadToAnEnd(f *testing.F) {
	f.Add([]byte("a,\"b\"\"\r\n\rc\"d,\n\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r := newCSVReader(strings.NewReader(string(in)))
		for rows := 0; ; rows++ {
			if _, err := r.next(); err != nil {
				break
			}
			require.LessOrEqual(t, rows, len(in))
		}
		require.LessOrEqual(t, r.line, 1+strings.Count(string(in), "\n"))
	})
}
