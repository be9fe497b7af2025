package dataset

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// media maps two columns to a Custom Field Set.
const media = tickets + `
sets:
  - name: Media
    fields:
      - {name: File, column: note, file: true}
      - {name: URL, column: note}
      - {name: Extra, column: extra}
`

// incoming reads one row with a cell in the column note and one in extra.
func incoming(t *testing.T, mapping, note, extra string) offhours.Incoming {
	t.Helper()
	quoted := `"` + strings.ReplaceAll(note, `"`, `""`) + `"`
	r := newReader(t, mapping, header+strings.Replace(row("1", quoted), ",x\n", ","+extra+"\n", 1), nil)
	in, err := r.Next()
	require.NoError(t, err)
	return in
}

func TestAColumnBecomesFilesOfACustomFieldSet(t *testing.T) {
	t.Parallel()
	r := newReader(t, media, header, nil)
	set := offhours.Field{SchemaName: "mx_Custom_1", DisplayName: "Media", Fields: []offhours.Field{
		{SchemaName: "mx_CustomObject_1", DisplayName: "File", File: true},
		{SchemaName: "mx_CustomObject_2", DisplayName: "URL"},
		{SchemaName: "mx_CustomObject_3", DisplayName: "Extra"},
	}}
	require.Equal(t, []offhours.Field{set}, r.Fields(), "columns of a set are none of the rest")

	in := incoming(t, media, "http://x.example/p/report.jpg?id=1, http://y.example/Report.jpg,", "")
	require.JSONEq(t, `{"mx_Custom_1": "{\"mx_CustomObject_1\":\"report.jpg,Report-2.jpg\",\"mx_CustomObject_2\":\"http://x.example/p/report.jpg?id=1, http://y.example/Report.jpg,\",\"mx_CustomObject_3\":null}"}`,
		in.Record.Fields)
	require.Len(t, in.Files, 2)
	for i, name := range []string{"report.jpg", "Report-2.jpg"} {
		require.Equal(t, name, in.Files[i].Name)
		require.Equal(t, "mx_Custom_1~mx_CustomObject_1", in.Files[i].Field)
	}
	require.NotEqual(t, in.Files[0].Content, in.Files[1].Content)
	require.Equal(t, in, incoming(t, media, "http://x.example/p/report.jpg?id=1, http://y.example/Report.jpg,", ""))
}

func TestEmptyCellsAreNoSet(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"null", `""`, "exact"} {
		in := incoming(t, media+"empty: "+mode, "", "")
		require.Equal(t, `{"mx_Custom_1":null}`, in.Record.Fields, mode)
		require.Empty(t, in.Files)
	}
	in := incoming(t, media, "", "x")
	require.JSONEq(t, `{"mx_Custom_1": "{\"mx_CustomObject_1\":null,\"mx_CustomObject_2\":null,\"mx_CustomObject_3\":\"x\"}"}`, in.Record.Fields)
	require.Empty(t, in.Files)
}

func TestTheNameOfAFileIsTheHarmlessEndOfItsReference(t *testing.T) {
	t.Parallel()
	for reference, want := range map[string]string{
		"https://a.example/view/attachments.jsp?caseid=5960907": "attachments.jsp",
		"https://a.example/media/BwAoUMsCYAAWVHN.jpg:large":     "BwAoUMsCYAAWVHN.jpg_large",
		"https://t.example/iNcWIPHUpm":                          "iNcWIPHUpm",
		"https://a.example/":                                    "file",
		"https://a.example":                                     "file",
		"https://a.example/%2e%2e%2fetc%2fpasswd":               "passwd",
		"https://a.example/50%":                                 "50",
		"  photo 1 (copy).PNG ":                                 "photo 1 (copy).PNG",
		`C:\Users\a\scan.pdf`:                                   "scan.pdf",
		"../../etc/passwd":                                      "passwd",
		"..":                                                    "file",
		".htaccess":                                             "htaccess",
		"-rf":                                                   "rf",
		"a\"b\n<c>\x00.txt":                                     "a_b__c__.txt",
		"領収書.pdf":                                               "領収書.pdf",
		"\xff.pdf":                                              "pdf",
		"e\u0301\u202egpj.exe":                                  "e\u0301_gpj.exe",
	} {
		require.Equal(t, want, fileName(reference), reference)
	}
	long := fileName(strings.Repeat("é", 200) + ".jpeg")
	require.LessOrEqual(t, len(long), maxFileName)
	require.True(t, utf8.ValidString(long) && strings.HasSuffix(long, "é.jpeg"))
}

func TestNamesOfARecordAreKeptApart(t *testing.T) {
	t.Parallel()
	names := nameSet{}
	var got []string
	for _, name := range []string{"a.png", "A.PNG", "a-2.png", "a.png", "b"} {
		got = append(got, names.add(name))
	}
	require.Equal(t, []string{"a.png", "A-2.PNG", "a-2-2.png", "a-3.png", "b"}, got)
}

