package offhours

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// Attachment is a version of an attachment of a record, or of a file in one of
// its Custom Field Sets, as a delete list holds it. The list of a Delete Only
// request holds the id and the version alone.
type Attachment struct {
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
	a.ID, a.Version, a.Key = "", "", ""
	return a
}

// Copy is what became of an attachment's object when its part was exported.
type Copy struct {
	Attachment
	RecordID   string
	Number     int    // in the part, from 1
	ETag       string // of the object, whatever its bucket says; empty if it was missing
	ArchiveKey string // of the copy; empty without one
}

// Stored describes the copy in the archive.
func (c Copy) Stored() Stored {
	return Stored{Key: c.ArchiveKey, Bytes: c.Bytes, SHA256: c.SHA256}
}

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
