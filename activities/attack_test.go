package activities_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
	"github.com/offhours/offhours/internal/postgres"
)

// What others may do to the database or the bucket while a request runs, at the
// worst moment.

func TestAColumnThatNoExportHoldsIsRefused(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 2)
	p.Exec(`ALTER TABLE records ADD COLUMN phone text`)
	p.begin(offhours.ExportAndDelete)

	require.Equal(t, offhours.FailureSchemaUnsafe, p.failed(p.selection.Plan, activities.PlanInput{RequestRef: p.ref, Round: 1}).Code)
}

func TestAVerifiedFileThatIsOverwrittenInItsLengthDeletesNothing(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"/part-", "/manifest-"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, 5)
			p.mayDelete()
			suffix := map[string]string{"/part-": ".csv", "/manifest-": ".json"}[file]
			p.change(file, suffix, func(text []byte) []byte { return []byte(strings.Repeat("x", len(text))) })

			require.Equal(t, offhours.FailureArchiveChanged, p.failed(p.deletion.DeletePart, activities.PartInput{RequestRef: p.ref, Part: 1}).Code)
			require.Equal(t, 5, p.left())
		})
	}
}

func TestACascadingKeyCannotSlipInWhileABatchWaits(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 3)
	p.Exec(`CREATE TABLE visits AS SELECT account_id, id AS record_id FROM records`)
	p.mayDelete()
	user := p.Hold(`SELECT 1 FROM records FOR UPDATE`)
	done := make(chan error, 1)
	go func() { done <- p.do(nil, p.deletion.DeletePart, activities.PartInput{RequestRef: p.ref, Part: 1}) }()
	p.AwaitLock(1)
	p.Exec(`SET lock_timeout = '2s'`)
	_, keyErr := p.Conn.Exec(t.Context(), `ALTER TABLE visits ADD FOREIGN KEY (account_id, record_id) REFERENCES records ON DELETE CASCADE`)
	require.NoError(t, user.Rollback(t.Context()))

	err := <-done
	require.Equal(t, 3, p.Count("visits"))
	if keyErr == nil { // it came between two tries of the batch
		require.Equal(t, offhours.FailureSchemaChanged, activities.FailureOf(err).Code)
		require.Equal(t, 3, p.left())
	}
}

func TestARewriteOfTheTableIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"plan", "export"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, 8)
			p.Exec(`ANALYZE records, attachments`)
			p.begin(offhours.ExportAndDelete)
			parts := []int{1}
			if step == "export" {
				parts = p.plan(1)
			}
			rewrite := p.Hold(`ALTER TABLE records ALTER COLUMN note TYPE text USING note || ''`)
			done := make(chan struct{})
			go func() {
				defer close(done)
				if step == "plan" {
					parts = p.plan(1)
				} else {
					p.part(p.export.ExportPart, 1)
				}
			}()
			p.AwaitLock(1)
			require.NoError(t, rewrite.Commit(t.Context()))
			<-done

			p.archive(parts...)
			require.Equal(t, 8, p.seal(1).Listed)
			p.delete(parts...)
			result, _ := p.finish(nil)
			require.Equal(t, offhours.Outcomes{Deleted: 8}, result.Outcomes)
		})
	}
}

func TestASealWhoseAnswerWasLostReplansAgain(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 20)
	p.begin(offhours.ExportAndDelete)
	p.plan(1)
	p.archive(1)
	p.Exec(`SET session_replication_role = replica`)
	p.Exec(`UPDATE records SET modified_on = modified_on + interval '12 s' + interval '1 microsecond' WHERE note = 'note 3'`)
	p.archive(2)

	for range 2 {
		require.Equal(t, []int{1}, p.seal(1).Replan)
	}
	p.archive(1)
	require.Equal(t, 20, p.seal(1).Listed)
}

func TestASealedPartIsNotPlannedAnewByASlowVerification(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 20)
	p.begin(offhours.ExportAndDelete)
	p.archive(p.plan(1)...)
	slow, err := p.DB.Part(t.Context(), p.ref, 1) // what it read before it found a fault
	require.NoError(t, err)
	p.seal(1)

	require.ErrorIs(t, p.DB.Replan(t.Context(), slow), offhours.ErrFenced)
	slow.State = offhours.PartExported
	require.ErrorIs(t, p.DB.Replan(t.Context(), slow), offhours.ErrFenced)
}

func TestListsThatChangedSinceTheyWereReadAreNotSealed(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 5)
	p.begin(offhours.ExportAndDelete)
	p.archive(p.plan(1)...)

	err := p.DB.Seal(t.Context(), p.ref, offhours.Seal{Round: 1, Listed: 5, Lists: map[int]string{1: "another"}, Manifest: offhours.Stored{Key: "manifest"}})

	require.ErrorIs(t, err, offhours.ErrFenced)
}

