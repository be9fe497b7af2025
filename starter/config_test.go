package main

import (
	"cmp"
	"maps"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/internal/settings/settingstest"
)

func TestTheREADMEHasEveryVariable(t *testing.T) {
	t.Parallel()
	settingstest.InREADME[config](t, "../README.md", "starter")
}

func TestTemporalsNamespaceAndAddressAreThoseOfTheEnvironment(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		environment        map[string]string
		namespace, address string
	}{
		{nil, "default", "localhost:7233"},
		{map[string]string{"TEMPORAL_NAMESPACE": "crm", "TEMPORAL_ADDRESS": "temporal.example:7233"}, "crm", "temporal.example:7233"},
	} {
		environment := map[string]string{"DATABASE_URL": "postgres://db.example/offhours", "TEMPORAL_CONFIG_FILE": os.DevNull}
		maps.Copy(environment, test.environment)
		_, options, err := (&tool{environment: environment}).configure()
		require.NoError(t, err)
		require.Equal(t, test.namespace, cmp.Or(options.Namespace, "default")) // the SDK's own defaults
		require.Equal(t, test.address, cmp.Or(options.HostPort, "localhost:7233"))
	}
}
