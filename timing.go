package offhours

import "time"

// Timing is where a request stands and when it may go on.
type Timing struct {
	Status Status    `json:"status"`
	At     time.Time `json:"at"` // when to ask again; zero if there is nothing to wait for
}

// Snapshot says in which history of the database rows were read, and that none
// of their versions is newer than a transaction.
type Snapshot struct {
	Database DatabaseID
	XID      uint64
}

// Export is what is verified of a request's export, and what it is sealed from.
type Export struct {
	Sealed   int    // rounds that are sealed
	Records  int    // as confirmed
	InTime   bool   // deleting may still start, see DeleteDeadline
	Parts    []Part // the verified ones
	Open     []int  // parts of sealed rounds and the next one that are not verified
	Shape    PartShape
	Manifest Manifest // without files
}

// Seal is what makes the parts of a round deletable.
type Seal struct {
	Round    int
	Listed   int // distinct records in the lists of the first round
	Manifest Stored
	Lists    map[int]string // checksum of every part's list, as it was read
	// Exported anew: the ids that each part of this round lists, by the part
	// that they come from.
	Rewritten map[int][]string
}

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