func TestAPartThatIsNotVerifiedIsNeverDone(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 5)
	p.begin(offhours.ExportAndDelete)
	p.plan(1)

	require.Error(t, p.do(nil, p.deletion.DeletePart, activities.PartInput{RequestRef: p.ref, Part: 1}))
}

func TestTheReportHasOneLineForEachConfirmedRecord(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 5)
	p.begin(offhours.ExportAndDelete)
	p.plan(1)
	p.Exec(`INSERT INTO records (account_id, id, type_code, created_on, modified_on)
		SELECT account_id, gen_random_uuid(), type_code, created_on, modified_on + interval '0.5 s' FROM records WHERE note IN ('note 1', 'note 2')`)
	p.archive(1)

	result, report := p.finish(p.failed(p.verification.Seal, activities.SealInput{RequestRef: p.ref, Round: 1}))

	require.Equal(t, offhours.Outcomes{NotProcessed: 5}, result.Outcomes)
	require.Len(t, report, 5)
}

func TestATypeThatIsGoneOrNoLongerCustomFailsTheRequest(t *testing.T) {
	t.Parallel()
	for _, change := range []string{`UPDATE record_types SET category = 'core'`, `WITH r AS (DELETE FROM records) DELETE FROM record_types`} {
		t.Run(change, func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, 2)
			p.begin(offhours.ExportAndDelete)
			p.Exec(change)

			require.Equal(t, offhours.FailureTypeChanged, p.failed(p.selection.Plan, activities.PlanInput{RequestRef: p.ref, Round: 1}).Code)
		})
	}
}

func TestFieldsThatCannotBeExportedFailTheRequest(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 2)
	p.Exec(`UPDATE record_types SET fields = '["x"]'`)
	p.begin(offhours.ExportAndDelete)
	require.Equal(t, offhours.FailureUnexportable, p.failed(p.selection.Plan, activities.PlanInput{RequestRef: p.ref, Round: 1}).Code)

	p = newPipeline(t, 2)
	p.Exec(`UPDATE record_types SET fields = (SELECT jsonb_agg(jsonb_build_object('schemaName', 'mx_' || n, 'displayName', 'F' || n)) FROM generate_series(1, 1700) n)`)
	p.begin(offhours.ExportAndDelete)
	p.plan(1)
	require.Equal(t, offhours.FailureUnexportable, p.failed(p.export.ExportPart, activities.PartInput{RequestRef: p.ref, Part: 1}).Code)
}

func TestASchemaNameIsNeverSQL(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 1)
	p.NewAccount("Other", "secret@other.example")
	database := p.Conn.Config().Database
	p.Exec(`ALTER DATABASE ` + pgx.Identifier{database}.Sanitize() + ` SET standard_conforming_strings = off`)
	p.Exec(`UPDATE record_types SET fields = $1`, `[{"schemaName":"\\","displayName":"F"},{"schemaName":", (SELECT string_agg(email, chr(32)) FROM users) --","displayName":"G"}]`)
	fresh, err := postgres.Open(t.Context(), p.Conn.Config().ConnString())
	require.NoError(t, err)
	t.Cleanup(fresh.Close)
	p.export.Store = fresh
	p.begin(offhours.ExportAndDelete)
	p.archive(p.plan(1)...)

	for _, key := range p.keys() {
		text, err := p.bucket.ReadAll(t.Context(), key)
		require.NoError(t, err)
		require.NotContains(t, string(text), "secret@")
	}
}

func TestARecordThatAnotherTableRefersToIsKeptWithTheReason(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 3)
	p.Exec(`CREATE TABLE visits (account_id bigint, record_id uuid, FOREIGN KEY (account_id, record_id) REFERENCES records)`)
	p.Exec(`INSERT INTO visits SELECT account_id, id FROM records WHERE note = 'note 1'`)
	p.mayDelete()
	p.delete(1)

	result, report := p.finish(nil)

	require.Equal(t, offhours.StatusFailed, result.Status)
	require.Equal(t, offhours.Outcomes{Deleted: 2, Failed: 1}, result.Outcomes)
	require.Equal(t, "another table refers to it", report[1][5])
}

func TestALockOnTheTableIsWaitedForAndBlamesNoRecord(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 3)
	p.mayDelete()
	maintenance := p.Hold(`LOCK TABLE records IN SHARE MODE`)
	part, err := p.DB.ClaimPart(t.Context(), p.ref, 1)
	require.NoError(t, err)
	rows, err := p.store.ReadList(t.Context(), part.Files.List, part.Shape.List)
	require.NoError(t, err)
	_, err = p.DB.DeleteBatch(t.Context(), part, rows[:1])
	require.ErrorIs(t, err, offhours.ErrTableBusy)

	require.NoError(t, maintenance.Rollback(t.Context()))
	p.delete(1)
	require.Zero(t, p.left())
}
