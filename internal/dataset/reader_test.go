package dataset

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// tickets maps the columns of the tests' files.
const tickets = `
columns: {externalKey: key, createdOn: made, modifiedOn: changed, type: kind, note: note, prospect: lead}
times: ["2006-01-02 15:04:05Z07:00", "02.01.2006 15:04"]
timeZone: Europe/Berlin
fields: rest
`

const header = "key,made,changed,kind,note,lead,extra\n"

// row is a good row, with its key and its note.
func row(key, note string) string {
	return key + ",2020-01-02 03:04:05Z,2020-01-02 03:04:05Z,Visit," + note + ",,x\n"
}

func newReader(t *testing.T, mapping, file string, skip func(Problem)) *Reader {
	t.Helper()
	m, err := ParseMapping([]byte(mapping))
	require.NoError(t, err)
	r, err := NewReader(strings.NewReader(file), 1, m, skip)
	require.NoError(t, err)
	return r
}

func drain(r *Reader) (records []offhours.Record, types []string, err error) {
	for {
		in, err := r.Next()
		if err != nil {
			return records, types, err
		}
		records, types = append(records, in.Record), append(types, in.TypeName)
	}
}

func TestARowBecomesARecord(t *testing.T) {
	t.Parallel()
	const lead = "5f1c7a52-7a0f-4c1e-9a53-0c6f2f6f6a11"
	r := newReader(t, tickets, header+
		"6887347,2017-02-28 11:00:41.1234567+05:30,18.04.2017 11:47,\"MUNI  -\",\"a\r\n\"\"b\"\"\x01\\\","+lead+",\"=1,\té\"\n", nil)
	require.Equal(t, []offhours.Field{{SchemaName: "mx_Custom_1", DisplayName: "extra"}}, r.Fields())
	records, types, err := drain(r)
	require.Equal(t, io.EOF, err)
	require.Equal(t, []string{"MUNI  -"}, types)
	key, prospect, note := "6887347", lead, "a\r\n\"b\"\x01\\"
	require.Equal(t, []offhours.Record{{
		ID:          "4985abbc-2723-5a0b-9684-51923722f29c", // never changes, or an import would come twice
		ExternalKey: &key,
		ProspectID:  &prospect,
		Note:        &note,
		CreatedOn:   time.Date(2017, 2, 28, 5, 30, 41, 123456000, time.UTC),
		ModifiedOn:  time.Date(2017, 4, 18, 9, 47, 0, 0, time.UTC), // Berlin in summer
		Fields:      `{"mx_Custom_1":"=1,\u0009é"}`,
	}}, records)
}

func TestIDsDifferBetweenAccountsAndKeys(t *testing.T) {
	t.Parallel()
	one, two := accountNamespace(1), accountNamespace(2)
	require.NotEqual(t, newUUID(one, "1"), newUUID(two, "1"))
	require.NotEqual(t, newUUID(one, "1"), newUUID(one, "2"))
	require.True(t, isUUID(newUUID(one, "1").String()))
}

func TestWhatAnEmptyCellMeansIsForTheMappingToSay(t *testing.T) {
	t.Parallel()
	empty := ""
	for mode, want := range map[string]struct {
		bare, quoted           *string
		bareField, quotedField string
	}{
		"null":  {nil, nil, "null", "null"},
		`""`:    {&empty, &empty, `""`, `""`},
		"exact": {nil, &empty, "null", `""`},
	} {
		file := header + "1,2020-01-02 03:04:05Z,2020-01-02 03:04:05Z,Visit,,,\n" +
			"2,2020-01-02 03:04:05Z,2020-01-02 03:04:05Z,Visit,\"\",\"\",\"\"\n"
		records, _, err := drain(newReader(t, tickets+"empty: "+mode, file, nil))
		require.Equal(t, io.EOF, err)
		require.Equal(t, want.bare, records[0].Note, mode)
		require.Equal(t, want.quoted, records[1].Note, mode)
		require.Equal(t, `{"mx_Custom_1":`+want.bareField+`}`, records[0].Fields, mode)
		require.Equal(t, `{"mx_Custom_1":`+want.quotedField+`}`, records[1].Fields, mode)
		require.Nil(t, records[0].ProspectID)
		require.Nil(t, records[1].ProspectID)
	}
}

func TestFieldsCanBeListed(t *testing.T) {
	t.Parallel()
	mapping := strings.Replace(tickets, "rest", "[note, key]", 1)
	r := newReader(t, mapping, header+row("7", "hello"), nil)
	require.Equal(t, []offhours.Field{{SchemaName: "mx_Custom_1", DisplayName: "note"}, {SchemaName: "mx_Custom_2", DisplayName: "key"}}, r.Fields())
	records, _, _ := drain(r)
	require.Equal(t, `{"mx_Custom_1":"hello","mx_Custom_2":"7"}`, records[0].Fields)
}

func TestARecordModifiedBeforeItWasCreatedIsKept(t *testing.T) {
	t.Parallel()
	records, _, err := drain(newReader(t, tickets, header+"1,2020-01-02 03:04:05Z,2019-01-02 03:04:05Z,Visit,,,\n", nil))
	require.Equal(t, io.EOF, err)
	require.True(t, records[0].ModifiedOn.Before(records[0].CreatedOn))
}

