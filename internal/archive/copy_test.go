package archive

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

// nastyValues are texts that PostgreSQL stores and CSV readers get wrong.
func nastyValues() []*string {
	values := []*string{nil}
	for _, v := range []string{
		"", " ", "\t", `"`, `""`, `a"b`, ",", ",,", "\n", "\r", "\r\n", "\n\n", "a\nb\r\nc\rd", `\`, `\.`, `\N`, "NULL", "=1+1", "+1", "-1", "@SUM(A1)",
		"é", "𝄞", "\u2028", "\u0085", "\ufeff", "\x01", "\x7f", "'", "''", `","`, "\",\"\n\"", "{\"a\": \"b\"}", strings.Repeat(`"`, 5), strings.Repeat("x\n", 200_000),
	} {
		values = append(values, &v)
	}
	random := rand.New(rand.NewPCG(1, 2))
	alphabet := []rune("\",\n\r\\ a=é𝄞")
	for range 500 {
		var v strings.Builder
		for range random.IntN(8) {
			v.WriteRune(alphabet[random.IntN(len(alphabet))])
		}
		values = append(values, text(v.String()))
	}
	return values
}

// copyText is what PostgreSQL's COPY makes of pairs of values.
func copyText(t *testing.T, a, b []*string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), postgrestest.URL(t))
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), "CREATE TEMPORARY TABLE nasty (n int, a text, b text)")
	require.NoError(t, err)
	rows := make([][]any, len(a))
	for i := range a {
		rows[i] = []any{i, a[i], b[i]}
	}
	_, err = conn.CopyFrom(t.Context(), pgx.Identifier{"nasty"}, []string{"n", "a", "b"}, pgx.CopyFromRows(rows))
	require.NoError(t, err)
	var out bytes.Buffer
	_, err = conn.PgConn().CopyTo(t.Context(), &out, "COPY (SELECT a, b, a, b FROM nasty ORDER BY n) TO STDOUT WITH (FORMAT csv, FORCE_QUOTE *)")
	require.NoError(t, err)
	return out.String()
}

func TestRowsAreByteForByteWhatPostgreSQLWritesAndReadBackEqual(t *testing.T) {
	t.Parallel()
	a := nastyValues()
	b := make([]*string, len(a))
	for i := range a {
		b[i] = a[(i*7+1)%len(a)]
	}
	stream := copyText(t, a, b)
	var own []byte
	for i := range a {
		own = appendRow(own, a[i], b[i], a[i], b[i])
	}
	require.True(t, string(own) == stream, "appendRow writes what COPY writes")

	rows, err := readRows(strings.NewReader(stream), 4)
	require.NoError(t, err)
	require.Len(t, rows, len(a))
	for i, row := range rows {
		require.Equal(t, []*string{a[i], b[i], a[i], b[i]}, row, fmt.Sprint(i))
	}

	s := inMemory(t)
	two := shape
	two.Header, two.List = []string{"A", "B"}, []string{"C", "D"}
	part := write(t, s, attempt, two, stream)
	require.Equal(t, len(a), part.Rows)
	csv := get(t, s, part.CSV.Key)
	require.True(t, strings.TrimPrefix(csv, "\"A\",\"B\"\n") == strings.TrimPrefix(get(t, s, part.List.Key), "\"C\",\"D\"\n"), "a row is cut at the same place in both files")
}
