// Package compose tests docker-compose.yml and the image without a Docker engine.
package compose

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.yaml.in/yaml/v3"

	"github.com/offhours/offhours/deploy/compose/composetest"
)

// sources are the folders of the product's services: their structs say what the
// environment may tell them.
var sources = map[string]string{"api": "api", "worker": "worker", "starter": "starter", "migrate": "deploy/migrate", "load": "deploy/load"}

// foreign are variables that libraries read, by the prefix of their names.
var foreign = map[string][]string{
	"TEMPORAL_": temporalVariables(),
	"AWS_":      {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"},
}

// asked notes which variables are looked up.
type asked map[string]bool

func (a asked) LookupEnv(name string) (string, bool) { a[name] = true; return "", false }

func (a asked) Environ() []string { return nil }

// temporalVariables are those that the SDK looks up.
func temporalVariables() []string {
	names := asked{}
	_, _ = envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{EnvLookup: names})
	return slices.Sorted(maps.Keys(names))
}

func TestEveryVariableOfAServiceIsOneThatItsProgramReadsAndTheReverse(t *testing.T) {
	t.Parallel()
	project := composetest.Load(t, composetest.Example(t))
	for name, folder := range sources {
		settings := settingsOf(t, folder)
		require.NotEmpty(t, settings, name)
		environment := project.Services[name].Environment
		for variable := range environment {
			if prefix, _, _ := strings.Cut(variable, "_"); foreign[prefix+"_"] != nil {
				require.Contains(t, foreign[prefix+"_"], variable, name)
				continue
			}
			require.Contains(t, settings, variable, "%s does not read it", name)
		}
		for variable := range settings {
			require.Contains(t, environment, variable, "docker-compose.yml does not give it to %s", name)
		}
	}
}

func TestWhatIsNotSetHasTheDefaultOfTheProgram(t *testing.T) {
	t.Parallel()
	project := composetest.Load(t, composetest.Example(t))
	own := []string{"DATABASE_URL", "OFFHOURS_BUCKET_URL", "OFFHOURS_HTTP_ADDRESS", "OFFHOURS_METRICS_ADDRESS", "OFFHOURS_MAIL_URL"}
	for name, folder := range sources {
		for variable, s := range settingsOf(t, folder) {
			if value := project.Services[name].Environment[variable]; !s.required && !slices.Contains(own, variable) {
				require.Equal(t, s.otherwise, *value, "%s of %s", variable, name)
			}
		}
	}
}

func TestTheExampleNamesEveryVariableAndWhatMustBeSetIsAskedFor(t *testing.T) {
	t.Parallel()
	used := composeVariables(t)
	text, err := os.ReadFile(filepath.Join(composetest.Root(), ".env.example"))
	require.NoError(t, err)
	named := regexp.MustCompile(`(?m)^(?:# )?([A-Z][A-Z0-9_]*)=`).FindAllStringSubmatch(string(text), -1)
	var names []string
	for _, match := range named {
		names = append(names, match[1])
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(used)), names)
	for name := range composetest.Example(t) {
		require.True(t, used[name].Required, "%s has to be set, so starting without it has to fail", name)
	}
	for name, variable := range used {
		if !variable.Required {
			require.NotContains(t, composetest.Example(t), name, "it has a default")
		}
	}
}

func composeVariables(t *testing.T) map[string]template.Variable {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(composetest.Root(), "docker-compose.yml"))
	require.NoError(t, err)
	var tree map[string]any
	require.NoError(t, yaml.Unmarshal(text, &tree))
	return template.ExtractVariables(tree, template.DefaultPattern)
}

// jobs run to their end; nothing that needs them may start before.
var jobs = []string{"migrate", "bucket", "temporal-schema", "temporal-namespace"}

