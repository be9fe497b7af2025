package offhours

// Incoming is a record on its way into the CRM, by import or from a generator,
// with the files that belong to it.
type Incoming struct {
	Record   Record
	TypeName string // of its activity type
	Files    []IncomingFile
}

// IncomingFile is a file of a record: an attachment, or one that a Custom Field
// Set names. It is held in memory, so it should be small.
type IncomingFile struct {
	Name    string // as users see it; not empty
	Field   string // the sub-field that names it, see [Field.Path]; empty for an attachment
	Content []byte
}
