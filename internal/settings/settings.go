// Package settings reads what a command is told by its environment into a
// struct: one field a variable, with the tags of caarlos0/env and a text in help.
package settings

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/tabwriter"

	"github.com/caarlos0/env/v11"
)

// Parse reads a T. Its error names every variable that is missing or cannot be
// read, a line each.
func Parse[T any](environment map[string]string) (T, error) {
	c, err := env.ParseAsWithOptions[T](env.Options{Environment: environment})
	var all env.AggregateError
	if !errors.As(err, &all) {
		return c, err
	}
	problems := make([]error, len(all.Errors))
	for i, problem := range all.Errors {
		problems[i] = named[T](problem)
	}
	return c, errors.Join(problems...)
}

// named says a problem by the name of its variable, which the library forgets.
func named[T any](problem error) error {
	var (
		missing env.VarIsNotSetError
		empty   env.EmptyVarError
		wrong   env.ParseError
	)
	switch {
	case errors.As(problem, &missing):
		return fmt.Errorf("%s is not set", missing.Key)
	case errors.As(problem, &empty):
		return fmt.Errorf("%s is empty", empty.Key)
	case errors.As(problem, &wrong):
		if field, ok := reflect.TypeFor[T]().FieldByName(wrong.Name); ok {
			return fmt.Errorf("%s: %w", nameOf(field), wrong.Err)
		}
	}
	return problem
}

func nameOf(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
	return name
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
		_, options, _ := strings.Cut(field.Tag.Get("env"), ",")
		all = append(all, Variable{
			Name:     nameOf(field),
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
