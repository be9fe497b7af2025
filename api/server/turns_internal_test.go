package server

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTurnsAreGivenBackAndForgotten(t *testing.T) {
	t.Parallel()
	all := newTurns()
	var givenBack []func()
	for range maxHeavy {
		giveBack, err := all.take(t.Context(), 7)
		require.NoError(t, err)
		givenBack = append(givenBack, giveBack)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, err := all.take(gone, 7)
	require.ErrorIs(t, err, context.Canceled, "no more than that at once")
	other, err := all.take(t.Context(), 8)
	require.NoError(t, err, "another account is not concerned")
	other()
	for _, giveBack := range givenBack {
		giveBack()
	}
	require.Empty(t, all.of)
}
