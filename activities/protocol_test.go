package activities_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

func TestARequestIsExportedVerifiedDeletedAndReported(t *testing.T) {
	t.Parallel()
	for _, kind := range []offhours.RequestType{offhours.ExportAndDelete, offhours.DeleteOnly} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, 25)
			p.begin(kind)
			parts := p.plan(1)
			require.Equal(t, []int{1, 2, 3}, parts)
			p.archive(parts...)
			require.Equal(t, 25, p.seal(1).Listed)
			require.Equal(t, 25, p.left())
			p.delete(parts...)
			require.Empty(t, p.plan(2))
			require.NoError(t, p.do(nil, p.deletion.ProveGone, p.ref))

			result, report := p.finish(nil)

			require.Equal(t, activities.FinishResult{Status: offhours.StatusSuccess, Outcomes: offhours.Outcomes{Deleted: 25}}, result)
			require.Equal(t, map[string]int{"deleted": 25}, outcomes(report))
			require.Zero(t, p.left())
			exported := 0
			for _, key := range p.keys() {
				if strings.Contains(key, "/part-") && !strings.HasSuffix(key, ".list.csv") {
					exported++
				}
			}
			require.Equal(t, map[offhours.RequestType]int{offhours.ExportAndDelete: 3, offhours.DeleteOnly: 0}[kind], exported)
		})
	}
}

func TestTheManifestNamesEveryFileAndIsReadBack(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 25)
	p.mayDelete()

	var key string
	p.Scan(&key, `SELECT manifest_key FROM requests`)
	text, err := p.bucket.ReadAll(t.Context(), key)
	require.NoError(t, err)
	var manifest offhours.Manifest
	require.NoError(t, json.Unmarshal(text, &manifest))
	require.Equal(t, 25, manifest.Records)
	require.Len(t, manifest.Files, 6)
	require.Equal(t, "none", manifest.FormulaGuard)
	require.Equal(t, "records-0001.csv", manifest.Files[0].Name)
	require.Equal(t, 10, manifest.Files[0].Rows)
	require.NotEmpty(t, manifest.Database.System)
	require.NotEmpty(t, manifest.Files[0].FirstKey)
}

func TestEveryStepCanBeRepeated(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 15)
	p.begin(offhours.ExportAndDelete)
	for range 2 {
		require.Equal(t, []int{1, 2}, p.plan(1))
		p.archive(1, 2)
	}
	files := p.keys()
	require.Len(t, files, 4, "an exported part is not exported again")
	for range 2 {
		p.seal(1)
		p.delete(1, 2)
		p.archive(1, 2)
	}
	_, report := p.finish(nil)
	again, _ := p.finish(&offhours.Failure{Code: offhours.FailureCancelled})
	require.Equal(t, offhours.StatusSuccess, again.Status, "what has ended stays")
	require.Len(t, report, 15)
}

func TestAnEditAfterTheExportIsKeptAndReported(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 5)
	p.mayDelete()
	p.Exec(`UPDATE records SET note = 'edited' WHERE note = 'note 3'`)
	p.delete(1)

	result, report := p.finish(nil)

	require.Equal(t, offhours.StatusSuccess, result.Status)
	require.Equal(t, offhours.Outcomes{Deleted: 4, KeptChanged: 1}, result.Outcomes)
	require.Equal(t, []string{"keptChanged", "records-0001.csv", "", "modified after it was exported"}, report[3][2:])
	require.Equal(t, 1, p.left())
}

func TestAnEditBeforeThePlanIsKeptAndCounted(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 5)
	p.begin(offhours.ExportAndDelete)
	p.Exec(`UPDATE records SET note = 'edited' WHERE note = 'note 3'`)
	p.archive(p.plan(1)...)
	p.seal(1)
	p.delete(1)

	result, report := p.finish(nil)

	require.Equal(t, offhours.Outcomes{Deleted: 4, KeptChanged: 1}, result.Outcomes)
	require.Len(t, report, 5)
	require.Equal(t, []string{"", "", "keptChanged", "", "", "no longer matched the selection when the request ran"}, report[4])
}

func TestARequestOfWhichEverythingWasEditedSucceedsWithoutFiles(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 2)
	p.begin(offhours.ExportAndDelete)
	p.Exec(`UPDATE records SET note = 'edited'`)
	require.Empty(t, p.plan(1))
	p.seal(1)

	result, _ := p.finish(nil)

	require.Equal(t, offhours.StatusSuccess, result.Status)
	require.Equal(t, offhours.Outcomes{KeptChanged: 2}, result.Outcomes)
}

