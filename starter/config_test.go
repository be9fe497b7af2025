package main

import (
	"testing"

	"github.com/offhours/offhours/internal/settings/settingstest"
)

func TestTheREADMEHasEveryVariable(t *testing.T) {
	t.Parallel()
	settingstest.InREADME[config](t, "../README.md", "starter")
}
