package offhours

import (
	"fmt"
	"time"
)

// FixedColumns are the first columns of every export file (PRODUCT.md §6).
var FixedColumns = []string{
	"ProspectActivityId", "RelatedProspectId", "ActivityType", "ActivityEvent", "Status", "Owner", "ActivityEvent_Note",
	"CreatedOn", "CreatedBy", "CreatedByName", "CreatedByEmailAddress",
	"ModifiedOn", "ModifiedBy", "ModifiedByName", "ModifiedByEmailAddress",
}

// Positions in FixedColumns of the two columns that make a row's key.
const (
	ColumnID         = 0
	ColumnModifiedOn = 11
)

// AttachmentsColumn is the last column of every export file.
const AttachmentsColumn = "Attachments"

// CustomActivityType is the CRM's number for custom activities, the value of
// every export's ActivityType column; the type itself stands in ActivityEvent.
const CustomActivityType = "2"

// ExportHeader returns the columns of an export file: the fixed ones, one per
// custom field by display name, and the attachments. Where names collide, the
// schema name follows in brackets.
func ExportHeader(fields []Field) []string {
	seen := map[string]int{AttachmentsColumn: 1}
	for _, name := range FixedColumns {
		seen[name]++
	}
	for _, field := range fields {
		seen[field.DisplayName]++
	}
	header := append([]string(nil), FixedColumns...)
	for _, field := range fields {
		name := field.DisplayName
		if seen[name] > 1 {
			name += " [" + field.SchemaName + "]"
		}
		header = append(header, name)
	}
	return append(header, AttachmentsColumn)
}

// ListHeader returns the columns of a delete list. A list says exactly which row
// versions may be deleted; that of an export also holds what its CSV file cannot
// show, so that the archive alone rebuilds every record.
func ListHeader(t RequestType) []string {
	header := []string{"ProspectActivityId", "RowVersion", "ModifiedOn"}
	if t == ExportAndDelete {
		header = append(header, "ExternalKey", "Fields")
	}
	return header
}

// ReportHeader is the header of a report (PRODUCT.md §6).
var ReportHeader = []string{"ProspectActivityId", "ModifiedOn", "Outcome", "File", "DeletedOn", "Reason"}

// CSVName is the name under which users get a part's CSV file.
func CSVName(part int) string { return fmt.Sprintf("records-%04d.csv", part) }

// ListName is the name under which users get a part's delete list.
func ListName(part int) string { return fmt.Sprintf("records-%04d.list.csv", part) }

// ManifestName is the name under which users get the manifest.
const ManifestName = "manifest.json"

// Listed is one entry of a delete list: a row version that may be deleted.
type Listed struct {
	ID         string
	Version    string // PostgreSQL's xmin; means nothing in another history of the database
	ModifiedOn time.Time
}

// Stored describes the bytes of a file in the archive.
type Stored struct {
	Key    string
	Bytes  int64
	SHA256 string // hexadecimal
}

// PartShape says which columns a part's files have.
type PartShape struct {
	Header []string // of the CSV file; empty for Delete Only, which has none
	List   []string // of the delete list
}

// PartFiles describes the files of a part as they were written.
type PartFiles struct {
	CSV  *Stored // nil for Delete Only
	List Stored
	Rows int
}

// PartKeys describes the rows of a part that was read back.
type PartKeys struct {
	Rows        int
	First, Last string // "ModifiedOn id", empty without rows
}

// Part is a part of an export as the database knows it.
type Part struct {
	RequestRef
	Number     int
	Round      int
	SourcePart int // whose rewritten records it exports anew; 0 in the first round
	Epoch      int // of the attempt that claimed it
	State      PartState
	Files      PartFiles // as written, unless planned
	Keys       PartKeys  // as read back, once verified
	Done       int       // rows that are accounted for
	Deleted    int
	Shape      PartShape
	Selection  Selection
	Manifest   Stored // of the export that the part is sealed in, if any
	WindowOpen bool   // when it was read
}

// PartState is how far a part's proof has come.
type PartState string

// States of a part. Only the records of a verified part are deleted.
const (
	PartPlanned  PartState = "planned"
	PartExported PartState = "exported"
	PartVerified PartState = "verified"
)