func TestMoreRecordsThanConfirmedFailThePlan(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 5)
	p.begin(offhours.ExportAndDelete)
	p.AddRecords(code, 1, 50*24*3600e9)

	failure := p.failed(p.selection.Plan, activities.PlanInput{RequestRef: p.ref, Round: 1})

	require.Equal(t, offhours.FailureMoreThanConfirmed, failure.Code)
	result, report := p.finish(failure)
	require.Equal(t, offhours.StatusFailed, result.Status)
	require.Equal(t, offhours.Outcomes{NotProcessed: 5}, result.Outcomes)
	require.Len(t, report, 5)
	require.Equal(t, 6, p.left())
}

func TestMoreRecordsThanConfirmedInTheListsFailTheSeal(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 5)
	p.begin(offhours.ExportAndDelete)
	p.plan(1)
	p.Exec(`INSERT INTO records SELECT account_id, gen_random_uuid(), type_code, external_key, prospect_id, status, owner, note, created_on,
		created_by, created_by_name, created_by_email, modified_on + interval '1 microsecond' FROM records WHERE note = 'note 2'`)
	p.archive(1)

	failure := p.failed(p.verification.Seal, activities.SealInput{RequestRef: p.ref, Round: 1})

	require.Equal(t, offhours.FailureMoreThanConfirmed, failure.Code)
	require.Equal(t, 6, p.left())
}

func TestARecordThatMovedBetweenPartsIsExportedAgainAndCountedOnce(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 20)
	p.begin(offhours.ExportAndDelete)
	p.plan(1)
	p.archive(1)
	// Triggers are off, as an importer may have them: from the first part's range into the second's.
	p.Exec(`SET session_replication_role = replica`)
	p.Exec(`UPDATE records SET modified_on = modified_on + interval '12 s' + interval '1 microsecond' WHERE note = 'note 2'`)
	p.archive(2)

	require.Equal(t, []int{1}, p.seal(1).Replan)
	p.archive(1, 2)
	require.Equal(t, 20, p.seal(1).Listed)
	p.delete(1, 2)

	result, report := p.finish(nil)
	require.Equal(t, offhours.Outcomes{Deleted: 20}, result.Outcomes)
	require.Len(t, report, 20)
}

func TestRecordsThatWereRewrittenAreExportedAnewInAnotherRound(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 15)
	p.mayDelete()
	p.Exec(`SET session_replication_role = replica`)
	p.Exec(`UPDATE records SET note = 'rewritten' WHERE note IN ('note 2', 'note 12')`)
	p.delete(1, 2)
	require.Equal(t, 2, p.left())

	require.Equal(t, []int{3, 4}, p.plan(2))
	p.archive(3, 4)
	p.seal(2)
	p.delete(3, 4)
	require.Empty(t, p.plan(3))
	require.NoError(t, p.do(nil, p.deletion.ProveGone, p.ref))

	result, report := p.finish(nil)
	require.Equal(t, offhours.Outcomes{Deleted: 15}, result.Outcomes)
	require.Equal(t, map[string]int{"deleted": 15}, outcomes(report))
	require.Equal(t, "records-0003.csv", report[13][3], "the file that holds what was deleted")
	require.Zero(t, p.left())
}

func TestAFileThatDoesNotReadBackIsExportedAgain(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 5)
	p.begin(offhours.ExportAndDelete)
	p.plan(1)
	p.part(p.export.ExportPart, 1)
	p.flip("part", ".csv")

	require.True(t, p.part(p.verification.VerifyPart, 1).Corrupt)
	p.archive(1)
	require.Equal(t, 5, p.seal(1).Listed)
}

func TestAListThatChangedAfterItWasVerifiedDeletesNothing(t *testing.T) {
	t.Parallel()
	for _, suffix := range []string{".list.csv", ".csv"} {
		t.Run(suffix, func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, 5)
			p.mayDelete()
			p.truncate("part", suffix)

			failure := p.failed(p.deletion.DeletePart, activities.PartInput{RequestRef: p.ref, Part: 1})

			require.Equal(t, offhours.FailureArchiveChanged, failure.Code)
			require.Equal(t, 5, p.left())
			result, report := p.finish(failure)
			require.Equal(t, offhours.Outcomes{NotProcessed: 5}, result.Outcomes)
			require.Len(t, report, 5)
		})
	}
}

