package offhours

import (
	"context"
	"time"
)

// Listed is one entry of a delete list: a row version that may be deleted.
type Listed struct {
	ID         string
	Version    string // PostgreSQL's xmin; means nothing in another history of the database
	ModifiedOn time.Time
	// Attachments are those that the list knows. Any other one keeps its record.
	Attachments []Attachment
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
	CSV    *Stored // nil for Delete Only
	List   Stored
	Rows   int
	Copies []Copy // of attachments; not filled in with the part, there may be many
}

// PartKeys describes the rows of a part that was read back.
type PartKeys struct {
	Rows        int
	First, Last string // "ModifiedOn id", empty without rows
	Copies      []int  // numbers of the attachments that its list names
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
	Uneven     bool // some records of the last batch could not be deleted; not recorded
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

// Pieces says how the records of a part are read: all at once, or a few at a time
// with a rest before the next ones.
type Pieces struct {
	Records int                   // of each piece; 0 means all at once
	Rest    func(context.Context) // between two pieces
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
