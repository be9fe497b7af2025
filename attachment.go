package offhours

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Attachment is a version of an attachment of a record, or of a file in one of
// its Custom Field Sets, as a delete list holds it. The list of a Delete Only
// request holds number, id and version alone.
type Attachment struct {
	Number  int     `json:"number,omitempty"` // of its copy in the part, from 1
	ID      string  `json:"id,omitempty"`
	Version string  `json:"version,omitempty"` // PostgreSQL's xmin, see Listed
	Key     string  `json:"key,omitempty"`     // of the object in the CRM's bucket
	Name    string  `json:"name,omitempty"`    // as the CRM shows it; user input
	Field   *string `json:"field,omitempty"`   // of a Custom Field Set, as parent~child
	File    string  `json:"file,omitempty"`    // name of the copy in the export
	Bytes   int64   `json:"bytes,omitempty"`
	SHA256  string  `json:"sha256,omitempty"` // hexadecimal
	Missing bool    `json:"missing,omitempty"`
}

// Shown is the part of an attachment that the CSV file shows.
func (a Attachment) Shown() Attachment {
	a.Number, a.ID, a.Version, a.Key = 0, "", "", ""
	return a
}

// Copy is what became of an attachment's object when its part was exported.
type Copy struct {
	Attachment
	RecordID   string
	ETag       string // of the object, whatever its bucket says; empty if it was missing
	ArchiveKey string // of the copy; empty without one
}

// Stored describes the copy in the archive.
func (c Copy) Stored() Stored {
	return Stored{Key: c.ArchiveKey, Bytes: c.Bytes, SHA256: c.SHA256}
}

// Tombstone is an object of an attachment that was deleted with its record.
type Tombstone struct {
	Part, Number int    // of the attachment's copy
	Key          string // of the object in the CRM's bucket
	ETag         string // of what was exported; empty if it was missing then
	Copy         Stored // in the archive; zero without one
	State        FileState
}

// Released are the tombstones of one step: objects that no record refers to any
// more, and that may be removed.
type Released struct {
	Tombstones []Tombstone
	Looked     int           // how many were looked at; no more are left if none
	For        time.Duration // they may be removed for so long from the call on; 0 means at any time
}

// FileState is what became of an attachment's object after the record was deleted.
type FileState string

// States of a tombstone. The first two are on the way to one of the others.
const (
	FilePending  FileState = "pending"
	FileReleased FileState = "released" // no record refers to it, and none can any more
	FileRemoved  FileState = "removed"
	FileShared   FileState = "shared"   // kept: another record refers to it
	FileReplaced FileState = "replaced" // kept: it is not what was exported
	FileUnproven FileState = "unproven" // kept: its copy is not in the archive as it was written
	FileMissing  FileState = "missing"
)

var safeExtension = regexp.MustCompile(`^\.[a-z0-9]{1,8}$`)

// AttachmentName is the name under which users get a copy. Of the name that the
// CRM shows it keeps a harmless extension only: it is user input, and need not be
// unique.
func AttachmentName(part, number int, shown string) string {
	name := fmt.Sprintf("attachment-%04d-%05d", part, number)
	if extension := strings.ToLower(path.Ext(shown)); safeExtension.MatchString(extension) {
		name += extension
	}
	return name
}

var attachmentName = regexp.MustCompile(`^attachment-(\d{4,9})-(\d{5,9})(\.[a-z0-9]{1,8})?$`)

// AttachmentNumber is the part and the number in it of a name that
// [AttachmentName] may have made. Whether there is such a copy, under this very
// name, it does not tell.
func AttachmentNumber(name string) (part, number int, ok bool) {
	found := attachmentName.FindStringSubmatch(name)
	if found == nil {
		return 0, 0, false
	}
	part, _ = strconv.Atoi(found[1]) // nine digits at most
	number, _ = strconv.Atoi(found[2])
	return part, number, true
}
