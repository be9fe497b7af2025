package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/internal/settings/settingstest"
)

func TestAWrongTimeToRevokeIsRefused(t *testing.T) {
	t.Parallel()
	for _, grace := range []string{"soon", "-1m"} {
		_, err := configFromEnv(map[string]string{"OFFHOURS_GRACE": grace})
		require.ErrorContains(t, err, "OFFHOURS_GRACE", grace)
	}
	c, err := configFromEnv(nil)
	require.NoError(t, err)
	require.Equal(t, 15*time.Minute, c.Grace)
}

func TestTheREADMEHasEveryVariable(t *testing.T) {
	t.Parallel()
	settingstest.InREADME[config](t, "../../README.md", "load")
}
