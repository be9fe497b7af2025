package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// Fence ends all export and deletion of a request: once it returns, no attempt,
// however old, changes anything of it any more. failure is nil if the work came
// to its end. With a failure it takes a request out of the queue, too. The first
// call decides; later ones change nothing.
func (db *DB) Fence(ctx context.Context, ref offhours.RequestRef, failure *offhours.Failure) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if err := lockExclusively(ctx, tx, ref); err != nil {
			return err
		}
		params := dbsqlc.FenceRequestParams{ID: ref.RequestID, AccountID: ref.AccountID}
		if failure != nil {
			code := string(failure.Code)
			params.FailureCode, params.FailureDetail = &code, &failure.Detail
		}
		fenced, err := db.q.FenceRequest(ctx, tx, params)
		if err != nil || fenced == 0 {
			return err
		}
		return db.q.FenceParts(ctx, tx, ref.RequestID)
	})
}

// Accounting adds up the outcomes of a request from its batches and exceptions.
// Records that were confirmed but no longer listed had been modified meanwhile;
// if the export was never sealed, nobody knows, and they were not processed.
func (db *DB) Accounting(ctx context.Context, ref offhours.RequestRef) (offhours.Accounting, error) {
	return db.accounting(ctx, db.pool, ref)
}

func (db *DB) accounting(ctx context.Context, tx dbsqlc.DBTX, ref offhours.RequestRef) (offhours.Accounting, error) {
	row, err := db.q.CountOutcomes(ctx, tx, dbsqlc.CountOutcomesParams{ID: ref.RequestID, AccountID: ref.AccountID})
	if err != nil {
		return offhours.Accounting{}, notFound(err, "request")
	}
	account := offhours.Accounting{
		Status: offhours.Status(row.Status), Phase: offhours.Phase(orZero(row.Phase)),
		Records: row.Records, Listed: orZero(row.Listed), Sealed: row.Listed != nil, Reported: row.ReportKey != nil,
		Outcomes: offhours.Outcomes{
			Deleted: row.Deleted, KeptChanged: row.KeptChanged, KeptAttachment: row.KeptAttachment,
			AlreadyGone: row.AlreadyGone, Failed: row.Failed,
		},
	}
	if row.FailureCode != nil {
		account.Failure = &offhours.Failure{Code: offhours.FailureCode(*row.FailureCode), Detail: orZero(row.FailureDetail)}
	}
	if account.Sealed {
		account.Outcomes.KeptChanged += row.Records - account.Listed
		account.Outcomes.NotProcessed = row.Undone
	} else {
		account.Outcomes.NotProcessed = row.Records - account.Outcomes.Total()
	}
	return account, nil
}

// RecordReport pins the report. The first one stays: it returns ErrFenced if
// there is one already.
func (db *DB) RecordReport(ctx context.Context, ref offhours.RequestRef, report offhours.Stored) error {
	return fencedIfNone(db.q.RecordReport(ctx, db.pool, dbsqlc.RecordReportParams{
		ID: ref.RequestID, AccountID: ref.AccountID, Key: report.Key, Bytes: report.Bytes, Sha256: report.SHA256,
	}))
}

// Finish moves a reported request to Success or Failed, with its outcomes and
// the notices that announce it, in one transaction. It may be called again.
// Success needs an outcome of every record and none of them failed or left out.
func (db *DB) Finish(ctx context.Context, ref offhours.RequestRef) (account offhours.Accounting, err error) {
	err = db.inTx(ctx, func(tx pgx.Tx) error {
		if account, err = db.accounting(ctx, tx, ref); err != nil || account.Status.Ended() {
			return err
		}
		// What no batch, exception or list accounts for was not processed. It
		// never happens, but a request must not wait for ever for its end.
		account.Outcomes.NotProcessed += max(0, account.Records-account.Outcomes.Total())
		if account.Status = offhours.StatusSuccess; account.Failure == nil && !account.Outcomes.Complete(account.Records) {
			account.Failure = incomplete(account)
		}
		if account.Failure != nil {
			account.Status = offhours.StatusFailed
		}
		if err := fencedIfNone(db.q.FinishRequest(ctx, tx, finishParams(ref, account))); err != nil {
			return err
		}
		if err := db.announce(ctx, tx, ref, account.Status); err != nil {
			return err
		}
		return db.audit(ctx, tx, ref, bySystem, offhours.EventKind(account.Status), endOf(account))
	})
	return account, err
}

