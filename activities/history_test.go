//go:build unix

package activities_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
	"github.com/offhours/offhours/internal/archive"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

// A failover or a restore takes the database back to an earlier point, from where
// another history begins. It gives the numbers of lost transactions to new ones, so
// that a row version of the lost history may stand for a record that nobody
// exported. Workers and the bucket remember the lost history all the same.

// rewrite gives a record new contents and leaves modified_on as it is, as an
// importer may that runs without triggers. It returns the row version.
func (p *pipeline) rewrite(record, status string) (version string) {
	p.T.Helper()
	p.Exec(`SET session_replication_role = replica`)
	p.Scan(&version, `UPDATE records SET status = $2 WHERE note = 'note ' || $1::text RETURNING xmin::text`, record, status)
	p.Exec(`RESET session_replication_role`)
	return version
}

// rewriteAs is rewrite with the row version of a lost history.
func (p *pipeline) rewriteAs(version, record, status string) {
	p.T.Helper()
	p.Exec(`SET session_replication_role = replica`)
	p.Exec(fmt.Sprintf(`DO $$ BEGIN
		WHILE pg_current_xact_id()::text::bigint < %s - 1 LOOP COMMIT; END LOOP;
	END $$`, version))
	p.Exec(`RESET session_replication_role`)
	require.Equal(p.T, version, p.rewrite(record, status), "the numbers of lost transactions are given again")
}

// zombie is an attempt at a part of a history that is lost: all that it knows.
type zombie struct {
	part offhours.Part
	rows []offhours.Listed
}

// zombie is the attempt that is about to delete a part.
func (p *pipeline) zombie(number int) zombie {
	p.T.Helper()
	part, err := p.DB.ClaimPart(p.T.Context(), p.ref, number)
	require.NoError(p.T, err)
	rows, err := p.store.ReadList(p.T.Context(), part.Files.List, part.Shape.List)
	require.NoError(p.T, err)
	return zombie{part, rows}
}

// moved goes on in another database, as workers do whose database failed over.
func (p *pipeline) moved(url string) {
	p.T.Helper()
	p.World = p.At(url)
	p.timing.Store, p.selection.Store, p.export.Store, p.verification.Store = p.DB, p.DB, p.DB, p.DB
	p.deletion.Store, p.attachments.Store, p.closing.Store = p.DB, p.DB, p.DB
	p.Exec(`CREATE TABLE witness AS SELECT * FROM records LIMIT 0`)
	p.Exec(`CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO witness VALUES (OLD.*); RETURN NULL; END'`)
	p.Exec(`CREATE TRIGGER witness AFTER DELETE ON records FOR EACH ROW EXECUTE FUNCTION witness()`)
}

// history names the one that the database is in.
func (p *pipeline) history() (name string) {
	p.T.Helper()
	p.Scan(&name, `SELECT system_identifier || ' ' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) FROM pg_control_system()`)
	return name
}

// rounds deletes in as many rounds as it takes, as the workflow does.
func (p *pipeline) rounds(parts []int) {
	p.T.Helper()
	for round := 2; len(parts) > 0; round++ {
		p.delete(parts...)
		if parts = p.plan(round); len(parts) > 0 {
			p.archive(parts...)
			p.seal(round)
		}
	}
}

// provesArchive checks that what the witness saw go stands, as it was then, in the
// file that the report names. It returns the export.
func (p *pipeline) provesArchive() *archive.Export {
	p.T.Helper()
	dir := p.download()
	export, err := archive.OpenExport(dir)
	require.NoError(p.T, err)
	stored, _, err := p.DB.Report(p.T.Context(), p.ref.AccountID, p.ref.RequestID)
	require.NoError(p.T, err)
	text, err := p.bucket.ReadAll(p.T.Context(), stored.Key)
	require.NoError(p.T, err)
	deleted, err := export.CheckReport("report.csv", strings.NewReader(string(text)))
	require.NoError(p.T, err)
	files := map[string]string{}
	for line, err := range archive.ReadReport(strings.NewReader(string(text))) {
		require.NoError(p.T, err)
		if line.Outcome == offhours.OutcomeDeleted {
			files[*line.ID] = *line.File
		}
	}
	archived := map[string]string{}
	for record, err := range export.Records() {
		require.NoError(p.T, err)
		if files[record.ID] == record.File {
			archived[record.ID] = fmt.Sprint(*record.Note, " ", textOr(record.Status), " ", archive.FormatTime(record.ModifiedOn))
		}
	}
	rows, err := p.Conn.Query(p.T.Context(), `SELECT id::text || '=' || note || ' ' || coalesce(status, 'NULL') || ' ' ||
		to_char(modified_on AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM witness`)
	require.NoError(p.T, err)
	seen, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(p.T, err)
	witnessed := map[string]string{}
	for _, row := range seen {
		id, values, _ := strings.Cut(row, "=")
		witnessed[id] = values
	}
	require.Equal(p.T, witnessed, archived)
	require.Len(p.T, seen, deleted)
	return export
}

func textOr(text *string) string {
	if text == nil {
		return "NULL"
	}
	return *text
}

