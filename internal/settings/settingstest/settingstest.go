// Package settingstest compares what commands read with what the README says.
package settingstest

import (
	"os"
	"strings"
	"testing"

	"github.com/offhours/offhours/internal/settings"
)

// InREADME fails the test unless the table of variables in the README has each
// one of T, for the command of that name, with its default.
func InREADME[T any](t *testing.T, readme, command string) {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{} // by variable: programs, default, meaning
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, " | "); len(cells) == 4 && strings.HasPrefix(line, "| `") {
			rows[strings.Trim(cells[0], "| `")] = cells[1:]
		}
	}
	for _, v := range settings.Variables[T]() {
		cells, described := rows[v.Name]
		switch {
		case !described:
			t.Errorf("the README's table lacks %s", v.Name)
		case !contains(cells[0], command):
			t.Errorf("the README does not say that %s is read by %s", v.Name, command)
		case v.Required && !strings.HasPrefix(cells[1], "required"):
			t.Errorf("the README does not say that %s is required", v.Name)
		case v.Default != "" && cells[1] != "`"+v.Default+"`":
			t.Errorf("the README says that the default of %s is %s, not %s", v.Name, cells[1], v.Default)
		}
	}
	for name, cells := range rows {
		if contains(cells[0], command) && !reads[T](name) && !strings.Contains(name, "TEMPORAL_") {
			t.Errorf("the README says that %s reads %s, which it does not", command, name)
		}
	}
}

func reads[T any](name string) bool {
	for _, v := range settings.Variables[T]() {
		if v.Name == name {
			return true
		}
	}
	return false
}

func contains(list, item string) bool {
	for _, one := range strings.Split(list, ", ") {
		if one == item {
			return true
		}
	}
	return false
}
