package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func TestOutagesAreToldFromBugs(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"55P03", "57014", "40001", "40P01", "57P01", "57P03", "08006", "53300"} {
		require.True(t, isOutage(fmt.Errorf("admit: %w", &pgconn.PgError{Code: state})), state)
	}
	for _, state := range []string{"42P01", "23514", "22021", "23505"} {
		require.False(t, isOutage(&pgconn.PgError{Code: state}), state)
	}
	require.True(t, isOutage(fmt.Errorf("read: %w", context.DeadlineExceeded)))
	require.True(t, isOutage(fmt.Errorf("read: %w", io.ErrUnexpectedEOF)))
	require.False(t, isOutage(errors.New("a bug")))
}

func TestEveryCodeHasAStatusAndATitle(t *testing.T) {
	t.Parallel()
	require.Len(t, problemOf, 18)
	for code, p := range problemOf {
		require.NotEmpty(t, p.title, code)
		require.GreaterOrEqual(t, p.status, 400, code)
	}
	require.Contains(t, problemOf, offhours.CodeInternal)
}
