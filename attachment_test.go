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
