package openapi_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/api/openapi"
)

type schema struct {
	GoType     string         `yaml:"x-go-type"`
	Required   []string       `yaml:"required"`
	Properties map[string]any `yaml:"properties"`
	Enum       []string       `yaml:"enum"`
	Additional any            `yaml:"additionalProperties"`
	Other      map[string]any `yaml:",inline"`
}

type document struct {
	Paths      map[string]map[string]any `yaml:"paths"`
	Components struct {
		Schemas map[string]schema `yaml:"schemas"`
	} `yaml:"components"`
}

func read(t *testing.T) document {
	t.Helper()
	var d document
	require.NoError(t, yaml.Unmarshal(openapi.Specification, &d))
	return d
}

// Some schemas are the domain's own types, so nothing else keeps the two alike.
func TestSchemasSayWhatTheDomainSends(t *testing.T) {
	t.Parallel()
	schemas := read(t).Components.Schemas
	for name, value := range map[string]any{
		"DateRange":     offhours.DateRange{},
		"Selection":     offhours.Selection{},
		"Schedule":      offhours.Schedule{},
		"BusinessHours": offhours.BusinessHours{},
		"Block":         offhours.Block{},
		"Window":        offhours.Window{},
		"Request":       offhours.Request{},
		"Outcomes":      offhours.Outcomes{},
		"Progress":      offhours.Progress{},
		"Failure":       offhours.Failure{},
		"Event":         offhours.RequestEvent{},
	} {
		require.Equal(t, reflect.TypeOf(value).String(), schemas[name].GoType)
		all, always := jsonNames(reflect.TypeOf(value))
		require.Equal(t, all, slices.Sorted(maps.Keys(schemas[name].Properties)), name)
		require.Equal(t, always, slices.Sorted(slices.Values(schemas[name].Required)), "required in %s", name)
	}
}

func jsonNames(t reflect.Type) (all, always []string) {
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		all = append(all, name)
		if options == "" {
			always = append(always, name)
		}
	}
	slices.Sort(all)
	slices.Sort(always)
	return all, always
}

// A constant that the contract does not list would be an answer that breaks it.
func TestEnumsHoldEveryValue(t *testing.T) {
	t.Parallel()
	schemas := read(t).Components.Schemas
	for typeName, enum := range map[string][]string{
		"RequestType": schemas["RequestType"].Enum,
		"Status":      schemas["Status"].Enum,
		"Code":        schemas["Code"].Enum,
		"EventKind":   enumOf(t, schemas["Event"], "event"),
		"FailureCode": enumOf(t, schemas["Failure"], "code"),
		"Phase":       slices.DeleteFunc(enumOf(t, schemas["Progress"], "phase"), func(phase string) bool { return phase == "" }),
	} {
		require.NotEmpty(t, enum, typeName)
		require.ElementsMatch(t, constantsOf(t, typeName), enum, typeName)
	}
	for _, name := range schemas["RequestType"].Enum {
		require.True(t, offhours.RequestType(name).Valid())
	}
	for _, name := range schemas["Status"].Enum {
		require.NotEqual(t, name, offhours.Status(name).Label())
	}
}

// enumOf returns what a property may be.
func enumOf(t *testing.T, s schema, property string) (values []string) {
	t.Helper()
	declared, ok := s.Properties[property].(map[string]any)
	require.True(t, ok, property)
	for _, value := range declared["enum"].([]any) {
		values = append(values, value.(string))
	}
	return values
}

// constantsOf returns the values of all constants of a type of the domain.
func constantsOf(t *testing.T, typeName string) (values []string) {
	t.Helper()
	files, err := filepath.Glob("../../*.go")
	require.NoError(t, err)
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if named, ok := spec.Type.(*ast.Ident); ok && named.Name == typeName {
				for _, value := range spec.Values {
					text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
					require.NoError(t, err)
					values = append(values, text)
				}
			}
			return false
		})
	}
	return values
}

func TestEveryInputRefusesUnknownFields(t *testing.T) {
	t.Parallel()
	schemas := read(t).Components.Schemas
	for _, name := range []string{"PreviewRequest", "CreateRequest", "Revocation", "DateRange", "Schedule", "BusinessHours", "Block"} {
		require.Equal(t, false, schemas[name].Additional, name)
	}
}
