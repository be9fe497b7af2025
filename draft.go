package offhours

import (
	"strings"
	"time"
)

// Draft is what an admin asks for, before it is admitted.
type Draft struct {
	ActivityType int
	RequestType  RequestType
	Range        DateRange
	Confirmed    bool // statutory retention was met; part of the request itself
}

// Validate checks the form of the draft against today's date in the account's
// time zone. It returns an *Error with CodeInvalidRequest that names the field.
func (d Draft) Validate(today Date) error {
	if d.ActivityType <= 0 {
		return Errorf(CodeInvalidRequest, "activityType: give the code of an activity type, a whole number above 0.")
	}
	if !d.RequestType.Valid() {
		return Errorf(CodeInvalidRequest, "requestType: must be %q or %q.", ExportAndDelete, DeleteOnly)
	}
	return d.Range.Validate(today)
}

// ValidKey reports whether a text may be the idempotency key of a draft: 1 to
// MaxKeyLength printable ASCII characters.
func ValidKey(key string) bool {
	return len(key) >= 1 && len(key) <= MaxKeyLength &&
		!strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' })
}

// Preview is what a draft would do if it were created now.
type Preview struct {
	Selection     Selection
	Records       int // RecordsBefore + RecordsAfter
	RecordsBefore int // modified before the range
	RecordsAfter  int // modified after the range, up to now
	Attachments   int
	EarliestStart time.Time
	Refusal       *Error // why it would be refused, nil if it would not
}

// RequestQuery filters, sorts and pages the requests of an account. Zero values
// filter nothing.
type RequestQuery struct {
	Page         int // from 1
	PageSize     int // 15, 25, 50 or 100
	Status       Status
	ActivityType int
	RequestType  RequestType
	CreatedBy    string // email of the creator
	Sort         string // createdOn, records, entityName, status, requestType or createdBy; descending after a minus sign
}

// PageSizes are the page sizes of the grid; the first is the default.
var PageSizes = []int{15, 25, 50, 100}

// StoredFile is a file of an export or report and where the archive keeps it.
type StoredFile struct {
	ManifestFile
	Key string // in the bucket; never shown to users
}
