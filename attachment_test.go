package offhours_test

import (
	"testing"

	"github.com/offhours/offhours"
)

func TestACopyHasASafeNameOfItsOwn(t *testing.T) {
	t.Parallel()
	for shown, want := range map[string]string{
		"scan.pdf":            "attachment-0003-00017.pdf",
		"Photo 1.JPEG":        "attachment-0003-00017.jpeg",
		"a.tar.gz":            "attachment-0003-00017.gz",
		"../../etc/passwd":    "attachment-0003-00017",
		"a.pdf/b":             "attachment-0003-00017",
		"a.p/f":               "attachment-0003-00017",
		"a.exe ":              "attachment-0003-00017",
		"a.\r\nX: y":          "attachment-0003-00017",
		"a.much-too-long":     "attachment-0003-00017",
		"a.ninechars":         "attachment-0003-00017",
		"":                    "attachment-0003-00017",
		"é.ÉXÉ":               "attachment-0003-00017",
		"no extension at all": "attachment-0003-00017",
	} {
		if got := offhours.AttachmentName(3, 17, shown); got != want {
			t.Errorf("%q: %s, want %s", shown, got, want)
		}
	}
}

func TestTheNameOfACopyTellsItsNumber(t *testing.T) {
	t.Parallel()
	for _, want := range [][2]int{{1, 1}, {3, 17}, {12345, 1234567}} {
		for _, shown := range []string{"a.PDF", "no extension"} {
			part, number, ok := offhours.AttachmentNumber(offhours.AttachmentName(want[0], want[1], shown))
			if !ok || part != want[0] || number != want[1] {
				t.Errorf("%v: %d, %d, %t", want, part, number, ok)
			}
		}
	}
	for _, name := range []string{
		"", "manifest.json", "attachment-1-1", "attachment-0001-00001.", "attachment-0001-00001.p/df", "xattachment-0001-00001",
		"attachment-0001-00001\x00", "attachment-0001-00001\n", "attachment-0001--0001", "attachment-0001-9999999999",
	} {
		if _, _, ok := offhours.AttachmentNumber(name); ok {
			t.Errorf("%q is no name of a copy", name)
		}
	}
}

func TestACustomFieldSetHasAColumnForEachSubField(t *testing.T) {
	t.Parallel()
	header := offhours.ExportHeader([]offhours.Field{
		{SchemaName: "mx_Custom_1", DisplayName: "City"},
		{SchemaName: "mx_Custom_2", DisplayName: "Papers", Fields: []offhours.Field{
			{SchemaName: "mx_CustomObject_1", DisplayName: "File", File: true}, {SchemaName: "mx_CustomObject_2", DisplayName: "State"},
		}},
		{SchemaName: "mx_Custom_3", DisplayName: "Papers - State"},
		{SchemaName: "mx_Custom_4", DisplayName: "Attachments"},
	})
	got := header[len(offhours.FixedColumns):]
	want := []string{"City", "Papers - File", "Papers - State [mx_Custom_2~mx_CustomObject_2]", "Papers - State [mx_Custom_3]", "Attachments [mx_Custom_4]", "Attachments"}
	if len(got) != len(want) {
		t.Fatalf("%q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("column %d: %q, want %q", i, got[i], want[i])
		}
	}
}
