package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Mapping says how the columns of a CSV file become records. See
// deploy/load/sf311.yaml for a mapping with everything explained.
type Mapping struct {
	Columns Columns `yaml:"columns"`

	// Times are the layouts of times in the form of Go's package time, tried in
	// order. Times finer than a microsecond are cut off.
	Times []string `yaml:"times"`

	// TimeZone is the IANA zone of times that tell none; UTC if empty.
	TimeZone string `yaml:"timeZone"`

	// Empty says what an empty cell means: see [Empty].
	Empty Empty `yaml:"empty"`

	// Fields says which columns become custom fields mx_Custom_1, mx_Custom_2…
	Fields FieldColumns `yaml:"fields"`

	// Sets are Custom Field Sets, behind those fields.
	Sets []FieldSet `yaml:"sets"`

	location *time.Location
}

// Columns names the columns of the CSV file by what they become. The first four
// are needed; those left empty are NULL.
type Columns struct {
	ExternalKey string `yaml:"externalKey"` // the id is derived from it
	CreatedOn   string `yaml:"createdOn"`
	ModifiedOn  string `yaml:"modifiedOn"`
	Type        string `yaml:"type"` // name of the activity type, exactly as it stands

	Status          string `yaml:"status"`
	Note            string `yaml:"note"`
	Owner           string `yaml:"owner"`
	Prospect        string `yaml:"prospect"`  // UUID
	CreatedBy       string `yaml:"createdBy"` // UUID
	CreatedByName   string `yaml:"createdByName"`
	CreatedByEmail  string `yaml:"createdByEmail"`
	ModifiedBy      string `yaml:"modifiedBy"` // UUID
	ModifiedByName  string `yaml:"modifiedByName"`
	ModifiedByEmail string `yaml:"modifiedByEmail"`
}

// FieldSet is a Custom Field Set: a custom field with sub-fields of its own. A row
// whose cells for it are all empty has no value of the set.
type FieldSet struct {
	Name   string     `yaml:"name"` // shown to users
	Fields []SubField `yaml:"fields"`
}

// SubField is one column of a set, mx_CustomObject_1, mx_CustomObject_2…
type SubField struct {
	Name   string `yaml:"name"`   // shown to users
	Column string `yaml:"column"` // which may feed several sub-fields

	// File says that a cell names files, by their URLs, paths or names, separated
	// by commas. The value is then their names, and the record gets a small
	// invented file for each; nothing is fetched.
	File bool `yaml:"file"`
}

// Empty says what an empty cell means. Empty UUIDs are NULL in any case.
type Empty string

// Meanings of an empty cell.
const (
	EmptyNull  Empty = "null"  // NULL, in custom fields JSON null: the default
	EmptyText  Empty = "text"  // an empty text
	EmptyExact Empty = "exact" // nothing is NULL and "" is an empty text, as PostgreSQL and this product write them
)

// UnmarshalYAML also takes null and "" for what they say.
func (e *Empty) UnmarshalYAML(node *yaml.Node) error {
	switch {
	case node.Tag == "!!null", node.Value == string(EmptyNull):
		*e = EmptyNull
	case node.Tag == "!!str" && node.Value == "", node.Value == string(EmptyText):
		*e = EmptyText
	case node.Value == string(EmptyExact):
		*e = EmptyExact
	default:
		return fmt.Errorf(`line %d: empty must be null, "" or exact`, node.Line)
	}
	return nil
}

// FieldColumns are the columns that become custom fields, in order.
type FieldColumns struct {
	Rest  bool     // every column that is not used otherwise, in the order of the file
	Names []string // else these
}

// UnmarshalYAML reads the word rest or a list of column names.
func (f *FieldColumns) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode && node.Value == "rest" {
		f.Rest = true
		return nil
	}
	if err := node.Decode(&f.Names); err != nil {
		return fmt.Errorf("line %d: fields must be the word rest or a list of columns", node.Line)
	}
	return nil
}

