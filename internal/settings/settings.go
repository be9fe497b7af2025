// Package settings reads what a command is told by its environment into a
// struct: one field a variable, with the tags of caarlos0/env and a text in help.
package settings

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/tabwriter"

	"github.com/caarlos0/env/v11"
)

// Parse reads a T. Its error names every variable that is missing or cannot be
// read, not only the first.
func Parse[T any](environment map[string]string) (T, error) {
	return env.ParseAsWithOptions[T](env.Options{Environment: environment})
}

// Variable is one of the environment.
type Variable struct {
	Name     string
	Required bool
	Default  string
	Help     string
}

// Variables are those of T, in the order of its fields.
func Variables[T any]() []Variable {
	var all []Variable
	for _, field := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		name, options, _ := strings.Cut(field.Tag.Get("env"), ",")
		all = append(all, Variable{
			Name:     name,
			Required: strings.Contains(options, "required"),
			Default:  field.Tag.Get("envDefault"),
			Help:     field.Tag.Get("help"),
		})
	}
	return all
}

// Describe prints a table of the variables of T, and of Temporal's, which the
// SDK's envconfig reads: name, default and meaning.
func Describe[T any](w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range Variables[T]() {
		otherwise := v.Default
		if v.Required {
			otherwise = "(required)"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\n", v.Name, otherwise, v.Help)
	}
	fmt.Fprintf(table, "  TEMPORAL_…\t\tas the Temporal CLI reads them: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TLS, API key\n")
	_ = table.Flush()
}