func TestEveryMalformedRowIsToldByLineAndColumnButNeverByValue(t *testing.T) {
	t.Parallel()
	const good = "2020-01-02 03:04:05Z"
	for name, c := range map[string]struct{ row, want string }{
		"bad time":     {"1,secret," + good + ",Visit,,,\n", "line 4, column made: the time has none of the layouts of the mapping"},
		"no date":      {"1," + good + ",2020-02-30 00:00:00Z,Visit,,,\n", "line 4, column changed: the time has none of the layouts of the mapping"},
		"far time":     {"1," + good + ",9999-12-31 23:59:59-01:00,Visit,,,\n", "line 4, column changed: the time is not within the years 1 to 9999"},
		"no time":      {"1," + good + ",,Visit,,,\n", "line 4, column changed: the time is missing"},
		"no key":       {"," + good + "," + good + ",Visit,,,\n", "line 4, column key: the external key is empty"},
		"same key":     {row("first", "secret"), "line 4, column key: the external key is that of line 2"},
		"no type":      {"1," + good + "," + good + ",,,,\n", "line 4, column kind: the activity type is empty"},
		"long type":    {"1," + good + "," + good + "," + strings.Repeat("é", 201) + ",,,\n", "line 4, column kind: the activity type is longer than 200 characters"},
		"no UUID":      {"1," + good + "," + good + ",Visit,,secret,\n", "line 4, column lead: the value is not a UUID"},
		"few columns":  {"1,secret\n", "line 4: the row has 2 of 7 columns"},
		"many columns": {row("1", "secret,secret"), "line 4: the row has 8 of 7 columns"},
		"NUL":          {row("1", "\"a\nsecret\x00\""), "line 4, column note: the value holds a NUL byte"},
		"UTF-8":        {row("1", "secret\xff"), "line 4, column note: the value is not valid UTF-8"},
		"bare quote":   {row("1", `secret "x"`), "line 4, column note: a quote inside a value that is not quoted"},
		"open quote":   {row("1", "\"\nsecret"), "line 4: a quote is opened here and never closed"},
		"two at once":  {"1,x,y,Visit,,,\n", "line 4, column made: the time has none of the layouts of the mapping\n  line 4, column changed: the time has none of the layouts of the mapping"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := drain(newReader(t, tickets, header+row("first", "\"two\nlines\"")+c.row, nil))
			require.EqualError(t, err, "the file has malformed rows:\n  "+c.want)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestTheFirstTwentyProblemsAreListedAndNoRecordFollowsThem(t *testing.T) {
	t.Parallel()
	file := header + row("first", "") + strings.Repeat("short\n", 50)
	r := newReader(t, tickets, file, nil)
	records, _, err := drain(r)
	require.Len(t, records, 1)
	var malformed *MalformedError
	require.ErrorAs(t, err, &malformed)
	require.Len(t, malformed.Problems, MaxProblems)
	require.True(t, malformed.More)
	require.Equal(t, 22, malformed.Problems[19].Line)
	_, again := r.Next()
	require.Equal(t, err, again)
}

func TestMalformedRowsCanBeLeftOut(t *testing.T) {
	t.Parallel()
	var told []string
	r := newReader(t, tickets, header+row("1", "")+"short\n"+row("2", `5" pipe`)+row("2", "kept")+row("1", ""),
		func(p Problem) { told = append(told, p.Error()) })
	records, _, err := drain(r)
	require.Equal(t, io.EOF, err)
	require.Len(t, records, 2)
	require.Equal(t, "kept", *records[1].Note)
	require.Equal(t, 3, r.Skipped())
	require.Equal(t, []string{
		"line 3: the row has 1 of 7 columns",
		"line 4, column note: a quote inside a value that is not quoted",
		"line 6, column key: the external key is that of line 2",
	}, told)
}

func TestAQuoteThatIsNeverClosedCannotBeLeftOut(t *testing.T) {
	t.Parallel()
	_, _, err := drain(newReader(t, tickets, header+row("1", "")+"2,\"open\n"+row("3", ""), func(Problem) {}))
	require.ErrorContains(t, err, "line 3: a quote is opened here and never closed")
}

func TestTooManyTypesMeanTheWrongColumn(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	file.WriteString(header)
	for i := range maxTypes + 1 {
		fmt.Fprintf(&file, "%d,2020-01-02 03:04:05Z,2020-01-02 03:04:05Z,type %d,,,\n", i, i)
	}
	_, _, err := drain(newReader(t, tickets, file.String(), nil))
	require.ErrorContains(t, err, "line 502, column kind: the file has more than 500 activity types")
}

func TestAWrongHeaderIsRefused(t *testing.T) {
	t.Parallel()
	m, err := ParseMapping([]byte(tickets))
	require.NoError(t, err)
	for file, want := range map[string]string{
		"":                         "read the header: line 1: the file is empty; its first row must name the columns",
		"key,made,,kind\n":         "read the header: line 1: the name of column 3 is empty",
		"key,\"a\nb\",made,made\n": "read the header: line 2: the name of column 4 is that of an earlier column",
		"key,made\xff\n":           "read the header: line 1: the name of column 2 is not valid UTF-8",
		"key,a\"b\n":               "read the header: line 1: a quote inside a value that is not quoted",
		"key,made,kind\n":          `apply the mapping: columns.modifiedOn: the file has no column "changed" among its 3`,
	} {
		_, err := NewReader(strings.NewReader(file), 1, m, nil)
		require.EqualError(t, err, want)
	}
}
