package rig

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnEnvFileIsReadExactly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "stack.env")
	require.NoError(t, os.WriteFile(path, []byte("A=1\nB=x=y z\nnoise\nC=\n"), 0o600))
	env, err := ReadEnv(path)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"A": "1", "B": "x=y z", "C": ""}, env)
}

func TestAProcessIsStoppedAndItsEndIsKnown(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "log")
	p, err := Launch(log, syscall.SIGKILL, CleanEnvironment(map[string]string{"WORD": "hello"}), "/bin/sh", "-c", `trap 'echo "$WORD"; exit 3' TERM; echo ready; while :; do sleep 0.01; done`)
	require.NoError(t, err)
	t.Cleanup(p.Kill)
	require.NoError(t, Poll(t.Context(), "the trap", time.Minute, p.Ended(), func(context.Context) (bool, error) { return Tail(log) == "ready", nil }))
	require.True(t, p.Runs())
	p.Stop(time.Minute)
	require.False(t, p.Runs())
	require.ErrorContains(t, p.Succeeded(), "exit code 3:\nready\nhello")
}

func TestWaitingEndsWithWhatIsWaitedFor(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	close(gone)
	never := func(context.Context) (bool, error) { return false, nil }
	require.ErrorContains(t, Poll(t.Context(), "it", time.Minute, gone, never), "it ended")
	require.ErrorContains(t, Poll(t.Context(), "it", time.Millisecond, nil, never), "nothing within 1ms")
}

func TestMissingBinariesAreNamed(t *testing.T) {
	t.Parallel()
	require.NoError(t, CheckBinaries("/bin", "sh"))
	require.ErrorContains(t, CheckBinaries("/bin", "sh", "no-such-program"), "no-such-program is missing in /bin")
}
