package activities

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
)

func TestAPanicOfOneOfManyIsAnErrorThatTellsNothing(t *testing.T) {
	t.Parallel()
	third := func(i int) error {
		if i == 2 {
			panic("secret of a record")
		}
		return nil
	}
	for name, many := range map[string]func(ctx context.Context) error{
		"at once": func(ctx context.Context) error {
			return atOnce(ctx, 5, 2, func(_ context.Context, i int) error { return third(i) })
		},
		"each file": func(ctx context.Context) error { return eachFile(ctx, 5, third) },
	} {
		env := new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment()
		env.RegisterActivity(many)

		_, err := env.ExecuteActivity(many)

		require.ErrorContains(t, err, "an activity panicked", name)
		require.NotContains(t, err.Error(), "secret", name)
	}
}
