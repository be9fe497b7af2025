package dataset

import (
	"encoding/json"
	"io"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func options(records int) GeneratorOptions {
	return GeneratorOptions{
		AccountID: 1, TypeName: "Visit", Records: records, Seed: 1,
		From:  time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		Until: time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

func generated(t *testing.T, o GeneratorOptions) (records []offhours.Record) {
	t.Helper()
	for _, in := range generatedWithFiles(t, o) {
		records = append(records, in.Record)
	}
	return records
}

func generatedWithFiles(t *testing.T, o GeneratorOptions) (all []offhours.Incoming) {
	t.Helper()
	g, err := NewGenerator(o)
	require.NoError(t, err)
	for {
		in, err := g.Next()
		if err == io.EOF {
			return all
		}
		require.NoError(t, err)
		require.Equal(t, o.TypeName, in.TypeName)
		all = append(all, in)
	}
}

func TestTheSameOptionsGiveTheSameRecords(t *testing.T) {
	t.Parallel()
	require.Equal(t, generated(t, options(3000)), generated(t, options(3000)))
}

func TestIDsAreNewForEachAccountTypeAndSeed(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, change := range []func(*GeneratorOptions){
		func(*GeneratorOptions) {},
		func(o *GeneratorOptions) { o.AccountID = 2 },
		func(o *GeneratorOptions) { o.TypeName = "Call" },
		func(o *GeneratorOptions) { o.Seed = 2 },
	} {
		o := options(1000)
		change(&o)
		for _, r := range generated(t, o) {
			require.True(t, isUUID(r.ID))
			require.False(t, seen[r.ID])
			seen[r.ID] = true
		}
	}
}

func TestWhatIsInventedCanBeStored(t *testing.T) {
	t.Parallel()
	o := options(20_000)
	for _, r := range generated(t, o) {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(r.Fields), &fields))
		require.False(t, r.ModifiedOn.Before(o.From) || !r.ModifiedOn.Before(o.Until))
		require.Equal(t, r.ModifiedOn, r.ModifiedOn.Truncate(time.Microsecond))
		require.Equal(t, r.CreatedOn, r.CreatedOn.Truncate(time.Microsecond))
		for _, text := range []*string{r.ExternalKey, r.Status, r.Owner, r.Note, r.CreatedBy.Name, r.CreatedBy.Email} {
			if text != nil {
				require.True(t, utf8.ValidString(*text) && !strings.Contains(*text, "\x00"))
			}
		}
	}
}

func TestWhatIsInventedIsAsHardAsRealData(t *testing.T) {
	t.Parallel()
	const n = 20_000
	share := make(map[string]float64)
	is := func(what string, yes bool) {
		if yes {
			share[what] += 100.0 / n
		}
	}
	for _, r := range generated(t, options(n)) {
		note := ""
		if r.Note != nil {
			note = *r.Note
		}
		is("note is NULL", r.Note == nil)
		is("note is empty", r.Note != nil && note == "")
		is("commas", strings.Contains(note, ","))
		is("quotes", strings.Contains(note, `"`))
		is("newlines", strings.Contains(note, "\n"))
		is("carriage returns", strings.Contains(note, "\r"))
		is("formula", note != "" && strings.Contains("=+-@", note[:1]))
		is("not ASCII", len(note) != utf8.RuneCountInString(note))
		is("status is NULL", r.Status == nil)
		is("status is empty", r.Status != nil && *r.Status == "")
		is("never modified", r.ModifiedOn.Equal(r.CreatedOn))
		is("modified much later", r.ModifiedOn.Sub(r.CreatedOn) > 30*24*time.Hour)
		is("modified before created", r.ModifiedOn.Before(r.CreatedOn))
		is("first year", r.ModifiedOn.Year() == 2020)
		is("null field", strings.Contains(r.Fields, "null"))
		is("undeclared field", strings.Contains(r.Fields, "mx_Old_Field"))
	}
	for what, bounds := range map[string][2]float64{
		"note is NULL": {12, 17}, "note is empty": {3, 5}, "commas": {30, 80}, "quotes": {10, 40}, "newlines": {5, 15},
		"carriage returns": {0.1, 0.5}, "formula": {2, 5}, "not ASCII": {20, 60}, "status is NULL": {8, 12}, "status is empty": {8, 12},
		"never modified": {37, 43}, "modified much later": {13, 17}, "modified before created": {0.1, 0.5}, "first year": {32, 35},
		"null field": {30, 60}, "undeclared field": {0.1, 0.5},
	} {
		require.GreaterOrEqual(t, share[what], bounds[0], what)
		require.LessOrEqual(t, share[what], bounds[1], what)
	}
}

func TestOptionsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*GeneratorOptions){
		"negative":   func(o *GeneratorOptions) { o.Records = -1 },
		"name":       func(o *GeneratorOptions) { o.TypeName = "" },
		"before":     func(o *GeneratorOptions) { o.Until = o.From },
		"11 to 9999": func(o *GeneratorOptions) { o.From = firstTime },
		"share":      func(o *GeneratorOptions) { o.Attachments = 1.01 },
		"0 to 1":     func(o *GeneratorOptions) { o.Attachments = math.NaN() },
	} {
		o := options(1)
		change(&o)
		_, err := NewGenerator(o)
		require.ErrorContains(t, err, want)
	}
	require.Empty(t, generated(t, options(0)))
}

func BenchmarkGenerator(b *testing.B) {
	g, err := NewGenerator(options(1 << 30))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = g.Next()
	}
}
