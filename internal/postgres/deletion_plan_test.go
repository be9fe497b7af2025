package postgres_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/internal/postgres"
)

// A table without statistics made the planner read it whole for every batch:
// minutes where seconds are needed.
func TestABatchFindsItsRecordsByTheirKeyWithOrWithoutStatistics(t *testing.T) {
	t.Parallel()
	s := seal(t, 2000)
	s.AddType(202, 20_000, 40*day)
	for _, state := range []string{"never analyzed", "analyzed", "half deleted"} {
		switch state {
		case "analyzed":
			s.Exec(`ANALYZE records`)
		case "half deleted":
			s.Exec(`DELETE FROM records WHERE type_code = 202 AND id < '80000000-0000-0000-0000-000000000000'`)
		}
		var numbers []int32
		var ids, versions, attached []string
		var modified []time.Time
		for i, row := range s.rows[:1000] {
			numbers, ids, versions, modified = append(numbers, int32(i)), append(ids, row.ID), append(versions, row.Version), append(modified, row.ModifiedOn)
			attached = append(attached, "{}")
		}
		for name, plan := range map[string]string{
			"delete":   s.explain(postgres.DeleteSQL, s.ref.RequestID, s.Account.ID, 1, 0, 1000, numbers, ids, versions, modified, 201, time.Now(), attached, attached),
			"classify": s.explain(postgres.ClassifySQL, s.ref.RequestID, 1, s.Account.ID, numbers, ids, 201, modified, attached),
			"lock":     s.explain(postgres.LockRowsSQL, s.Account.ID, ids),
		} {
			require.NotContains(t, plan, "Seq Scan on", "%s, %s:\n%s", name, state, plan)
			require.Contains(t, plan, "records_pkey", "%s, %s:\n%s", name, state, plan)
			require.Equal(t, name != "lock", strings.Contains(plan, "attachments_pkey"), "%s, %s:\n%s", name, state, plan)
		}
		plan := s.explain(postgres.LockAttachmentsSQL, s.Account.ID, ids)
		require.NotContains(t, plan, "Seq Scan on", "%s:\n%s", state, plan)
	}
}

func (s *sealed) explain(sql string, args ...any) string {
	s.T.Helper()
	tx, err := s.Conn.Begin(s.ctx())
	require.NoError(s.T, err)
	defer func() { require.NoError(s.T, tx.Rollback(s.ctx())) }()
	_, err = tx.Exec(s.ctx(), postgres.DeleteSettings)
	require.NoError(s.T, err)
	rows, err := tx.Query(s.ctx(), "EXPLAIN "+sql, args...)
	require.NoError(s.T, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(s.T, err)
	return strings.Join(lines, "\n")
}
