package activities

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func TestPartsThatAreSlowedDownWorkOneAfterTheOther(t *testing.T) {
	t.Parallel()
	var all throttles
	ref := offhours.RequestRef{AccountID: 1, RequestID: "r"}
	one, left := all.of(nil, ref)
	defer left()
	other, left := all.of(nil, ref)
	defer left()
	ended, end := context.WithCancel(t.Context())
	end()

	one.tempo.share = .5
	next, err := one.alone(t.Context())
	require.NoError(t, err)
	_, err = other.alone(ended) // it would wait, but its activity ends
	require.ErrorIs(t, err, context.Canceled)
	next()
	next, err = other.alone(t.Context())
	require.NoError(t, err)
	next()

	one.tempo.share, one.tempo.company = 1, true
	next, err = one.alone(t.Context())
	require.NoError(t, err)
	_, err = other.alone(ended)
	require.ErrorIs(t, err, context.Canceled)
	next()

	one.tempo.company = false
	for range 2 {
		_, err := one.alone(ended) // nobody waits
		require.NoError(t, err)
	}
}
