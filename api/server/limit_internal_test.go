package server

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func TestAnAllowanceIsUsedUpAndRefillsEvenly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter[string]("user", 60)
		for range 3 {
			require.NoError(t, l.take("ada", countWeight))
		}
		err := l.take("ada", 1)
		require.True(t, offhours.Is(err, offhours.CodeRateLimited))
		require.ErrorContains(t, err, "Too many calls by this user. Please try again in 1 s.")
		require.NoError(t, l.take("bea", 1), "others are not concerned")

		time.Sleep(10 * time.Second) // of the test's own clock
		for range 10 {
			require.NoError(t, l.take("ada", 1))
		}
		err = l.take("ada", countWeight)
		var limited *tooMany
		require.True(t, errors.As(err, &limited))
		require.Equal(t, "20", limited.seconds())
		time.Sleep(19900 * time.Millisecond)
		require.ErrorContains(t, l.take("ada", countWeight), "in 1 s.", "a refused call takes nothing")
		time.Sleep(100 * time.Millisecond)
		require.NoError(t, l.take("ada", countWeight))
	})
}

func TestASmallAllowanceLetsACountThrough(t *testing.T) {
	t.Parallel()
	l := newLimiter[int64]("account", 1)
	require.NoError(t, l.take(7, countWeight))
	require.Error(t, l.take(7, 1))
}

func TestNoLimitIsNoLimit(t *testing.T) {
	t.Parallel()
	l := newLimiter[string]("user", 0)
	for range 10_000 {
		require.NoError(t, l.take("ada", countWeight))
	}
	require.Zero(t, l.callers.Len())
}

func TestASwarmOfCallersFillsNoMemoryAndForgetsWhoWasQuiet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter[string]("user", 60)
		require.NoError(t, l.take("busy", 60))
		for i := range 3 * maxCallers {
			require.NoError(t, l.take(fmt.Sprint(i), 1))
			require.Error(t, l.take("busy", 1), "whoever keeps calling is remembered")
		}
		require.Equal(t, maxCallers, l.callers.Len())
	})
}