// ReadMapping reads the mapping in a YAML file. Its errors name the file, and
// the line where one is to blame.
func ReadMapping(path string) (Mapping, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Mapping{}, fmt.Errorf("read the mapping: %w", err)
	}
	m, err := ParseMapping(text)
	if err != nil {
		return Mapping{}, fmt.Errorf("read the mapping %s: %w", path, err)
	}
	return m, nil
}

// ParseMapping reads a mapping. Keys that it does not know are errors, or a
// misspelt one would quietly leave a column out.
func ParseMapping(text []byte) (Mapping, error) {
	m := Mapping{Empty: EmptyNull, TimeZone: "UTC"}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&m); err != nil {
		return Mapping{}, plainYAMLError(err)
	}
	if err := d.Decode(new(yaml.Node)); err != io.EOF {
		return Mapping{}, errors.New("there is more than one YAML document")
	}
	return m, m.check()
}

// plainYAMLError puts errors of the YAML package, which name Go types, in words
// of the file.
func plainYAMLError(err error) error {
	if err == io.EOF {
		return errors.New("the mapping is empty")
	}
	var wrong *yaml.TypeError
	if !errors.As(err, &wrong) {
		return err
	}
	var lines []string
	for _, line := range wrong.Errors {
		before, _, unknown := strings.Cut(line, " not found in type ")
		if at, key, ok := strings.Cut(before, ": field "); unknown && ok {
			line = fmt.Sprintf("%s: unknown key %q", at, key)
		}
		lines = append(lines, line)
	}
	return errors.New(strings.Join(lines, "; "))
}

func (m *Mapping) check() error {
	for _, needed := range m.Columns.all()[:4] {
		if needed.column == "" {
			return fmt.Errorf("columns.%s is missing", needed.key)
		}
	}
	if len(m.Times) == 0 {
		return errors.New(`times is missing: give layouts such as "2006-01-02 15:04:05"`)
	}
	location, err := time.LoadLocation(m.TimeZone)
	if err != nil || m.TimeZone == "Local" {
		return fmt.Errorf("timeZone: %q is not an IANA time zone", m.TimeZone)
	}
	m.location = location
	return m.checkSets()
}

func (m *Mapping) checkSets() error {
	names := make(map[string]bool)
	for i, set := range m.Sets {
		switch {
		case set.Name == "":
			return fmt.Errorf("sets[%d].name is missing", i)
		case names[set.Name]:
			return fmt.Errorf("sets[%d].name is that of an earlier set", i)
		case len(set.Fields) == 0:
			return fmt.Errorf("sets[%d].fields is missing", i)
		}
		names[set.Name] = true
		if err := set.check(); err != nil {
			return fmt.Errorf("sets[%d].%w", i, err)
		}
	}
	return nil
}

func (s FieldSet) check() error {
	names := make(map[string]bool)
	for i, f := range s.Fields {
		switch {
		case f.Name == "":
			return fmt.Errorf("fields[%d].name is missing", i)
		case names[f.Name]:
			return fmt.Errorf("fields[%d].name is that of an earlier sub-field", i)
		case f.Column == "":
			return fmt.Errorf("fields[%d].column is missing", i)
		}
		names[f.Name] = true
	}
	return nil
}

// keyColumn is one entry of [Columns].
type keyColumn struct{ key, column string }

// all lists the columns by their keys in YAML, the four needed ones first.
func (c Columns) all() []keyColumn {
	return []keyColumn{
		{"externalKey", c.ExternalKey}, {"createdOn", c.CreatedOn}, {"modifiedOn", c.ModifiedOn}, {"type", c.Type},
		{"status", c.Status}, {"note", c.Note}, {"owner", c.Owner}, {"prospect", c.Prospect},
		{"createdBy", c.CreatedBy}, {"createdByName", c.CreatedByName}, {"createdByEmail", c.CreatedByEmail},
		{"modifiedBy", c.ModifiedBy}, {"modifiedByName", c.ModifiedByName}, {"modifiedByEmail", c.ModifiedByEmail},
	}
}
