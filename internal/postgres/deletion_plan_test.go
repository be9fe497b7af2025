package postgres_test

import (
	"fmt"
	"regexp"
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
	for _, state := range []string{"as planned", "analyzed", "half deleted"} {
		switch state {
		case "analyzed":
			s.Exec(`ANALYZE records`)
		case "half deleted":
			s.Exec(`DELETE FROM records WHERE type_code = 202 AND id < '80000000-0000-0000-0000-000000000000'`)
		}
		s.findsByKey(state)
	}
}

// The same among a million records, whatever the planner believes: that the account
// has none, because it was loaded since the table was analyzed; the truth; nothing,
// as after a restore; the truth of when half of them were not deleted yet. The
// batches are run, too: each has the 5 s of its statement_timeout.
func TestABatchFindsItsRecordsAmongAMillion(t *testing.T) {
	t.Parallel()
	states := []string{"loaded after it was analyzed", "analyzed", "never analyzed", "half deleted"}
	s := sealWith(t, 1000*len(states), func(s *sealed) {
		s.AddType(202, 0, 0)
		s.Exec(`ALTER TABLE records SET (autovacuum_enabled = off)`)
		s.NewAccount("Other", "admin@other.example").AddType(202, 10_000, 40*day)
		s.Exec(`DELETE FROM records WHERE type_code = 201`)
		s.Exec(`ANALYZE records, attachments`)
		s.Exec(`DROP INDEX records_selection`) // to load faster
		s.Exec(`SET session_replication_role = replica`)
		s.Exec(`INSERT INTO records (account_id, id, type_code, created_on, modified_on)
			SELECT $1, lpad(to_hex(n * 4294), 32, '0')::uuid, 202, now(), now() - interval '40 days' FROM generate_series(1, 1000000::bigint) n`, s.Account.ID)
		s.Exec(`RESET session_replication_role`)
		s.Exec(`CREATE INDEX records_selection ON records (account_id, type_code, modified_on, id)`)
		s.AddRecords(201, 1000*len(states), 40*day)
	})
	for batch, state := range states {
		switch state {
		case "analyzed":
			s.Exec(`ANALYZE records, attachments`)
		case "never analyzed":
			s.Exec(`DELETE FROM pg_statistic WHERE starelid IN ('records'::regclass, 'attachments'::regclass)`)
			s.Exec(`UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE oid IN ('records'::regclass, 'attachments'::regclass)`)
		case "half deleted":
			s.Exec(`ANALYZE records`)
			s.Exec(`SET session_replication_role = replica`)
			s.Exec(`DELETE FROM records WHERE type_code = 202 AND id < lpad(to_hex(2147483648), 32, '0')::uuid`)
			s.Exec(`RESET session_replication_role`)
		}
		s.findsByKey(state)
		deleted, err := s.DB.DeleteBatch(t.Context(), s.part, s.rows[batch*1000:batch*1000+1000])
		require.NoError(t, err, state)
		require.Equal(t, 1000, deleted.Records)
		s.part.Done += 1000
	}
	require.Zero(t, s.left())
	require.InDelta(t, 510_000, s.Count("records"), 1000)
}

// As with records, the planner knows nothing of an account that was loaded since
// the last ANALYZE, and takes it for a small one.
func TestFilesAreReleasedByTheirKeyInAnAccountThatWasLoadedAfterItWasAnalyzed(t *testing.T) {
	t.Parallel()
	s := sealWith(t, 1, func(s *sealed) {
		s.Exec(`ALTER TABLE files SET (autovacuum_enabled = off)`)
		other := s.NewAccount("Other", "admin@other.example")
		s.Exec(`INSERT INTO files (account_id, key) SELECT $1, format('files/%s/%s', $1::bigint, n) FROM generate_series(1, 50000) n`, other.Account.ID)
		s.Exec(`ANALYZE files, tombstones, attachments, copies`)
		s.Exec(`INSERT INTO files (account_id, key) SELECT $1, format('files/%s/%s', $1::bigint, n) FROM generate_series(1, 50000) n`, s.Account.ID)
	})
	var parts, numbers []int32
	var keys, states []string
	for n := range 100 {
		parts, numbers, states = append(parts, 1), append(numbers, int32(n)), append(states, "removed")
		keys = append(keys, fmt.Sprintf("files/%d/%d", s.Account.ID, n))
	}
	for name, plan := range map[string]string{
		"lock":    s.explain(postgres.LockFilesSQL, s.Account.ID, keys),
		"release": s.explain(postgres.ReleaseSQL, s.ref.RequestID, s.Account.ID, parts, numbers),
		"keep":    s.explain(postgres.KeepReferencedSQL, s.ref.RequestID, s.Account.ID, parts, numbers),
		"record":  s.explain(postgres.RecordFilesSQL, s.ref.RequestID, s.Account.ID, parts, numbers, states),
	} {
		require.NotContains(t, plan, "Seq Scan on", "%s:\n%s", name, plan)
		require.NotRegexp(t, wholeAccount, plan, "%s:\n%s", name, plan)
		require.NotRegexp(t, wholeRequest, plan, "%s:\n%s", name, plan)
	}
}

