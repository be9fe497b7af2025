package dataset

import (
	"strings"

	"github.com/offhours/offhours"
)

// appendSets appends the value of every set to r.fields and returns the files
// that they name, still without content.
func (r *Reader) appendSets(row csvRow) (files []offhours.IncomingFile) {
	names := nameSet{}
	for _, set := range r.layout.sets {
		r.fields = appendKey(r.fields, set.field.SchemaName)
		if set.isEmpty(row) {
			r.fields = append(r.fields, "null"...)
			continue
		}
		files = append(files, r.appendSet(row, set, names)...)
	}
	return files
}

// isEmpty reports whether a row has no value of the set.
func (s setLayout) isEmpty(row csvRow) bool {
	for _, column := range s.columns {
		if row.value(column) != "" {
			return false
		}
	}
	return true
}

// appendSet appends the value of a set: a text that holds a JSON object, as the
// CRM stores it.
func (r *Reader) appendSet(row csvRow, set setLayout, names nameSet) (files []offhours.IncomingFile) {
	r.set = append(r.set[:0], '{')
	for i, column := range set.columns {
		sub := set.field.Fields[i]
		r.set = appendKey(r.set, sub.SchemaName)
		switch {
		case r.isNull(row, column):
			r.set = append(r.set, "null"...)
		case sub.File:
			named := filesNamed(row.value(column), names)
			for _, name := range named {
				files = append(files, offhours.IncomingFile{Name: name, Field: set.field.Path(sub)})
			}
			r.set = appendJSON(r.set, strings.Join(named, ","))
		default:
			r.set = appendJSON(r.set, row.value(column))
		}
	}
	r.fields = appendJSON(r.fields, string(append(r.set, '}')))
	return files
}

// filesNamed returns the names of the files that a cell refers to.
func filesNamed(cell string, names nameSet) (named []string) {
	for reference := range strings.SplitSeq(cell, ",") {
		if strings.TrimSpace(reference) != "" {
			named = append(named, names.add(fileName(reference)))
		}
	}
	return named
}
