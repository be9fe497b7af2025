package dataset

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/offhours/offhours"
)

// Times that PostgreSQL keeps and RFC 3339 can express.
var (
	firstTime = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	afterTime = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
)

// maxTypeName is the longest name of an activity type, in characters.
const maxTypeName = 200

// record makes a record of a row. What is wrong with the row is then in
// r.flaws, and the record is of no use.
func (r *Reader) record(row csvRow) offhours.Incoming {
	r.flaws = r.flaws[:0]
	if !r.checkForm(row) {
		return offhours.Incoming{}
	}
	l := r.layout
	fields, files := r.customFields(row)
	record := offhours.Record{
		ProspectID: r.uuid(row, l.prospect),
		Status:     r.text(row, l.status),
		Owner:      r.text(row, l.owner),
		Note:       r.text(row, l.note),
		CreatedOn:  r.time(row, l.createdOn),
		CreatedBy:  r.actor(row, l.createdBy),
		ModifiedOn: r.time(row, l.modifiedOn),
		ModifiedBy: r.actor(row, l.modifiedBy),
		Fields:     fields,
	}
	typeName := r.typeName(row)
	if len(r.flaws) == 0 { // a row that is left out does not take its key
		record.ID, record.ExternalKey = r.key(row)
	}
	for i := range files {
		files[i].Content = fileContent(record.ID, i, files[i].Name)
	}
	return offhours.Incoming{Record: record, TypeName: typeName, Files: files}
}

func (r *Reader) flaw(line, column int, format string, args ...any) {
	p := Problem{Line: line, Text: fmt.Sprintf(format, args...)}
	if column < len(r.layout.header) {
		p.Column = r.layout.header[column]
	}
	r.flaws = append(r.flaws, p)
}

// checkForm looks at what is wrong whatever the columns mean.
func (r *Reader) checkForm(row csvRow) bool {
	for _, f := range row.flaws {
		r.flaw(f.line, f.column, "%s", f.text)
	}
	if got, want := len(row.cells), len(r.layout.header); got != want {
		r.flaws = append(r.flaws, Problem{Line: row.line, Text: fmt.Sprintf("the row has %d of %d columns", got, want)})
	}
	for i, c := range row.cells {
		if wrong := textProblem(row.value(i)); wrong != "" {
			r.flaw(c.line, i, "the value %s", wrong)
		}
	}
	return len(r.flaws) == 0
}

// key returns the id and the external key.
func (r *Reader) key(row csvRow) (id string, key *string) {
	c, value := row.cells[r.layout.externalKey], row.value(r.layout.externalKey)
	if value == "" {
		r.flaw(c.line, r.layout.externalKey, "the external key is empty")
		return "", nil
	}
	u := newUUID(r.namespace, value)
	if line, ok := r.keys[u]; ok {
		r.flaw(c.line, r.layout.externalKey, "the external key is that of line %d", line)
		return "", nil
	}
	r.keys[u] = c.line
	return u.String(), &value
}

func (r *Reader) typeName(row csvRow) string {
	column := r.layout.recordType
	line, name := row.cells[column].line, row.value(column)
	switch {
	case name == "":
		r.flaw(line, column, "the activity type is empty")
	case utf8.RuneCountInString(name) > maxTypeName:
		r.flaw(line, column, "the activity type is longer than %d characters", maxTypeName)
	case !r.types[name] && len(r.types) == maxTypes:
		r.flaw(line, column, "the file has more than %d activity types; is this their column?", maxTypes)
	default:
		r.types[name] = true
	}
	return name
}

func (r *Reader) time(row csvRow, column int) time.Time {
	line, value := row.cells[column].line, row.value(column)
	if value == "" {
		r.flaw(line, column, "the time is missing")
		return time.Time{}
	}
	for _, layout := range r.mapping.Times {
		t, err := time.ParseInLocation(layout, value, r.mapping.location)
		if err != nil {
			continue
		}
		if t.Before(firstTime) || !t.Before(afterTime) {
			r.flaw(line, column, "the time is not within the years 1 to 9999")
		}
		return t.UTC().Truncate(time.Microsecond)
	}
	r.flaw(line, column, "the time has none of the layouts of the mapping")
	return time.Time{}
}

// isNull reports whether a cell is SQL NULL.
func (r *Reader) isNull(row csvRow, column int) bool {
	c := row.cells[column]
	if c.start < c.end {
		return false
	}
	return r.mapping.Empty == EmptyNull || r.mapping.Empty == EmptyExact && !c.quoted
}

func (r *Reader) text(row csvRow, column int) *string {
	if column == unmapped || r.isNull(row, column) {
		return nil
	}
	value := row.value(column)
	return &value
}

func (r *Reader) uuid(row csvRow, column int) *string {
	if column == unmapped || row.value(column) == "" {
		return nil
	}
	value := row.value(column)
	if !isUUID(value) {
		r.flaw(row.cells[column].line, column, "the value is not a UUID")
	}
	return &value
}

func (r *Reader) actor(row csvRow, columns actorColumns) offhours.Actor {
	return offhours.Actor{
		ID:    r.uuid(row, columns.id),
		Name:  r.text(row, columns.name),
		Email: r.text(row, columns.email),
	}
}

// customFields is the JSON object of the custom fields, and the files that its
// sets name. All values are texts, as they are in the CRM: a number keeps its
// zeros.
func (r *Reader) customFields(row csvRow) (string, []offhours.IncomingFile) {
	r.fields = append(r.fields[:0], '{')
	for i, column := range r.layout.fieldColumn {
		r.fields = appendKey(r.fields, r.layout.fields[i].SchemaName)
		if r.isNull(row, column) {
			r.fields = append(r.fields, "null"...)
		} else {
			r.fields = appendJSON(r.fields, row.value(column))
		}
	}
	files := r.appendSets(row)
	return string(append(r.fields, '}')), files
}
