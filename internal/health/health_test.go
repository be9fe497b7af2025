package health_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/internal/health"
)

func fine(context.Context) error { return nil }

func TestAllPartsAreReadyOrOneIsNamed(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	states, ready := health.Parts{"database": fine, "bucket": fine}.Ask(t.Context(), log)
	require.True(t, ready)
	require.Equal(t, map[string]string{"database": "ok", "bucket": "ok"}, states)

	broken := func(context.Context) error { return errors.New("secret") }
	states, ready = health.Parts{"database": broken, "bucket": fine}.Ask(t.Context(), log)
	require.False(t, ready)
	require.Equal(t, map[string]string{"database": "unavailable", "bucket": "ok"}, states)
}

func TestPartsThatHangAreAskedAtTheSameTimeAndGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		began := time.Now()
		_, ready := health.Parts{"a": hang, "b": hang, "c": hang}.Ask(t.Context(), slog.New(slog.DiscardHandler))
		require.False(t, ready)
		require.Equal(t, health.Timeout, time.Since(began))
	})
}
