package archive

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/offhours/offhours"
)

// Positions of the columns that only an export's list has.
const (
	listedExternalKey = 3
	listedFields      = 4
)

// recordOf rebuilds a record from its row of the CSV file and that of the list.
// It returns what is wrong with them, if anything, without any value of theirs.
func recordOf(row, listed []Value, manifest offhours.Manifest) (r offhours.Record, fault string) {
	id, modified := row[offhours.ColumnID], row[offhours.ColumnModifiedOn]
	switch {
	case id.String() == "" || id.String() != listed[0].String() || modified.String() != listed[2].String():
		return r, "another record than in the list"
	case row[2].String() != offhours.CustomActivityType || row[3].String() != strconv.Itoa(manifest.Request.ActivityType):
		return r, "another activity type than the request's"
	case !sameFields(row[len(offhours.FixedColumns):len(row)-1], manifest.Fields, listed[listedFields]):
		return r, "other custom fields than in the list"
	}
	created, createdOK := parseTime(row[7].text())
	modifiedOn, modifiedOK := parseTime(modified.text())
	if !createdOK || !modifiedOK {
		return r, "not a valid time"
	}
	return offhours.Record{
		ID: id.String(), ExternalKey: textOf(listed[listedExternalKey]), ProspectID: textOf(row[1]),
		Status: textOf(row[4]), Owner: textOf(row[5]), Note: textOf(row[6]),
		CreatedOn: created, CreatedBy: actorOf(row[8:11]),
		ModifiedOn: modifiedOn, ModifiedBy: actorOf(row[12:15]),
		Fields: listed[listedFields].String(),
	}, ""
}

func actorOf(row []Value) offhours.Actor {
	return offhours.Actor{ID: textOf(row[0]), Name: textOf(row[1]), Email: textOf(row[2])}
}

// textOf keeps NULL apart from the empty string.
func textOf(v Value) *string {
	if v.Null {
		return nil
	}
	text := v.String()
	return &text
}

// sameFields reports whether the list's fields are a JSON object and each column
// shows the value of its declared field. A Custom Field Set that is stored as text
// may be shown as NULL: PostgreSQL refuses some texts that are JSON elsewhere, such
// as one with a NUL. The list holds it all the same.
func sameFields(columns []Value, declared []offhours.Field, fields Value) bool {
	object, ok := objectOf(fields.text())
	shown := offhours.Columns(declared)
	if !ok || len(columns) != len(shown) {
		return false
	}
	for i, column := range columns {
		from, isText := object, false
		if shown[i].Set != "" {
			from, isText = setOf(object[shown[i].Set])
		}
		if isText && column.Null {
			continue
		}
		value, found := from[shown[i].SchemaName]
		if !found {
			value = json.RawMessage("null")
		}
		text, ok := columnText(value)
		if ok == column.Null || text != column.String() {
			return false
		}
	}
	return true
}

func objectOf(text []byte) (object map[string]json.RawMessage, ok bool) {
	err := json.Unmarshal(text, &object)
	return object, err == nil && object != nil
}

// setOf returns the sub-fields of a Custom Field Set, which is an object, or a text
// that holds one, see field_set in the migrations.
func setOf(value json.RawMessage) (set map[string]json.RawMessage, isText bool) {
	var text string
	if json.Unmarshal(value, &text) == nil && strings.HasPrefix(string(value), `"`) {
		set, _ = objectOf([]byte(text))
		return set, true
	}
	set, _ = objectOf(value)
	return set, false
}

// columnText is how a JSON value stands in a column, as PostgreSQL's ->> shows
// it: a string without its quotes, null not at all, everything else as it is.
func columnText(value json.RawMessage) (text string, ok bool) {
	raw := string(value)
	switch {
	case raw == "null":
		return "", false
	case strings.HasPrefix(raw, `"`):
		err := json.Unmarshal(value, &text)
		return text, err == nil
	}
	return raw, true
}
