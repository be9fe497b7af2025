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

// Describe prints a table of the variables of T, and of Temporal's, which the
// SDK's envconfig reads: name, default and meaning.
func Describe[T any](w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fields := reflect.TypeFor[T]()
	for i := range fields.NumField() {
		tag := fields.Field(i).Tag
		name, options, _ := strings.Cut(tag.Get("env"), ",")
		otherwise := tag.Get("envDefault")
		if strings.Contains(options, "required") {
			otherwise = "(required)"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\n", name, otherwise, tag.Get("help"))
	}
	fmt.Fprintf(table, "  TEMPORAL_…\t\tas the Temporal CLI reads them: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TLS, API key\n")
	_ = table.Flush()
}