func FuzzAnyReferenceGivesAHarmlessName(f *testing.F) {
	f.Add("https://a.example/%2e%2e/x?y", "..\\..")
	f.Fuzz(func(t *testing.T, a, b string) {
		names := nameSet{}
		for _, reference := range []string{a, b, a} {
			name := names.add(fileName(reference))
			require.True(t, utf8.ValidString(name))
			require.NotEmpty(t, name)
			require.NotContains(t, []string{".", ".."}, name)
			require.False(t, strings.ContainsAny(name, "/\\,\"\n\r\x00:*?<>|"))
			require.LessOrEqual(t, len(name), maxFileName+2)
		}
		require.Len(t, names, 3)
	})
}

func TestWrongSetsAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"sets: [{fields: [{name: a, column: b}]}]":                                 "sets[0].name is missing",
		"sets: [{name: A}]":                                                        "sets[0].fields is missing",
		"sets: [{name: A, fields: [{column: b}]}]":                                 "sets[0].fields[0].name is missing",
		"sets: [{name: A, fields: [{name: b}]}]":                                   "sets[0].fields[0].column is missing",
		"sets: [{name: A, fields: [{name: b, column: c}, {name: b, column: d}]}]":  "sets[0].fields[1].name is that of an earlier sub-field",
		"sets: [{name: A, fields: [{name: b, column: c}]}, {name: A, fields: []}]": "sets[1].name is that of an earlier set",
		"sets: [{name: A, feilds: []}]":                                            `unknown key "feilds"`,
		"sets: [{name: A, fields: [{name: b, column: c, files: true}]}]":           `unknown key "files"`,
	} {
		_, err := ParseMapping([]byte(needed + text + "\n"))
		require.ErrorContains(t, err, want, text)
	}
	m, err := ParseMapping([]byte(tickets + "sets: [{name: A, fields: [{name: b, column: nowhere}]}]\n"))
	require.NoError(t, err)
	_, err = NewReader(strings.NewReader(header), 1, m, nil)
	require.ErrorContains(t, err, `sets[0].fields[0].column: the file has no column "nowhere" among its 7`)
}

func TestAShareOfTheRecordsHasFiles(t *testing.T) {
	t.Parallel()
	const n = 20_000
	o := options(n)
	without := generatedWithFiles(t, o)
	o.Attachments = 0.1
	with := generatedWithFiles(t, o)
	share := map[string]int{}
	for i, in := range with {
		kinds := map[string]bool{}
		for _, f := range in.Files {
			share["files"]++
			require.NotEmpty(t, f.Name)
			require.LessOrEqual(t, len(f.Content), maxContent)
			kinds[f.Field] = true
			if len(f.Content) == 0 {
				share["empty files"]++
			}
		}
		require.Empty(t, without[i].Files)
		if len(in.Files) > 0 {
			share["records"]++
		}
		if !kinds[photos.Path(photos.Fields[0])] {
			require.Equal(t, without[i].Record, in.Record, "nothing else changes")
			continue
		}
		share["records with a set"]++
		share[setForm(t, in)]++
	}
	for what, bounds := range map[string][2]int{
		"records": {1900, 2100}, "files": {3800, 5200}, "records with a set": {700, 900}, "empty files": {15, 90},
		"set as text": {650, 850}, "set as object": {15, 70}, "set cut off": {4, 40},
	} {
		require.GreaterOrEqual(t, share[what], bounds[0], what)
		require.LessOrEqual(t, share[what], bounds[1], what)
	}
	require.Equal(t, with, generatedWithFiles(t, o), "the same options give the same files")
}

// setForm says how a generated record holds its set, and checks that it names
// the record's files of the set.
func setForm(t *testing.T, in offhours.Incoming) string {
	t.Helper()
	var fields map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(in.Record.Fields), &fields))
	value, form := fields[photos.SchemaName], "set as object"
	if value[0] == '"' {
		var text string
		require.NoError(t, json.Unmarshal(value, &text))
		value, form = json.RawMessage(text), "set as text"
	}
	var set map[string]string
	if json.Unmarshal(value, &set) != nil {
		return "set cut off"
	}
	var names []string
	for _, f := range in.Files {
		if f.Field != "" {
			names = append(names, f.Name)
		}
	}
	require.Equal(t, strings.Join(names, ","), set["mx_CustomObject_1"])
	return form
}

func TestATypeWithFilesHasTheirSet(t *testing.T) {
	t.Parallel()
	o := options(0)
	g, err := NewGenerator(o)
	require.NoError(t, err)
	require.Len(t, g.Fields(), 8)
	o.Attachments = 1
	g, err = NewGenerator(o)
	require.NoError(t, err)
	require.Equal(t, photos, g.Fields()[8])
	_, err = g.Next()
	require.Equal(t, io.EOF, err)
}

func BenchmarkGeneratorWithFiles(b *testing.B) {
	o := options(1 << 30)
	o.Attachments = 0.05
	g, err := NewGenerator(o)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = g.Next()
	}
}
