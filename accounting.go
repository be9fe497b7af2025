package offhours

import "time"

// Accounting is what became of a request's records so far.
type Accounting struct {
	Status   Status
	Phase    Phase
	Records  int
	Listed   int // distinct records in the lists, 0 before the export was sealed
	Sealed   bool
	Reported bool
	Outcomes Outcomes
	Failure  *Failure
}

// RowOutcome is what became of one row of a part's list.
type RowOutcome struct {
	Outcome    Outcome
	DeletedOn  *time.Time
	Reason     string
	Superseded bool // a part of a later round accounts for the record
}

// ReportLine is what became of one record.
type ReportLine struct {
	ID         *string // nil for a record that had left the selection before it could be listed
	ModifiedOn *time.Time
	Outcome    Outcome
	File       *string
	DeletedOn  *time.Time
	Reason     *string
}
