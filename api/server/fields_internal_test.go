package server

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/offhours/offhours/api/openapi"
)

func TestTheFieldsOfBodiesAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	var contract struct {
		Paths      map[string]map[string]any
		Components map[string]any
	}
	require.NoError(t, yaml.Unmarshal(openapi.Specification, &contract))
	names := map[string]bool{}
	for _, path := range contract.Paths {
		for _, operation := range path {
			if operation, ok := operation.(map[string]any); ok {
				addProperties(t, names, operation["requestBody"], contract.Components)
			}
		}
	}

	require.Equal(t, slices.Sorted(maps.Keys(names)), slices.Sorted(maps.Keys(inputFields)))
}

func TestTheParametersOfQueriesAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	var contract struct {
		Paths map[string]struct {
			Get struct {
				Parameters []struct{ Name, In string }
			}
		}
	}
	require.NoError(t, yaml.Unmarshal(openapi.Specification, &contract))
	var names []string
	for path, operations := range contract.Paths {
		for _, parameter := range operations.Get.Parameters {
			if parameter.In == "query" {
				require.Equal(t, pathRequests, path, "readQuery looks at no other route")
				names = append(names, parameter.Name)
			}
		}
	}

	require.ElementsMatch(t, slices.Collect(maps.Keys(queryTexts)), names)
}

// What checkQuery refuses first is refused alike by the generated code.
func TestErrorsOfTheGeneratedCodeSayWhatToSend(t *testing.T) {
	t.Parallel()
	for text, name := range map[string]string{
		"Invalid format for parameter page: strconv":                        "page",
		"Invalid format for parameter status: multiple values":              "status",
		"Expected one value for Idempotency-Key, got 2":                     headerKey,
		"Header parameter Idempotency-Key is required, but not found":       headerKey,
		"Invalid format for parameter Idempotency-Key: parameter is empty ": headerKey,
	} {
		require.Equal(t, badParameter(name), parameterRefusal(errors.New(text)), text)
	}
	require.Equal(t, invalid("Invalid format for parameter id."), parameterRefusal(errors.New("Invalid format for parameter id: x")))
}

// addProperties adds the names of all properties that a part of the contract
// has, in the schemas it refers to as well.
func addProperties(t *testing.T, names map[string]bool, part any, components map[string]any) {
	t.Helper()
	switch part := part.(type) {
	case map[string]any:
		properties, _ := part["properties"].(map[string]any)
		for name := range properties {
			names[name] = true
		}
		for _, child := range part {
			addProperties(t, names, child, components)
		}
		if reference, ok := part["$ref"].(string); ok {
			addProperties(t, names, componentOf(t, reference, components), components)
		}
	case []any:
		for _, child := range part {
			addProperties(t, names, child, components)
		}
	}
}

func componentOf(t *testing.T, reference string, components map[string]any) any {
	t.Helper()
	path, ok := strings.CutPrefix(reference, "#/components/")
	require.True(t, ok, reference)
	kind, name, _ := strings.Cut(path, "/")
	group, _ := components[kind].(map[string]any)
	require.Contains(t, group, name)
	return group[name]
}
