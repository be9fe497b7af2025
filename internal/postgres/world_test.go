package postgres_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

const (
	grace = postgrestest.Grace
	day   = postgrestest.Day
)

// world adds to the arrangements what is tested here.
type world struct{ postgrestest.World }

func newWorld(t *testing.T) world {
	t.Helper()
	return world{postgrestest.NewWorld(t)}
}

func draft(code int) offhours.Draft { return postgrestest.Draft(code) }

func (w world) admit(draft offhours.Draft, key string) (offhours.Request, bool, error) {
	return w.DB.Admit(w.T.Context(), w.Admin, draft, key, grace)
}

func (w world) mustAdmit(draft offhours.Draft) offhours.Request {
	w.T.Helper()
	request, created, err := w.admit(draft, uuid.NewString())
	require.NoError(w.T, err)
	require.True(w.T, created)
	return request
}

func (w world) refused(code offhours.Code, draft offhours.Draft) {
	w.T.Helper()
	_, _, err := w.admit(draft, uuid.NewString())
	require.Truef(w.T, offhours.Is(err, code), "want %s, got %v", code, err)
}

// codeOf is empty without an error.
func codeOf(err error) offhours.Code {
	if err == nil {
		return ""
	}
	return offhours.CodeOf(err)
}
