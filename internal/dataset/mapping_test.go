package dataset

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const needed = "columns: {externalKey: key, createdOn: made, modifiedOn: changed, type: kind}\ntimes: [\"2006-01-02\"]\n"

func TestTheMappingOfTheSanFranciscoDataIsWhole(t *testing.T) {
	t.Parallel()
	m, err := ReadMapping(filepath.Join("..", "..", "deploy", "load", "sf311.yaml"))
	require.NoError(t, err)
	require.Equal(t, Columns{
		ExternalKey: "unique_key", CreatedOn: "created_date", ModifiedOn: "resolution_action_updated_date",
		Type: "complaint_type", Status: "status", Note: "status_notes", Owner: "agency_name",
	}, m.Columns)
	require.Equal(t, EmptyNull, m.Empty)
	require.True(t, m.Fields.Rest)
	require.Equal(t, []FieldSet{{Name: "Media", Fields: []SubField{{"File", "media_url", true}, {"URL", "media_url", false}}}}, m.Sets)
}

func TestAMappingHasDefaults(t *testing.T) {
	t.Parallel()
	m, err := ParseMapping([]byte(needed))
	require.NoError(t, err)
	require.Equal(t, EmptyNull, m.Empty)
	require.Equal(t, "UTC", m.TimeZone)
	require.Equal(t, FieldColumns{}, m.Fields)
}

func TestEmptyAndFieldsHaveSeveralForms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Empty{
		"null": EmptyNull, "~": EmptyNull, "": EmptyNull, `"null"`: EmptyNull,
		`""`: EmptyText, "text": EmptyText, "exact": EmptyExact,
	} {
		m, err := ParseMapping([]byte(needed + "empty: " + text + "\nfields: [a, b]\n"))
		require.NoError(t, err, text)
		require.Equal(t, want, m.Empty, text)
		require.Equal(t, FieldColumns{Names: []string{"a", "b"}}, m.Fields)
	}
}

func TestAWrongMappingIsRefusedWithItsLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                     "the mapping is empty",
		needed + "statuz: x\n": `line 3: unknown key "statuz"`,
		"columns:\n  externalKey: a\n  externalID: b\n":                     `line 3: unknown key "externalID"`,
		needed + "empty: maybe\n":                                           `line 3: empty must be null, "" or exact`,
		needed + "fields: all\n":                                            "line 3: fields must be the word rest or a list of columns",
		needed + "timeZone: Mars\n":                                         `timeZone: "Mars" is not an IANA time zone`,
		needed + "---\nmore: 1\n":                                           "there is more than one YAML document",
		"columns: {externalKey: a}\n":                                       "columns.createdOn is missing",
		"columns: {externalKey: a, createdOn: b, modifiedOn: c, type: d}\n": "times is missing",
	} {
		_, err := ParseMapping([]byte(text))
		require.ErrorContains(t, err, want, text)
	}
}

func TestAWrongMappingNamesItsFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "m.yaml")
	require.NoError(t, os.WriteFile(path, []byte("x: 1\n"), 0o600))
	_, err := ReadMapping(path)
	require.EqualError(t, err, "read the mapping "+path+`: line 1: unknown key "x"`)
}