func finishParams(ref offhours.RequestRef, account offhours.Accounting) dbsqlc.FinishRequestParams {
	o := account.Outcomes
	params := dbsqlc.FinishRequestParams{
		ID: ref.RequestID, AccountID: ref.AccountID, Status: string(account.Status),
		Deleted: o.Deleted, KeptChanged: o.KeptChanged, KeptAttachment: o.KeptAttachment,
		AlreadyGone: o.AlreadyGone, Failed: o.Failed, NotProcessed: o.NotProcessed,
	}
	if account.Failure != nil {
		code := string(account.Failure.Code)
		params.FailureCode, params.FailureDetail = &code, &account.Failure.Detail
	}
	return params
}

// endOf is what the audit trail says about an end.
func endOf(account offhours.Accounting) map[string]any {
	detail := map[string]any{"outcomes": account.Outcomes}
	if account.Failure != nil {
		detail["failure"] = account.Failure.Code
	}
	return detail
}

func incomplete(account offhours.Accounting) *offhours.Failure {
	return &offhours.Failure{Code: offhours.FailureIncomplete, Detail: fmt.Sprintf(
		"%d of %d records could not be deleted. The report lists them.",
		account.Outcomes.Failed+account.Outcomes.NotProcessed, account.Records)}
}

// announce puts the notices of an end into the outbox.
func (db *DB) announce(ctx context.Context, tx pgx.Tx, ref offhours.RequestRef, status offhours.Status) error {
	if status == offhours.StatusSuccess {
		return db.q.AddAdminNotices(ctx, tx, dbsqlc.AddAdminNoticesParams{ID: ref.RequestID, Kind: string(status)})
	}
	return db.q.AddCreatorNotice(ctx, tx, dbsqlc.AddCreatorNoticeParams{ID: ref.RequestID, Kind: string(status)})
}

// PartOutcomes returns the outcome of every row of a part, by its number. Rows
// that no batch covers were not processed.
func (db *DB) PartOutcomes(ctx context.Context, part offhours.Part) ([]offhours.RowOutcome, error) {
	rows := make([]offhours.RowOutcome, part.Files.Rows)
	for i := range rows {
		rows[i].Outcome = offhours.OutcomeNotProcessed
	}
	batches, err := db.q.ReportedBatches(ctx, db.pool, dbsqlc.ReportedBatchesParams{RequestID: part.RequestID, Part: part.Number})
	if err != nil {
		return nil, err
	}
	for _, batch := range batches {
		for i := batch.FromRow; i < batch.ToRow; i++ {
			rows[i] = offhours.RowOutcome{Outcome: offhours.OutcomeDeleted, DeletedOn: &batch.DeletedAt}
		}
	}
	exceptions, err := db.q.ReportedExceptions(ctx, db.pool, dbsqlc.ReportedExceptionsParams{RequestID: part.RequestID, Part: part.Number})
	if err != nil {
		return nil, err
	}
	notes, err := db.q.FileNotes(ctx, db.pool, dbsqlc.FileNotesParams{RequestID: part.RequestID, Part: part.Number})
	if err != nil {
		return nil, err
	}
	exported := part.Files.CSV != nil
	for _, note := range notes {
		rows[note.RowNo].Reason = fileNote(note, exported)
	}
	for _, exception := range exceptions {
		rows[exception.RowNo] = offhours.RowOutcome{Outcome: reportedOutcome(exception.Outcome), Reason: exceptionReason(exception, exported), Superseded: exception.Superseded}
	}
	return rows, nil
}

// reportedOutcome is the outcome of a record that was never deleted. One that
// kept being rewritten has failed.
func reportedOutcome(outcome string) offhours.Outcome {
	switch outcome {
	case "rewritten", "unknown":
		return offhours.OutcomeFailed
	}
	return offhours.Outcome(outcome)
}