// A part that was verified in a history that is lost must not be deleted in the one
// that took its place, in which a record was edited under the same number.
func TestWhatWasVerifiedInALostHistoryIsNotDeletedInAnother(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		copy        func(*postgrestest.OwnServer) *postgrestest.OwnServer
		takesOver   func(old, fresh *postgrestest.OwnServer)
		sameHistory bool
	}{
		"a promoted standby that lagged behind": {
			copy: func(s *postgrestest.OwnServer) *postgrestest.OwnServer {
				standby := s.Standby()
				standby.Lag(s)
				return standby
			},
			takesOver: func(old, standby *postgrestest.OwnServer) {
				old.Kill()
				standby.Promote()
			},
		},
		// The identity of the database cannot tell: it is the same system, and nothing
		// began a new timeline.
		"an older base backup": {
			copy: (*postgrestest.OwnServer).Backup,
			takesOver: func(old, backup *postgrestest.OwnServer) {
				old.Kill()
				backup.Start()
			},
			sameHistory: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old := postgrestest.NewServer(t)
			p := newPipelineIn(postgrestest.NewWorldAt(t, old.URL("offhours")), 12)
			p.begin(offhours.ExportAndDelete)
			p.plan(1)
			history := p.history()
			fresh := tc.copy(old)
			for range 10 { // of other users: the fresh one needs some numbers, too
				p.Exec(`SELECT pg_current_xact_id()`)
			}
			version := p.rewrite("3", "exported, then lost")
			p.archive(1, 2)
			p.seal(1)
			zombies := []zombie{p.zombie(1), p.zombie(2)}
			require.Equal(t, version, zombies[0].rows[3].Version)

			tc.takesOver(old, fresh)
			p.moved(fresh.URL("offhours"))
			require.Equal(t, tc.sameHistory, history == p.history())
			p.rewriteAs(version, "3", "never exported")

			for _, z := range zombies {
				_, err := p.DB.DeleteBatch(t.Context(), z.part, z.rows)
				require.ErrorIs(t, err, offhours.ErrFenced)
				for range z.part.Epoch { // however many attempts there were here
					_, err := p.DB.ClaimPart(t.Context(), p.ref, z.part.Number)
					require.NoError(t, err)
				}
				_, err = p.DB.DeleteBatch(t.Context(), z.part, z.rows)
				require.ErrorIs(t, err, offhours.ErrFenced)
				require.Error(t, p.do(nil, p.deletion.DeletePart, activities.PartInput{RequestRef: p.ref, Part: z.part.Number}))
			}
			require.Equal(t, 12, p.left())

			p.archive(1, 2)
			p.seal(1)
			p.rounds([]int{1, 2})
			result, _ := p.finish(nil)
			require.Equal(t, offhours.StatusSuccess, result.Status)
			require.Equal(t, offhours.Outcomes{Deleted: 12}, result.Outcomes)
			p.provesArchive()
			var status string
			p.Scan(&status, `SELECT status FROM witness WHERE note = 'note 3'`)
			require.Equal(t, "never exported", status, "it was exported, after all")
		})
	}
}

// What was sealed before the standby lagged is in both histories. It lost that some
// of it was deleted, and which objects.
func TestAFailoverInTheMiddleOfTheDeleteExportsEverythingAnew(t *testing.T) {
	t.Parallel()
	old := postgrestest.NewServer(t)
	p := newPipelineIn(postgrestest.NewWorldAt(t, old.URL("offhours")), 15)
	first, second := p.attach("0", "a.pdf", "of the first part"), p.attach("12", "b.pdf", "of the second part")
	p.mayDelete()
	standby := old.Standby()
	standby.Lag(old)
	p.delete(1)
	p.removeFiles()
	require.Equal(t, 5, p.left())
	require.Equal(t, []bool{false, true}, []bool{p.exists(first), p.exists(second)})

	old.Kill()
	standby.Promote()
	p.moved(standby.URL("offhours"))
	require.Equal(t, 15, p.left(), "the standby did not hear of it")
	p.rewrite("4", "not an edit")
	p.Exec(`UPDATE records SET status = 'edited' WHERE note = 'note 13'`)

	for part := range 2 {
		require.Zero(t, p.part(p.deletion.DeletePart, part+1).Deleted)
	}
	require.Equal(t, 15, p.left(), "no version of the other history deletes anything")
	parts := p.plan(2)
	p.archive(parts...)
	p.seal(2)
	p.rounds(parts)
	p.removeFiles()
	result, report := p.finish(nil)

	require.Equal(t, offhours.Outcomes{Deleted: 14, KeptChanged: 1}, result.Outcomes)
	require.Equal(t, map[string]int{"deleted": 14, "keptChanged": 1}, outcomes(report))
	require.False(t, p.exists(second))
	export := p.provesArchive()
	contents := map[string]string{}
	for record, err := range export.Records() {
		require.NoError(t, err)
		for _, a := range record.Attachments {
			if !a.Missing {
				content, err := os.ReadFile(a.Path)
				require.NoError(t, err)
				contents[a.Name] = string(content)
			}
		}
	}
	require.Equal(t, map[string]string{"a.pdf": "of the first part", "b.pdf": "of the second part"}, contents)
}

// A backup that already held the sealed request belongs to the history in which it
// was verified: it goes on, if the archive is still there.
func TestARestoredBackupDeletesOnlyWhatIsStillInTheArchive(t *testing.T) {
	t.Parallel()
	old := postgrestest.NewServer(t)
	p := newPipelineIn(postgrestest.NewWorldAt(t, old.URL("offhours")), 15)
	p.mayDelete()
	backup := old.Backup()
	p.rounds([]int{1, 2})
	require.Zero(t, p.left())
	p.finish(nil)
	old.Kill()
	backup.Start()
	p.moved(backup.URL("offhours"))
	require.Equal(t, 15, p.left())
	p.rewrite("4", "not an edit")

	p.delete(1)
	require.Equal(t, 6, p.left(), "the versions are those that were verified, but for the one that was rewritten")
	for _, key := range p.keys() {
		if strings.Contains(key, "/part-00002-") {
			require.NoError(t, p.bucket.Delete(t.Context(), key)) // purged, in the lost history
		}
	}
	failure := p.failed(p.deletion.DeletePart, activities.PartInput{RequestRef: p.ref, Part: 2})
	require.Equal(t, offhours.FailureArchiveChanged, failure.Code)
	require.Equal(t, 6, p.left())
}
