package offhours

import "fmt"

// FixedColumns are the first columns of every export file.
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

// AttachmentsColumn is the last column of every export file and every delete list.
const AttachmentsColumn = "Attachments"

// CustomActivityType is the CRM's number for custom activities, the value of
// every export's ActivityType column; the type itself stands in ActivityEvent.
const CustomActivityType = "2"

// Column is what a column of custom fields shows: a field's value, or that of one
// sub-field of a Custom Field Set.
type Column struct {
	Set         string // schema name of the set; empty for a plain field
	SchemaName  string // of the field, or of the sub-field in its set
	DisplayName string // "Parent - Child" for a sub-field
}

// Columns returns the columns of custom fields, in sequence order. A Custom Field
// Set has one for each of its sub-fields and none of its own.
func Columns(fields []Field) []Column {
	var columns []Column
	for _, field := range fields {
		if len(field.Fields) == 0 {
			columns = append(columns, Column{SchemaName: field.SchemaName, DisplayName: field.DisplayName})
		}
		for _, child := range field.Fields {
			columns = append(columns, Column{
				Set: field.SchemaName, SchemaName: child.SchemaName, DisplayName: field.DisplayName + " - " + child.DisplayName,
			})
		}
	}
	return columns
}

// schema names a column where its display name does not.
func (c Column) schema() string {
	if c.Set == "" {
		return c.SchemaName
	}
	return c.Set + "~" + c.SchemaName
}

// ExportHeader returns the columns of an export file: the fixed ones, those of
// the custom fields by display name, and the attachments. Where names collide,
// the schema name follows in brackets.
func ExportHeader(fields []Field) []string {
	seen := map[string]int{AttachmentsColumn: 1}
	for _, name := range FixedColumns {
		seen[name]++
	}
	columns := Columns(fields)
	for _, column := range columns {
		seen[column.DisplayName]++
	}
	header := append([]string(nil), FixedColumns...)
	for _, column := range columns {
		name := column.DisplayName
		if seen[name] > 1 {
			name += " [" + column.schema() + "]"
		}
		header = append(header, name)
	}
	return append(header, AttachmentsColumn)
}

// ListHeader returns the columns of a delete list. A list says exactly which row
// versions may be deleted, of records and of their attachments; that of an export
// also holds what its CSV file cannot show, so that the archive alone rebuilds
// every record.
func ListHeader(t RequestType) []string {
	header := []string{"ProspectActivityId", "RowVersion", "ModifiedOn"}
	if t == ExportAndDelete {
		header = append(header, "ExternalKey", "Fields")
	}
	return append(header, AttachmentsColumn)
}

// ReportHeader is the header of a report.
var ReportHeader = []string{"ProspectActivityId", "ModifiedOn", "Outcome", "File", "DeletedOn", "Reason"}

// CSVName is the name under which users get a part's CSV file.
func CSVName(part int) string { return fmt.Sprintf("records-%04d.csv", part) }

// ListName is the name under which users get a part's delete list.
func ListName(part int) string { return fmt.Sprintf("records-%04d.list.csv", part) }

// ManifestName is the name under which users get the manifest.
const ManifestName = "manifest.json"
