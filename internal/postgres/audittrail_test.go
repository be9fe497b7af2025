package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheAuditTrailNamesPeopleByTheirEmail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 1, 40*day)
	request := w.mustAdmit(draft(201))

	trail, err := w.DB.AuditTrail(t.Context(), request.ID)

	require.NoError(t, err)
	require.Equal(t, "request_created", trail[0].Action)
	require.Equal(t, w.Admin.Email, trail[0].Actor)
}