func TestARecordThatCameBackIsNotGone(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 5)
	p.mayDelete()
	// Accounted as deleted, but still there.
	p.Exec(`INSERT INTO batches SELECT id, 1, 0, 5, 5, now(), 'infinity' FROM requests`)
	p.Exec(`UPDATE parts SET done = 5, deleted = 5`)

	failure := p.failed(p.deletion.ProveGone, p.ref)

	require.Equal(t, offhours.FailureNotGone, failure.Code)
}

// The report is made of the lists: what it says must not depend on luck.
func TestAListThatIsDamagedAfterItsDeleteIsNoSuccess(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 5)
	p.mayDelete()
	p.delete(1)
	p.truncate("/part-", ".list.csv")

	require.Equal(t, offhours.FailureArchiveChanged, p.failed(p.deletion.ProveGone, p.ref).Code)
}

func TestAClosedWindowStopsExportAndDelete(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 15)
	p.begin(offhours.ExportAndDelete)
	p.plan(1)
	p.archive(1)
	p.Exec(`UPDATE requests SET window_close = clock_timestamp()`)
	require.True(t, p.part(p.export.ExportPart, 2).WindowClosed)
	p.Exec(`UPDATE requests SET window_close = clock_timestamp() + interval '1 h'`)
	p.archive(2)
	p.seal(1)
	p.Exec(`UPDATE requests SET window_close = clock_timestamp()`)

	result := p.part(p.deletion.DeletePart, 1)

	require.True(t, result.WindowClosed)
	require.Equal(t, 15, p.left())
}

func TestAnAttemptAfterTheEndLeavesNoFile(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 5)
	p.begin(offhours.ExportAndDelete)
	p.plan(1)
	require.NoError(t, p.do(nil, p.closing.Fence, activities.FenceInput{RequestRef: p.ref, Failure: &offhours.Failure{Code: offhours.FailureCancelled}}))

	err := p.do(nil, p.export.ExportPart, activities.PartInput{RequestRef: p.ref, Part: 1})

	require.ErrorContains(t, err, offhours.ErrEnded.Error())
	require.Empty(t, p.keys())
}

func TestAnotherAccountsReferenceReachesNothing(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 5)
	p.begin(offhours.ExportAndDelete)
	p.plan(1)
	stolen := p.ref
	stolen.AccountID = p.NewAccount("Globex", "admin@globex.example").Account.ID
	for name, err := range map[string]error{
		"plan":   p.do(nil, p.selection.Plan, activities.PlanInput{RequestRef: stolen, Round: 1}),
		"export": p.do(nil, p.export.ExportPart, activities.PartInput{RequestRef: stolen, Part: 1}),
		"verify": p.do(nil, p.verification.VerifyPart, activities.PartInput{RequestRef: stolen, Part: 1}),
		"delete": p.do(nil, p.deletion.DeletePart, activities.PartInput{RequestRef: stolen, Part: 1}),
		"revoke": p.do(nil, p.timing.Revoke, activities.RevokeInput{RequestRef: stolen, By: uuid.NewString()}),
		"finish": p.do(nil, p.closing.Finish, stolen),
	} {
		require.Error(t, err, name)
	}
	require.Empty(t, p.keys())
}

// flip changes one byte in the middle of the only file with the suffix.
func (p *pipeline) flip(part, suffix string) {
	p.T.Helper()
	p.change(part, suffix, func(text []byte) []byte {
		text[len(text)/2] ^= 1
		return text
	})
}

func (p *pipeline) truncate(part, suffix string) {
	p.T.Helper()
	p.change(part, suffix, func(text []byte) []byte { return text[:len(text)/2] })
}

func (p *pipeline) change(part, suffix string, how func([]byte) []byte) {
	p.T.Helper()
	for _, key := range p.keys() {
		if !strings.Contains(key, part) || !strings.HasSuffix(key, suffix) || suffix == ".csv" && strings.HasSuffix(key, ".list.csv") {
			continue
		}
		text, err := p.bucket.ReadAll(p.T.Context(), key)
		require.NoError(p.T, err)
		require.NoError(p.T, p.bucket.WriteAll(p.T.Context(), key, how(text), nil))
		return
	}
	p.T.Fatal("there is no such file")
}
