//go:build unix

package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

func TestAStandbyThatIsBehindSlowsDown(t *testing.T) {
	t.Parallel()
	primary := postgrestest.NewServer(t)
	standby := primary.Standby()
	p := slowly(t, postgrestest.NewWorldAt(t, primary.URL("offhours")))
	p.limit(offhours.Limits{offhours.LimitLagBytes: 1})
	standby.PauseReplay()
	p.delete(1)
	require.Zero(t, p.left(), "it comes to its end all the same")
	require.Contains(t, p.slowedBy(), string(offhours.SlowReplicaLag))
	require.Contains(t, p.batches(), 50)
}