// exceptionReason says why a record was not deleted. A Delete Only request has
// listed it and exported nothing.
func exceptionReason(e dbsqlc.ReportedExceptionsRow, exported bool) string {
	if e.Reason != "" {
		return e.Reason
	}
	was, place := "exported", "the export"
	if !exported {
		was, place = "listed", "the list"
	}
	switch e.Outcome {
	case "keptChanged":
		return "modified after it was " + was
	case "keptAttachment":
		return "has an attachment that is not in " + place
	case "alreadyGone":
		return "was deleted by someone else"
	case "rewritten":
		return "kept being rewritten by another session"
	}
	return ""
}

// fileNote says what there is to say of a deleted record's files.
func fileNote(n dbsqlc.FileNotesRow, exported bool) string {
	when, since := "exported", "the export"
	if !exported {
		when, since = "listed", "it was listed"
	}
	var notes []string
	for _, note := range []struct {
		files     int
		one, many string
	}{
		{n.Missing, "attachment was missing when it was " + when, "attachments were missing when they were " + when},
		{n.Shared, "file stays: another record refers to it", "files stay: other records refer to them"},
		{n.Replaced, "file stays: it was replaced after " + since, "files stay: they were replaced after " + since},
		{n.Unproven, "file stays: its copy is no longer in the archive", "files stay: their copies are no longer in the archive"},
		{n.Undone, "file is yet to be removed", "files are yet to be removed"},
	} {
		switch {
		case note.files == 1:
			notes = append(notes, "1 "+note.one)
		case note.files > 1:
			notes = append(notes, fmt.Sprintf("%d %s", note.files, note.many))
		}
	}
	return strings.Join(notes, "; ")
}

// AnyThere reports whether there is any record between the first and the last one of
// a verified part: one that was deleted, or another one.
func (db *DB) AnyThere(ctx context.Context, part offhours.Part) (any bool, err error) {
	if part.Keys.Rows == 0 {
		return false, nil
	}
	err = db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, proveSettings); err != nil {
			return err
		}
		return tx.QueryRow(ctx, anyThereSQL, part.AccountID, part.RequestID, part.Keys.First, part.Keys.Last).Scan(&any)
	})
	return any, err
}

// proveSettings keep the planner from reading the whole table.
const proveSettings = `SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)`

// anyThereSQL reads in the order of the list. A row version never changes its place in
// it, so that one that was listed there is found there. Neither account nor rows are
// constants, as in deleteListed: where many records have the same time, the planner
// would take a part for all of the account. OFFSET keeps it so.
const anyThereSQL = `
WITH k AS MATERIALIZED (
    SELECT account_id, type_code,
           split_part($3, ' ', 1)::timestamptz AS from_modified, split_part($3, ' ', 2)::uuid AS from_id,
           split_part($4, ' ', 1)::timestamptz AS to_modified, split_part($4, ' ', 2)::uuid AS to_id
      FROM requests WHERE account_id = $1 AND id = $2
)
SELECT EXISTS (
       SELECT 1 FROM k, LATERAL (
              SELECT 1 FROM records a
               WHERE a.account_id = k.account_id AND a.type_code = k.type_code AND a.modified_on >= k.from_modified AND a.modified_on <= k.to_modified
                 AND (a.modified_on, a.id) >= (k.from_modified, k.from_id) AND (a.modified_on, a.id) <= (k.to_modified, k.to_id) OFFSET 0) still)`

// StillThere counts the listed row versions of a part, among those accounted as
// deleted, that a fresh look still finds: 0, or the delete did not happen.
func (db *DB) StillThere(ctx context.Context, ref offhours.RequestRef, deleted []offhours.Listed) (found int, err error) {
	ids, versions := make([]string, len(deleted)), make([]string, len(deleted))
	for i, row := range deleted {
		ids[i], versions[i] = row.ID, row.Version
	}
	err = db.pool.QueryRow(ctx, stillThereSQL, ref.AccountID, ids, versions).Scan(&found)
	return found, err
}

// stillThereSQL looks for each record by its key, as the delete did: the account is
// no constant, as in deleteListed, and OFFSET keeps the lookups lookups.
const stillThereSQL = `
WITH k AS MATERIALIZED (SELECT $1::bigint AS account_id, l.* FROM unnest($2::text[]::uuid[], $3::text[]::xid[]) l(id, version))
SELECT count(*)
  FROM k, LATERAL (SELECT a.xmin FROM records a WHERE a.account_id = k.account_id AND a.id = k.id OFFSET 0) still
 WHERE still.xmin = k.version`