// wholeRequest is wholeAccount for what a request keeps.
var wholeRequest = regexp.MustCompile(`Index Cond: \(request_id =`)

// wholeAccount is a scan of an index that looks for nothing but the account.
var wholeAccount = regexp.MustCompile(`Index Cond: \(account_id =`)

// findsByKey checks the plans of the statements of a batch.
func (s *sealed) findsByKey(state string) {
	s.T.Helper()
	var numbers []int32
	var ids, versions, attached []string
	var modified []time.Time
	for i, row := range s.rows[:1000] {
		numbers, ids, versions, modified = append(numbers, int32(i)), append(ids, row.ID), append(versions, row.Version), append(modified, row.ModifiedOn)
		attached = append(attached, "{}")
	}
	for name, plan := range map[string]string{
		"delete":   s.explain(postgres.DeleteAllSQL, s.ref.RequestID, s.Account.ID, 1, 0, 1000, numbers, ids, versions, modified, 201, time.Now(), attached, attached),
		"each":     s.explain(postgres.DeleteEachSQL, s.ref.RequestID, s.Account.ID, 1, 0, 1000, numbers, ids, versions, modified, 201, time.Now(), attached, attached),
		"classify": s.explain(postgres.ClassifySQL, s.ref.RequestID, 1, s.Account.ID, numbers, ids, 201, modified, attached),
		"lock":     s.explain(postgres.LockRowsSQL, s.Account.ID, ids),
		"prove":    s.explainWith("SELECT", postgres.StillThereSQL, s.Account.ID, ids, versions), // with no settings of its own
	} {
		require.NotContains(s.T, plan, "Seq Scan on", "%s, %s:\n%s", name, state, plan)
		require.NotRegexp(s.T, wholeAccount, plan, "%s, %s", name, state)
		require.Contains(s.T, plan, "records_pkey", "%s, %s:\n%s", name, state, plan)
		require.Equal(s.T, name == "delete" || name == "each" || name == "classify", strings.Contains(plan, "attachments_pkey"), "%s, %s:\n%s", name, state, plan)
	}
	plan := s.explainWith(postgres.ProveSettings, postgres.AnyThereSQL, s.Account.ID, s.ref.RequestID, listKey(s.rows[0]), listKey(s.rows[999]))
	require.NotContains(s.T, plan, "Seq Scan on", "%s:\n%s", state, plan)
	require.Regexp(s.T, `Index (Only )?Scan using records_selection on records a .*\n +Index Cond: .*ROW\(modified_on, id\) >= .*ROW\(modified_on, id\) <= `, plan, state)
	plan = s.explain(postgres.LockAttachmentsSQL, s.Account.ID, ids)
	require.NotContains(s.T, plan, "Seq Scan on", "%s:\n%s", state, plan)
	require.NotRegexp(s.T, wholeAccount, plan, state)
}

// explain returns the plan of a statement of a batch.
func (s *sealed) explain(sql string, args ...any) string {
	s.T.Helper()
	return s.explainWith(postgres.DeleteSettings, sql, args...)
}

func (s *sealed) explainWith(settings, sql string, args ...any) string {
	s.T.Helper()
	tx, err := s.Conn.Begin(s.ctx())
	require.NoError(s.T, err)
	defer func() { require.NoError(s.T, tx.Rollback(s.ctx())) }()
	_, err = tx.Exec(s.ctx(), settings)
	require.NoError(s.T, err)
	rows, err := tx.Query(s.ctx(), "EXPLAIN "+sql, args...)
	require.NoError(s.T, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(s.T, err)
	return strings.Join(lines, "\n")
}
