package archive

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"

	"github.com/offhours/offhours"
)

var noAttachments = []byte("[]")

// attachmentsIn reads the last column of a CSV file or a list.
func attachmentsIn(column Value) ([]offhours.Attachment, error) {
	text := column.text()
	if bytes.Equal(text, noAttachments) {
		return nil, nil
	}
	var attachments []offhours.Attachment
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&attachments) != nil || len(attachments) == 0 {
		return nil, errors.New("not a list of attachments")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than a list of attachments")
	}
	return attachments, nil
}

// shows reports whether a CSV file's column shows exactly the listed attachments.
func shows(column Value, listed []offhours.Attachment) bool {
	shown, err := attachmentsIn(column)
	if err != nil || len(shown) != len(listed) {
		return false
	}
	for i := range shown {
		if !reflect.DeepEqual(shown[i], listed[i].Shown()) {
			return false
		}
	}
	return true
}

// copySet is the recorded copies of a part, by number, that its list did not name
// yet.
type copySet map[int]offhours.Copy

func newCopySet(copies []offhours.Copy) copySet {
	set := copySet{}
	for _, c := range copies {
		set[c.Number] = c
	}
	return set
}

// take removes the copies of a list's entry and returns them. It returns what is
// wrong, if anything: every attachment that a list names was looked at, and that of
// an export was copied, or is marked as missing.
func (set copySet) take(e entry, keep bool) (copies []offhours.Copy, fault string) {
	for _, listed := range e.attachments {
		c, ok := set[listed.Number]
		delete(set, listed.Number)
		want := c.Attachment
		if !keep {
			want = offhours.Attachment{Number: c.Number, ID: c.ID, Version: c.Version}
		}
		switch {
		case !ok:
			return nil, "an attachment that was not copied, or twice"
		case c.RecordID != string(e.id) || !reflect.DeepEqual(listed, want):
			return nil, "another attachment than the one that was copied"
		case keep && (c.File == "") != c.Missing:
			return nil, "an attachment without a copy"
		}
		copies = append(copies, c)
	}
	return copies, ""
}
