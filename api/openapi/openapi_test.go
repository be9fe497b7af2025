package openapi_test

import (
	"maps"
	"reflect"
	"slices"
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

func TestEnumsHoldEveryValue(t *testing.T) {
	t.Parallel()
	schemas := read(t).Components.Schemas
	require.Equal(t, []string{"export_and_delete", "delete_only"}, schemas["RequestType"].Enum)
	for _, name := range schemas["RequestType"].Enum {
		require.True(t, offhours.RequestType(name).Valid())
	}
	for _, name := range schemas["Status"].Enum {
		require.NotEqual(t, name, offhours.Status(name).Label())
	}
	require.Len(t, schemas["Status"].Enum, 5)
	require.Len(t, schemas["Code"].Enum, 18)
	require.Equal(t, offhours.EventKinds, enumOf[offhours.EventKind](t, schemas["Event"], "event"))
}

// enumOf returns what a property may be.
func enumOf[T ~string](t *testing.T, s schema, property string) (values []T) {
	t.Helper()
	declared, ok := s.Properties[property].(map[string]any)
	require.True(t, ok, property)
	for _, value := range declared["enum"].([]any) {
		values = append(values, T(value.(string)))
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
