package dataset

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/offhours/offhours"
)

// unmapped stands for a column that the file does not have.
const unmapped = -1

// layout is a mapping applied to the header of one file: the place of every
// column that is used.
type layout struct {
	header []string

	externalKey, createdOn, modifiedOn, recordType int
	status, note, owner, prospect                  int
	createdBy, modifiedBy                          actorColumns

	fields      []offhours.Field // the sets behind the others
	fieldColumn []int            // of each field that is no set
	sets        []setLayout
}

// setLayout is a Custom Field Set and the place of each sub-field's column.
type setLayout struct {
	field   offhours.Field
	columns []int
}

type actorColumns struct{ id, name, email int }

func newLayout(header []string, m Mapping) (*layout, error) {
	place := make(map[string]int, len(header))
	for i, name := range header {
		place[name] = i
	}
	used := make(map[string]int)
	for _, c := range m.Columns.all() {
		used[c.key] = unmapped
		if c.column == "" {
			continue
		}
		at, ok := place[c.column]
		if !ok {
			return nil, fmt.Errorf("columns.%s: the file has no column %q among its %d", c.key, c.column, len(header))
		}
		used[c.key] = at
	}
	l := &layout{
		header:      header,
		externalKey: used["externalKey"], createdOn: used["createdOn"], modifiedOn: used["modifiedOn"], recordType: used["type"],
		status: used["status"], note: used["note"], owner: used["owner"], prospect: used["prospect"],
		createdBy:  actorColumns{used["createdBy"], used["createdByName"], used["createdByEmail"]},
		modifiedBy: actorColumns{used["modifiedBy"], used["modifiedByName"], used["modifiedByEmail"]},
	}
	if err := l.addFields(m, place); err != nil {
		return nil, err
	}
	return l, l.addSets(m, place)
}

func (l *layout) addFields(m Mapping, place map[string]int) error {
	for _, name := range m.fieldNames(l.header) {
		at, ok := place[name]
		if !ok {
			return fmt.Errorf("fields: the file has no column %q among its %d", name, len(l.header))
		}
		if slices.Contains(l.fieldColumn, at) {
			return fmt.Errorf("fields: the column %q is listed twice", name)
		}
		l.fields = append(l.fields, offhours.Field{SchemaName: l.nextField(), DisplayName: name})
		l.fieldColumn = append(l.fieldColumn, at)
	}
	return nil
}

// nextField is the schema name of the field that is added next.
func (l *layout) nextField() string { return "mx_Custom_" + strconv.Itoa(len(l.fields)+1) }

func (l *layout) addSets(m Mapping, place map[string]int) error {
	for i, set := range m.Sets {
		s := setLayout{field: offhours.Field{SchemaName: l.nextField(), DisplayName: set.Name}}
		for j, sub := range set.Fields {
			at, ok := place[sub.Column]
			if !ok {
				return fmt.Errorf("sets[%d].fields[%d].column: the file has no column %q among its %d", i, j, sub.Column, len(l.header))
			}
			s.field.Fields = append(s.field.Fields, offhours.Field{
				SchemaName: "mx_CustomObject_" + strconv.Itoa(j+1), DisplayName: sub.Name, File: sub.File,
			})
			s.columns = append(s.columns, at)
		}
		l.fields, l.sets = append(l.fields, s.field), append(l.sets, s)
	}
	return nil
}

// fieldNames are the columns of a file that become custom fields.
func (m Mapping) fieldNames(header []string) []string {
	if !m.Fields.Rest {
		return m.Fields.Names
	}
	used := make(map[string]bool)
	for _, c := range m.Columns.all() {
		used[c.column] = true
	}
	for _, set := range m.Sets {
		for _, f := range set.Fields {
			used[f.Column] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(header), func(name string) bool { return used[name] })
}
