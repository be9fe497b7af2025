package settings_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/internal/settings"
)

type config struct {
	Colour string `env:"COLOUR,required,notEmpty" help:"of the shed"`
	Doors  int    `env:"DOORS" envDefault:"2" help:"number of them"`
	Depth  int    `env:"DEPTH" help:"in metres"`
}

func TestVariablesHaveDefaults(t *testing.T) {
	t.Parallel()
	c, err := settings.Parse[config](map[string]string{"COLOUR": "red"})
	require.NoError(t, err)
	require.Equal(t, config{Colour: "red", Doors: 2}, c)
}

func TestEveryProblemIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := settings.Parse[config](map[string]string{"DOORS": "two", "DEPTH": "deep"})
	require.EqualError(t, err, `COLOUR is not set
DOORS: strconv.ParseInt: parsing "two": invalid syntax
DEPTH: strconv.ParseInt: parsing "deep": invalid syntax`)
	_, err = settings.Parse[config](map[string]string{"COLOUR": ""})
	require.EqualError(t, err, "COLOUR is empty")
}

func TestTheTableHasALineForEachVariable(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	settings.Describe[config](&text)
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	require.Len(t, lines, 4)
	require.Regexp(t, `^COLOUR +\(required\) +of the shed$`, lines[0])
	require.Regexp(t, `^  DOORS +2 +number of them$`, lines[1])
	require.Regexp(t, `^  DEPTH +in metres$`, lines[2])
	require.Contains(t, lines[3], "TEMPORAL_ADDRESS")
}
