package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

func TestTheBacklogCountsRequestsAndNoticesOfAllAccounts(t *testing.T) {
	t.Parallel()
	w := postgrestest.NewWorld(t)
	empty, err := w.DB.Backlog(t.Context())
	require.NoError(t, err)
	require.Len(t, empty.Requests, 5)
	require.Zero(t, empty.OldestQueued+empty.MostOverdue+empty.OldestNotice)

	old := w.Queue(201, 3)
	w.Age(old, "2 hours")
	w.Exec(`UPDATE requests SET starts_at = now() - interval '1 hour' WHERE id = $1`, old)
	w.Queue(202, 3)
	w.Revoke(w.Queue(203, 3))
	other := w.NewAccount("Globex", "admin@globex.example")
	running := other.Queue(201, 10)
	other.Run(running, "exporting", 1, 0)
	w.Exec(`INSERT INTO notices (request_id, kind, recipient, state, created_on) VALUES
		($1, 'created', $2, 'pending', now() - interval '5 minutes'), ($1, 'revoked', $2, 'given_up', now() - interval '1 day')`, old, w.Admin.ID)

	backlog, err := w.DB.Backlog(t.Context())

	require.NoError(t, err)
	require.Equal(t, map[offhours.Status]int{
		offhours.StatusInQueue: 2, offhours.StatusInProgress: 1, offhours.StatusSuccess: 0, offhours.StatusFailed: 0, offhours.StatusRevoked: 1,
	}, backlog.Requests)
	require.InDelta(t, 2*time.Hour, backlog.OldestQueued, float64(time.Minute))
	require.InDelta(t, time.Hour, backlog.MostOverdue, float64(time.Minute))
	require.InDelta(t, 5*time.Minute, backlog.OldestNotice, float64(time.Minute))
	require.Equal(t, 1, backlog.NoticesPending)
	require.Equal(t, 1, backlog.NoticesGivenUp)
}