func TestServicesWaitForWhatTheyNeed(t *testing.T) {
	t.Parallel()
	project := composetest.Load(t, composetest.Example(t))
	needs := map[string][]string{
		"api": {"migrate", "bucket", "temporal-namespace"}, "worker": {"migrate", "bucket", "temporal-namespace"}, "starter": {"migrate", "bucket", "temporal-namespace"}, "load": {"migrate", "bucket", "temporal-namespace"},
		"migrate": {"postgres"}, "bucket": {"s3"}, "temporal-schema": {"postgres"}, "temporal": {"temporal-schema"}, "temporal-namespace": {"temporal"}, "temporal-ui": {"temporal"},
		"postgres": nil, "s3": nil,
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(needs)), project.ServiceNames())
	for name, want := range needs {
		service := project.Services[name]
		require.ElementsMatch(t, want, slices.Collect(maps.Keys(service.DependsOn)), name)
		for other, dependency := range service.DependsOn {
			if slices.Contains(jobs, other) {
				require.Equal(t, types.ServiceConditionCompletedSuccessfully, dependency.Condition, "%s on %s", name, other)
				continue
			}
			require.Equal(t, types.ServiceConditionHealthy, dependency.Condition, "%s on %s", name, other)
			require.NotNil(t, project.Services[other].HealthCheck, "%s has to say when it is healthy", other)
		}
	}
}

func TestNothingButTheAPIAndTheUIIsPublishedAndOnlyOnLoopback(t *testing.T) {
	t.Parallel()
	project := composetest.Load(t, composetest.Example(t))
	published := map[string]string{}
	for name, service := range project.Services {
		require.Empty(t, service.NetworkMode, name)
		for _, port := range service.Ports {
			require.Equal(t, "127.0.0.1", port.HostIP, name)
			published[name] += port.Published
		}
	}
	require.Equal(t, map[string]string{"api": "8080", "temporal-ui": "8233"}, published)
}

func TestImagesAreOfOneVersionAndServicesComeBack(t *testing.T) {
	t.Parallel()
	project := composetest.Load(t, composetest.Example(t))
	for name, service := range project.Services {
		_, version, found := strings.Cut(service.Image, ":")
		require.True(t, found, name)
		switch {
		case service.Build == nil:
			require.Regexp(t, `^\d+\.\d+`, version, name)
		default:
			require.True(t, service.ReadOnly, name)
			require.Equal(t, []string{"ALL"}, service.CapDrop, name)
		}
		switch {
		case slices.Contains(jobs, name):
			require.Regexp(t, "^on-failure:", service.Restart, name)
		case len(service.Profiles) == 0:
			require.Equal(t, types.RestartPolicyUnlessStopped, service.Restart, name)
		}
	}
	require.Equal(t, project.Services["temporal"].Image[len("temporalio/server"):], project.Services["temporal-schema"].Image[len("temporalio/admin-tools"):])
}

func TestFilesThatAreMountedExistAndDataIsInNamedVolumes(t *testing.T) {
	t.Parallel()
	project := composetest.Load(t, composetest.Example(t))
	used := map[string]bool{}
	for name, service := range project.Services {
		for _, volume := range service.Volumes {
			if volume.Type == types.VolumeTypeVolume {
				used[volume.Source] = true
				continue
			}
			require.Equal(t, types.VolumeTypeBind, volume.Type, name)
			require.True(t, volume.ReadOnly, name)
			require.FileExists(t, volume.Source, name)
		}
	}
	require.Equal(t, map[string]bool{"postgres": true, "s3": true, "mail": true}, used)
	require.Len(t, project.Volumes, len(used))
}

func TestTemporalIsToldToBeFairAndKnowsTheSearchAttributes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(composetest.Root(), "deploy", "compose", "temporal.yaml"))
	require.NoError(t, err)
	var dynamic map[string][]struct{ Value any }
	require.NoError(t, yaml.Unmarshal(text, &dynamic))
	require.Equal(t, true, dynamic["matching.enableFairness"][0].Value)
	project := composetest.Load(t, composetest.Example(t))
	require.Equal(t, project.Services["temporal"].Volumes[0].Target, *project.Services["temporal"].Environment["DYNAMIC_CONFIG_FILE_PATH"])

	script, err := os.ReadFile(filepath.Join(composetest.Root(), "deploy", "compose", "temporal-namespace.sh"))
	require.NoError(t, err)
	messages, err := os.ReadFile(filepath.Join(composetest.Root(), "workflows", "messages.go"))
	require.NoError(t, err)
	attributes := regexp.MustCompile(`NewSearchAttributeKeyKeyword\("(\w+)"\)`).FindAllStringSubmatch(string(messages), -1)
	require.Len(t, attributes, 4)
	for _, attribute := range attributes {
		require.Contains(t, string(script), attribute[1])
	}
}
