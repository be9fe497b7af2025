package archive

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// readRows reads all rows as copies. A nil value is NULL.
func readRows(in io.Reader, columns int) (rows [][]*string, err error) {
	r := newRowReader(in, columns)
	for {
		row, err := r.read()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return rows, err
		}
		values := make([]*string, len(row))
		for i, value := range row {
			if !value.Null {
				values[i] = text(value.String())
			}
		}
		rows = append(rows, values)
	}
}

func TestTheParserReadsWhatCopyWrites(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		csv  string
		want [][]*string
	}{
		"no rows":                    {"", nil},
		"two values":                 {"\"a\",\"b\"\n", [][]*string{{text("a"), text("b")}}},
		"NULL is not the empty text": {",\"\"\n", [][]*string{{nil, text("")}}},
		"two NULLs":                  {",\n", [][]*string{{nil, nil}}},
		"a quote":                    {"\"\"\"\",\"\"\"a\"\"\"\n", [][]*string{{text(`"`), text(`"a"`)}}},
		"quotes apart":               {"\"a\"\"b\"\"\"\"c\",\"\"\"\"\"\"\n", [][]*string{{text(`a"b""c`), text(`""`)}}},
		"a comma":                    {"\",\",\"a,b\"\n", [][]*string{{text(","), text("a,b")}}},
		"a newline":                  {"\"\n\",\"a\nb\"\n", [][]*string{{text("\n"), text("a\nb")}}},
		"a carriage return":          {"\"a\rb\",\"\r\"\n", [][]*string{{text("a\rb"), text("\r")}}},
		"a Windows line end":         {"\"a\r\n\",\"\r\n\"\n", [][]*string{{text("a\r\n"), text("\r\n")}}},
		"a quoted line end":          {"\"\"\"\n\"\"\",\"x\"\n", [][]*string{{text("\"\n\""), text("x")}}},
		"formulas":                   {"\"=1+1\",\"+1\"\n\"-1\",\"@SUM\"\n", [][]*string{{text("=1+1"), text("+1")}, {text("-1"), text("@SUM")}}},
		"spaces stay":                {"\" a \",\"\t\"\n", [][]*string{{text(" a "), text("\t")}}},
		"the end-of-data mark":       {"\"\\.\",\"\\\"\n", [][]*string{{text(`\.`), text(`\`)}}},
		"other scripts":              {"\"é𝄞\",\"\u2028\"\n", [][]*string{{text("é𝄞"), text("\u2028")}}},
		"control characters":         {"\"\x01\x7f\",\"\ufeff\"\n", [][]*string{{text("\x01\x7f"), text("\ufeff")}}},
		"a long value":               {"\"" + strings.Repeat("x,\n", 300_000) + "\",\n", [][]*string{{text(strings.Repeat("x,\n", 300_000)), nil}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows, err := readRows(strings.NewReader(c.csv), 2)
			require.NoError(t, err)
			require.Equal(t, c.want, rows)
			rows, err = readRows(iotest.HalfReader(strings.NewReader(c.csv)), 2)
			require.NoError(t, err)
			require.Equal(t, c.want, rows, "in whatever pieces it comes")
		})
	}
}

func TestTheParserRefusesWhatCopyDoesNotWrite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ csv, want string }{
		"a value without quotes":      {"a,\"b\"\n", "line 1: column 1: a value without quotes"},
		"a second one without quotes": {"\"a\",b\n", "line 1: column 2: a value without quotes"},
		"a space before the quote":    {"\"a\", \"b\"\n", "line 1: column 2: a value without quotes"},
		"text after a quote":          {"\"a\"x,\"b\"\n", "line 1: column 1: text after a closing quote"},
		"a space after a quote":       {"\"a\" ,\"b\"\n", "line 1: column 1: text after a closing quote"},
		"a Windows line end":          {"\"a\",\"b\"\r\n", "line 1: column 2: text after a closing quote"},
		"a carriage return for NULL":  {"\"a\",\r\n", "line 1: column 2: a value without quotes"},
		"an open quote":               {"\"a\",\"b\n", "line 1: the file ends inside a row"},
		"an open quote inside":        {"\"a,\"b\"\n\"c\n", "line 1: column 1: text after a closing quote"},
		"a lone quote":                {"\"", "line 1: the file ends inside a row"},
		"a short row":                 {"\"a\"\n", "line 1: 1 columns, want 2"},
		"an empty line":               {"\"a\",\"b\"\n\n", "line 2: 1 columns, want 2"},
		"a long row":                  {"\"a\",\"b\",\n", "line 1: 3 columns, want 2"},
		"no last newline":             {"\"a\",\"b\"\n\"c\",\"d\"", "line 2: the file ends inside a row"},
		"bad UTF-8":                   {"\"a\",\"b\"\n\"\xff\",\"d\"\n", "line 2: not UTF-8"},
		"a surrogate":                 {"\"\xed\xa0\x80\",\"d\"\n", "line 1: not UTF-8"},
		"half a character":            {"\"\xc3\",\"d\"\n", "line 1: not UTF-8"},
		"a byte order mark":           {"\ufeff\"a\",\"b\"\n", "line 1: column 1: a value without quotes"},
		"lines counted by newlines":   {"\"a\n\n\",\"b\"\n\"c\"\n", "line 4: 1 columns, want 2"},
		"NULL as a word":              {"NULL,\\N\n", "line 1: column 1: a value without quotes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := readRows(strings.NewReader(c.csv), 2)
			require.EqualError(t, err, c.want)
			var malformed *malformedError
			require.ErrorAs(t, err, &malformed)
		})
	}
}

func TestAFailedReadIsNotTakenForAFaultOfTheFile(t *testing.T) {
	t.Parallel()
	away := errors.New("the network is away")
	in := io.MultiReader(strings.NewReader("\"a\",\"b\"\n\"c\""), iotest.ErrReader(away))
	rows, err := readRows(in, 2)
	require.Len(t, rows, 1)
	require.ErrorIs(t, err, away)
	require.Equal(t, away, corrupt(err), "reading again may mend it")
}

func TestAHeaderIsComparedTextByText(t *testing.T) {
	t.Parallel()
	header := []string{"Id", "A \"b\", c"}
	read := func(csv string) error { return newRowReader(strings.NewReader(csv), len(header)).checkHeader(header) }
	require.NoError(t, read(string(appendHeader(nil, header))))
	require.EqualError(t, read(""), "line 1: no header")
	require.EqualError(t, read("\"Id\",\"A\"\n"), "line 1: column 2: not the header that was planned")
	require.EqualError(t, read("\"Id\",\n"), "line 1: column 2: not the header that was planned")
	require.EqualError(t, read("\"Id\"\n"), "line 1: 1 columns, want 2")
	require.EqualError(t, newRowReader(strings.NewReader("\n"), 1).checkHeader([]string{""}), "line 1: column 1: not the header that was planned")
}

// The parser looks at several bytes at a time.
func TestAQuoteIsFoundWhereverItStands(t *testing.T) {
	t.Parallel()
	for _, around := range []string{"x", "\x00", "\x21", "\x23", "\xc2\xa2", ",", "\n"} { // some are a bit off a quote
		for before := range 70 {
			for after := range 12 {
				row := []*string{text(strings.Repeat(around, before) + `"` + strings.Repeat(around, after)), text(strings.Repeat(around, before)), nil}
				rows, err := readRows(strings.NewReader(string(appendRow(appendRow(nil, row...), row...))), len(row))
				require.NoError(t, err)
				require.Equal(t, [][]*string{row, row}, rows)
			}
		}
	}
}
