package offhours

import (
	"slices"
	"time"
)

// Category says which part of the CRM an activity type belongs to. It is kept
// explicitly because codes and CRM type numbers do not tell them apart.
type Category string

// Categories of activity types. Only custom types can be exported or deleted.
const (
	CategoryCustom      Category = "custom"
	CategoryCore        Category = "core"
	CategoryAccount     Category = "account"
	CategoryTicket      Category = "ticket"
	CategoryOpportunity Category = "opportunity"
)

// RecordType is the product's activity type.
type RecordType struct {
	AccountID int64
	Code      int    // the CRM's "activity event" code, unique in the account
	Name      string // shown to users; may hold any text
	Category  Category
	Fields    []Field // custom fields in sequence order
}

// Field is a custom field of a record type, or a sub-field of a Custom Field Set.
// A set's value in a record's fields is a JSON object of its sub-fields, or a
// text that holds one, as the CRM stores it.
type Field struct {
	SchemaName  string  `json:"schemaName"`       // key in a record's fields, such as mx_Custom_1, or in its set, such as mx_CustomObject_1
	DisplayName string  `json:"displayName"`      // header of its column
	Fields      []Field `json:"fields,omitempty"` // sub-fields of a Custom Field Set, in sequence order
	File        bool    `json:"file,omitempty"`   // its value is the names of files, joined by commas
}

// Equal reports whether two fields declare the same.
func (f Field) Equal(other Field) bool {
	return f.SchemaName == other.SchemaName && f.DisplayName == other.DisplayName && f.File == other.File &&
		slices.EqualFunc(f.Fields, other.Fields, Field.Equal)
}

// Path names a sub-field of a Custom Field Set as the CRM does, such as
// mx_Custom_3~mx_CustomObject_1.
func (f Field) Path(sub Field) string { return f.SchemaName + "~" + sub.SchemaName }

// Record is one activity of the CRM. A nil pointer is SQL NULL, which differs
// from an empty string everywhere.
type Record struct {
	ID          string // UUID
	ExternalKey *string
	ProspectID  *string // UUID of the lead
	Status      *string
	Owner       *string
	Note        *string
	CreatedOn   time.Time
	CreatedBy   Actor
	ModifiedOn  time.Time // may lie before CreatedOn: real data is dirty
	ModifiedBy  Actor
	Fields      string // JSON object of custom fields by schema name
}

// Actor is who created or modified a record, as the CRM stored it at the time.
type Actor struct {
	ID    *string // UUID
	Name  *string
	Email *string
}
