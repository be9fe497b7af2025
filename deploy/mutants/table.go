package main

// mutant is the product without one of its guards, and the test that has to notice.
type mutant struct {
	name  string
	takes string // what is taken away
	edits []edit
	pkg   string // of the test, such as ./activities
	test  string
}

// edit replaces a text that stands in a file exactly once.
type edit struct{ file, old, new string }

const (
	deletionSQL = "internal/postgres/deletion_sql.go"
	deletion    = "internal/postgres/deletion.go"
	schema      = "internal/postgres/migrations/00002_requests.sql"
)

// one is the usual mutant: a single edit.
func one(name, takes, file, old, new, pkg, test string) mutant {
	return mutant{name, takes, []edit{{file, old, new}}, pkg, test}
}

// mutants are all guards that stand between a record and its loss. A parameter of
// a statement that would be left over is kept in a test that is always true, for
// PostgreSQL refuses one whose type it cannot tell: the mutant must run, and be wrong.
var mutants = []mutant{
	one("row-version", "the row's version from the delete",
		deletionSQL, ` AND a.xmin = k.version
       AND a.modified_on`, `
       AND a.modified_on`,
		"./internal/postgres", "TestARecordThatWasChangedBeforeTheBatchIsKept"),
	one("modified-on", "modified_on from the delete",
		deletionSQL, `AND a.modified_on IS NOT DISTINCT FROM k.modified_on AND`, `AND`,
		"./internal/postgres", "TestAListedTimeThatIsNotTheRecordsDeletesNothing"),
	one("all-or-nothing", "the count of a batch that is deleted as a whole",
		deletionSQL, `CASE count(*) WHEN $5::int - $4::int THEN count(*) END`, `CASE WHEN $5::int > $4::int THEN count(*) END`,
		"./internal/postgres", "TestARecordThatWasChangedBeforeTheBatchIsKept"),
	one("row-lock", "the lock of the records before the tests",
		deletionSQL, `a.id = k.id FOR UPDATE) l`, `a.id = k.id) l`,
		"./internal/postgres", "TestARecordThatIsChangedWhileTheBatchWaitsForItIsKept"),
	one("attachment-lock", "the lock of the attachments before the tests",
		deletionSQL, `ORDER BY t.id FOR UPDATE) l`, `ORDER BY t.id) l`,
		"./internal/postgres", "TestAttachmentsThatChangeWhileTheBatchWaitsKeepTheirRecord"),
	one("table-lock", "the lock that holds off changes of the schema",
		deletionSQL, `LOCK TABLE records, attachments IN ROW EXCLUSIVE MODE`, `SELECT 1`,
		"./activities", "TestALockOnTheTableIsWaitedForAndBlamesNoRecord"),
	one("fence", "the attempt's epoch from the fence",
		deletionSQL, `AND p.epoch = $4 AND`, `AND $4::int IS NOT NULL AND`,
		"./internal/postgres", "TestASupersededAttemptChangesNothing"),
	one("fence-progress", "the part's progress from the fence",
		deletionSQL, `AND p.done = $7 AND`, `AND $7::int IS NOT NULL AND`,
		"./internal/postgres", "TestAnAttemptThatMissedProgressChangesNothing"),
	one("fence-list", "the list's checksum from the fence",
		deletionSQL, `AND p.list_sha256 = $6 AND`, `AND $6::text IS NOT NULL AND`,
		"./internal/postgres", "TestOnlyTheVerifiedListDeletes"),
	one("fence-claim", "the epoch's move when an attempt claims a part",
		"internal/postgres/internal/dbsqlc/parts.sql.go", "UPDATE parts p SET epoch = p.epoch + 1\n", "UPDATE parts p SET epoch = p.epoch\n",
		"./internal/postgres", "TestASupersededAttemptChangesNothing"),
	one("database-identity", "the test for another history of the database",
		deletion, `if !facts.sameHistory {`, `if false {`,
		"./internal/postgres", "TestVersionsReadInAnotherHistoryOfTheDatabaseDeleteNothing"),
	one("one-statement", "the one statement for records and attachments: attachments go first",
		deletion, `	batch.Queue(sql,`, "	batch.Queue(`DELETE FROM attachments t USING unnest($2::text[]::uuid[], $3::text[]) k(id, attached)"+`
		WHERE t.account_id = $1 AND t.record_id = k.id AND t.id::text || ' ' || t.xmin::text = ANY (k.attached::text[])`+"`, p.AccountID, b.ids, b.attached)\n	batch.Queue(sql,",
		"./internal/postgres", "TestATriggerOnAttachmentsLosesNone"),
	one("kept-attachments", "the rule that attachments go with deleted records only",
		deletionSQL, `DELETE FROM attachments t USING d
`, `DELETE FROM attachments t USING (SELECT k.n, k.id, k.attached, k.numbers FROM k) d
`,
		"./internal/postgres", "TestAttachmentsThatChangedBeforeTheBatchKeepTheirRecord"),
	one("late-attachment", "the test for attachments that no list names",
		deletionSQL, `       AND NOT `+"` + unlistedAttachment + `"+`
    RETURNING`, `
    RETURNING`,
		"./internal/postgres", "TestAttachmentsThatChangedBeforeTheBatchKeepTheirRecord"),
	one("one-snapshot", "the one snapshot in which a part is read, in pieces or not",
		"internal/postgres/parts.go", `IsoLevel: pgx.RepeatableRead, `, ``,
		"./internal/postgres", "TestPiecesAreReadFromOneSnapshot"),
	one("window", "the window from the fence",
		deletionSQL, `SELECT clock_timestamp() < r.window_close - make_interval(secs => $9) AS window_open`, `SELECT true AS window_open`,
		"./internal/postgres", "TestNothingIsDeletedOutsideTheWindow"),
	one("window-check", "the database's own test of the window",
		schema, `CHECK (deleted_at < window_close)`, `CHECK (true)`,
		"./internal/postgres", "TestTheDatabaseItselfRefusesABatchAfterTheWindow"),
	one("deadline", "the time that is left for downloads from the fence",
		deletionSQL, `coalesce(clock_timestamp() < r.delete_deadline - make_interval(secs => $9), true) AS in_time`, `true AS in_time`,
		"./internal/postgres", "TestNothingIsDeletedWithTooLittleTimeLeftForDownloading"),
	one("read-back", "the read-back of a part before it counts as verified",
		"activities/verification.go", `v.Archive.VerifyPart(ctx, part.Files, part.Shape, part.Selection)`, `offhours.PartKeys{Rows: part.Files.Rows}, error(nil)`,
		"./activities", "TestAFileThatDoesNotReadBackIsExportedAgain"),
	one("read-again", "the read of the archive before each part is deleted",
		"activities/deletion.go", `if err := d.check(ctx, part); err != nil {`, `if err := error(nil); err != nil {`,
		"./activities", "TestAVerifiedFileThatIsOverwrittenInItsLengthDeletesNothing"),
	one("checksum", "the checksum from every read-back",
		"internal/archive/verify.go", `if hex.EncodeToString(r.sum.Sum(nil)) != want.SHA256 {`, `if hex.EncodeToString(r.sum.Sum(nil)) == "" {`,
		"./internal/archive", "TestOneFlippedBitAnywhereIsFound"),
	one("context-cancel", "the cancel before a file that is given up is closed",
		"internal/archive/file.go", `	w.cancel()
	_ = w.Close()`, `	_ = w.Close()
	w.cancel()`,
		"./internal/archive", "TestAFileThatIsNotCommittedLeavesNothing"),
	one("fsync", "the sync of a file's bytes before it has its name",
		"internal/archive/disk.go", `if err := w.disk.sync(w.file); err != nil {`, `if err := error(nil); err != nil {`,
		"./internal/archive", "TestACommittedPartIsOnTheDiskWithEveryFolderThatNamesIt"),
	one("fsync-folders", "the sync of the folders that name a file",
		"internal/archive/disk.go", `if err := w.syncFolders(); err != nil {`, `if err := error(nil); err != nil {`,
		"./internal/archive", "TestACommittedPartIsOnTheDiskWithEveryFolderThatNamesIt"),
	one("account", "the account from the fence",
		deletionSQL, `WHERE r.id = $1 AND r.account_id = $2 AND r.status`, `WHERE r.id = $1 AND $2::bigint IS NOT NULL AND r.status`,
		"./internal/postgres", "TestAnotherAccountCannotDelete"),
	one("account-of-records", "the account from the delete of records",
		deletionSQL, `WHERE a.account_id = k.account_id AND a.id = k.id AND a.xmin`, `WHERE a.id = k.id AND a.xmin`,
		"./internal/postgres", "TestWhatAnotherAccountHasUnderTheSameIdsStays"),
	one("account-of-attachments", "the account from the delete of attachments",
		deletionSQL, `WHERE t.account_id = d.account_id AND t.record_id = d.id AND`, `WHERE t.record_id = d.id AND`,
		"./internal/postgres", "TestWhatAnotherAccountHasUnderTheSameIdsStays"),
	one("balance", "the database's own test that outcomes add up",
		schema, `CONSTRAINT outcomes_add_up CHECK (`, `CONSTRAINT outcomes_add_up CHECK (true OR `,
		"./internal/postgres", "TestTheDatabaseRefusesAnEndThatDoesNotAddUp"),
	one("twice-in-the-lists", "the test that no record is in two lists",
		"activities/verification.go", `if len(lists.repeated) > 0 {`, `if false {`,
		"./activities", "TestARecordThatMovedBetweenPartsIsExportedAgainAndCountedOnce"),
	one("confirmed", "the test that the lists hold no more than was confirmed",
		"activities/verification.go", `if lists.distinct > export.Records {`, `if false {`,
		"./activities", "TestMoreRecordsThanConfirmedInTheListsFailTheSeal"),
	one("sealed-lists", "the test that what is sealed is what was read",
		"internal/postgres/seal.go", `if part.State != string(offhours.PartVerified) || seal.Lists[part.Part] != orZero(part.ListSha256) {`, `if part.Part < 0 {`,
		"./activities", "TestListsThatChangedSinceTheyWereReadAreNotSealed"),
	one("cascade", "the refusal of foreign keys that cascade",
		"internal/postgres/plan.go", `if unsafe > 0 {`, `if false {`,
		"./internal/postgres", "TestACascadingForeignKeyIsRefusedAtThePlan"),
	one("schema-change", "the test that the schema is the planned one",
		deletion, `if fingerprint != planned {`, `if false {`,
		"./internal/postgres", "TestAChangedSchemaStopsTheDelete"),
	one("file-lock", "the lock of files before their references are counted",
		"internal/postgres/tombstones.go", `f.key = k.key FOR UPDATE) l`, `f.key = k.key) l`,
		"./internal/postgres", "TestSomebodyWhoRefersToAFileAtThatMomentKeepsIt"),
	one("copy-check", "the read of a copy before its object is removed",
		"activities/attachments.go", `err := a.Archive.Check(ctx, t.Copy)`, `err := error(nil)`,
		"./activities", "TestAnObjectWhoseCopyIsLostIsKept"),
	one("prove-range", "the look for anything between a part's first and last record",
		"internal/postgres/closing.go", `AND (a.modified_on, a.id) <= (k.to_modified, k.to_id)`, `AND (a.modified_on, a.id) < (k.to_modified, k.to_id)`,
		"./internal/postgres", "TestWhateverIsLeftOfAPartIsSeen"),
	one("prove-list", "the read of a list before its part is said to be gone",
		"activities/deletion.go", `err := d.Archive.Check(ctx, part.Files.List)`, `err := error(nil)`,
		"./activities", "TestAListThatIsDamagedAfterItsDeleteIsNoSuccess"),
	one("attachments-key", "the test for the foreign key of attachments",
		"internal/postgres/plan.go", `if !guarded {`, `if false {`,
		"./internal/postgres", "TestAttachmentsWithoutTheirForeignKeyAreRefusedAtThePlan"),
	one("prove-gone", "the look for what was deleted",
		"activities/deletion.go", `if left > 0 {`, `if left < 0 {`,
		"./activities", "TestARecordThatCameBackIsNotGone"),
}
