package health_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/internal/health"
)

var quiet = slog.New(slog.DiscardHandler)

func fine(context.Context) error { return nil }

func TestAllPartsAreReadyOrOneIsNamed(t *testing.T) {
	t.Parallel()
	answer := health.New(health.Parts{"database": fine, "bucket": fine}, quiet).Ask(t.Context())
	require.Equal(t, health.Answer{Ready: true, States: map[string]string{"database": "ok", "bucket": "ok"}}, answer)

	broken := func(context.Context) error { return errors.New("secret") }
	answer = health.New(health.Parts{"database": broken, "bucket": fine}, quiet).Ask(t.Context())
	require.Equal(t, health.Answer{States: map[string]string{"database": "unavailable", "bucket": "ok"}}, answer)
}

func TestPartsThatHangAreAskedAtTheSameTimeAndGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		began := time.Now()
		require.False(t, health.New(health.Parts{"a": hang, "b": hang, "c": hang}, quiet).Ask(t.Context()).Ready)
		require.Equal(t, 2*time.Second, time.Since(began))
	})
}

func TestManyWhoAskAtOnceShareAnAnswer(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	gate := make(chan struct{})
	checker := health.New(health.Parts{"database": func(ctx context.Context) error { asked.Add(1); <-gate; return ctx.Err() }}, quiet)
	var callers sync.WaitGroup
	for range 100 {
		callers.Go(func() {
			leaving, leave := context.WithCancel(t.Context())
			leave() // whoever leaves does not spoil the answer for the others
			if !checker.Ask(leaving).Ready {
				t.Error("the database is ready")
			}
		})
	}
	close(gate)
	callers.Wait()
	require.EqualValues(t, 1, asked.Load())
}

func TestAnAnswerIsRepeatedForASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		away := errors.New("away")
		checker := health.New(health.Parts{"database": func(context.Context) error { return away }}, quiet)
		require.False(t, checker.Ask(t.Context()).Ready)
		away = nil
		time.Sleep(health.Fresh - time.Nanosecond) // of the test's own clock
		require.False(t, checker.Ask(t.Context()).Ready)
		time.Sleep(time.Nanosecond)
		require.True(t, checker.Ask(t.Context()).Ready)
	})
}
