package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/internal/settings/settingstest"
)

func TestEveryProblemOfTheConfigurationIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := configFromEnv(map[string]string{"OFFHOURS_GRACE": "soon", "OFFHOURS_PAGE_URL": ""})
	for _, name := range []string{"DATABASE_URL", "OFFHOURS_BUCKET_URL", "OFFHOURS_MAIL_URL", "OFFHOURS_MAIL_FROM", "OFFHOURS_PAGE_URL", "OFFHOURS_GRACE"} {
		require.ErrorContains(t, err, name)
	}
}

func TestANegativeGraceIsRefused(t *testing.T) {
	t.Parallel()
	_, err := configFromEnv(map[string]string{
		"DATABASE_URL": "x", "OFFHOURS_BUCKET_URL": "x", "OFFHOURS_MAIL_URL": "x", "OFFHOURS_MAIL_FROM": "x", "OFFHOURS_PAGE_URL": "x", "OFFHOURS_GRACE": "-1s",
	})
	require.ErrorContains(t, err, "OFFHOURS_GRACE")
}

func TestAnUnknownQueueIsRefused(t *testing.T) {
	t.Parallel()
	err := checkQueues([]string{"mail", "bulks"})
	require.ErrorContains(t, err, `"bulks"`)
}

func TestTheREADMEHasEveryVariable(t *testing.T) {
	t.Parallel()
	settingstest.InREADME[config](t, "../README.md", "worker")
}

func TestAPageThatNoMailCanLinkToIsRefused(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"/settings", "crm.example/page", "javascript:alert(1)", "ftp://crm.example/"} {
		_, err := configFromEnv(map[string]string{
			"DATABASE_URL": "x", "OFFHOURS_BUCKET_URL": "x", "OFFHOURS_MAIL_URL": "x", "OFFHOURS_MAIL_FROM": "x", "OFFHOURS_PAGE_URL": page,
		})
		require.ErrorContains(t, err, "OFFHOURS_PAGE_URL", page)
	}
}
