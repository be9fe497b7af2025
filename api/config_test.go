package main

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/internal/settings/settingstest"
)

func complete() map[string]string {
	return map[string]string{
		"DATABASE_URL":           "postgres://localhost/offhours",
		"OFFHOURS_BUCKET_URL":    "file:///var/lib/offhours",
		"OFFHOURS_OIDC_ISSUER":   "https://issuer.example",
		"OFFHOURS_OIDC_AUDIENCE": "offhours",
	}
}

func TestTheConfigurationHasDefaults(t *testing.T) {
	t.Parallel()
	c, err := configFromEnv(complete())
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:8080", c.HTTPAddress)
	require.Equal(t, 15*time.Minute, c.Grace)
	require.Equal(t, slog.LevelInfo, c.LogLevel)
	require.Equal(t, 1200, c.UserCalls)
	require.Equal(t, 6000, c.AccountCalls)
}

func TestTheConfigurationReportsAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := configFromEnv(map[string]string{
		"OFFHOURS_BUCKET_URL":  "",
		"OFFHOURS_OIDC_ISSUER": "issuer",
		"OFFHOURS_GRACE":       "-1s",
		"OFFHOURS_USER_CALLS":  "-1",
		"OFFHOURS_LOG_LEVEL":   "LOUD",
	})
	for _, name := range []string{"DATABASE_URL", "OFFHOURS_BUCKET_URL", "OFFHOURS_OIDC_ISSUER", "OFFHOURS_OIDC_AUDIENCE", "OFFHOURS_GRACE", "OFFHOURS_USER_CALLS", "OFFHOURS_LOG_LEVEL"} {
		require.ErrorContains(t, err, name)
	}
}

func TestTheREADMEHasEveryVariable(t *testing.T) {
	t.Parallel()
	settingstest.InREADME[config](t, "../README.md", "api")
}
