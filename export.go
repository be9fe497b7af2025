package offhours

import "fmt"

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
