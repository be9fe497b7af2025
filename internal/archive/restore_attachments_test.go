package archive

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// attachedExport is an export of two parts: each record has two attachments, but for
// the first one, which has none, and the second one, one of whose is missing.
func attachedExport(t *testing.T) string {
	t.Helper()
	records, number := nasty()[:5], 0
	return downloadWith(t, func(s *Store, part offhours.Part, r offhours.Record) (copies []offhours.Copy) {
		if r.ID == records[0].ID {
			return nil
		}
		for range 2 {
			number++
			keys, err := s.AddFiles(t.Context(), part.AccountID, [][]byte{fmt.Append(nil, "content ", number)})
			require.NoError(t, err)
			c := offhours.Copy{Attachment: offhours.Attachment{Number: number, ID: id(number), Version: "7", Key: keys[0], Name: "é \"q\".pdf"}}
			if number == 2 {
				c.Missing = true
			} else if c, err = s.Copy(t.Context(), part, "1", c); err != nil {
				require.NoError(t, err)
			}
			copies = append(copies, c)
		}
		return copies
	}, records[:3], records[3:])
}

func TestADownloadedExportGivesEveryAttachmentBack(t *testing.T) {
	t.Parallel()
	e, err := OpenExport(attachedExport(t))
	require.NoError(t, err)
	var contents []string
	for record, err := range e.Records() {
		require.NoError(t, err)
		for _, a := range record.Attachments {
			require.Equal(t, a.Missing, a.Path == "")
			if a.Missing {
				contents = append(contents, "missing")
				continue
			}
			require.Equal(t, `é "q".pdf`, a.Name)
			content, err := os.ReadFile(a.Path)
			require.NoError(t, err)
			contents = append(contents, string(content))
		}
	}
	require.Equal(t, []string{"content 1", "missing", "content 3", "content 4", "content 5", "content 6", "content 7", "content 8"}, contents)
}

func TestAnExportWhoseAttachmentsAreNotWholeIsRefused(t *testing.T) {
	t.Parallel()
	first := func(m *offhours.Manifest) *offhours.ManifestFile {
		for i := range m.Files {
			if m.Files[i].Kind == offhours.FileAttachment {
				return &m.Files[i]
			}
		}
		return nil
	}
	name := offhours.AttachmentName(1, 1, "a.pdf")
	for fault, spoil := range map[string]func(t *testing.T, dir string){
		"a missing attachment": func(t *testing.T, dir string) { require.NoError(t, os.Remove(filepath.Join(dir, name))) },
		"a flipped byte": func(t *testing.T, dir string) {
			change(t, dir, name, func(b []byte) []byte { b[3] ^= 1; return b })
		},
		"a longer attachment": func(t *testing.T, dir string) {
			change(t, dir, name, func(b []byte) []byte { return append(b, 0) })
		},
		"another checksum": func(t *testing.T, dir string) {
			changeManifest(t, dir, func(m *offhours.Manifest) { first(m).SHA256 = "" })
		},
		"another part": func(t *testing.T, dir string) {
			changeManifest(t, dir, func(m *offhours.Manifest) { first(m).Part++ })
		},
		"another name": func(t *testing.T, dir string) {
			changeManifest(t, dir, func(m *offhours.Manifest) { first(m).Name = "x" })
		},
		"a manifest that does not name it": func(t *testing.T, dir string) {
			changeManifest(t, dir, func(m *offhours.Manifest) {
				*first(m) = m.Files[len(m.Files)-1]
				m.Files = m.Files[:len(m.Files)-1]
			})
		},
		"a manifest that names one more": func(t *testing.T, dir string) {
			changeManifest(t, dir, func(m *offhours.Manifest) {
				more := *first(m)
				more.Name = "x"
				m.Files = append(m.Files, more)
			})
		},
		"more than counted": func(t *testing.T, dir string) { changeManifest(t, dir, func(m *offhours.Manifest) { m.Attachments-- }) },
		"fewer missing than said": func(t *testing.T, dir string) {
			changeManifest(t, dir, func(m *offhours.Manifest) { m.MissingAttachments++ })
		},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			dir := attachedExport(t)
			spoil(t, dir)
			_, err := OpenExport(dir)
			require.ErrorIs(t, err, offhours.ErrCorrupt)
		})
	}
}

func TestASetThatIsTextMustStandInTheList(t *testing.T) {
	t.Parallel()
	null, x := Value{Null: true}, Value{Bytes: []byte("x")}
	set := []offhours.Field{{SchemaName: "s", Fields: []offhours.Field{{SchemaName: "a"}, {SchemaName: "b"}}}}
	for _, tc := range []struct {
		columns []Value
		fields  string
		want    bool
	}{
		{[]Value{x, null}, `{"s": {"a": "x"}}`, true},
		{[]Value{null, null}, `{"s": {"a": "x"}}`, false},
		{[]Value{null, x}, `{"s": {"a": "x"}}`, false},
		{[]Value{x, null}, `{"s": "{\"a\": \"x\"}"}`, true},
		{[]Value{null, null}, `{"s": "{\"a\": \"x\"}"}`, true}, // a text that PostgreSQL may have refused
		{[]Value{null, x}, `{"s": "{\"a\": \"x\"}"}`, false},
		{[]Value{null, null}, `{"s": "not JSON"}`, true},
		{[]Value{x, null}, `{"s": "not JSON"}`, false},
		{[]Value{null, null}, `{"s": null}`, true},
		{[]Value{null, null}, `{"s": [1]}`, true},
		{[]Value{null, null}, `{}`, true},
		{[]Value{null}, `{}`, false},
	} {
		require.Equal(t, tc.want, sameFields(tc.columns, set, Value{Bytes: []byte(tc.fields)}), "%v in %s", tc.columns, tc.fields)
	}
}
