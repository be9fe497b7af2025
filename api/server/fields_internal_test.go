package server

import (
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
