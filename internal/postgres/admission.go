package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// Admit makes a request of a user's draft, in the account of that user. Checks
// run in the order of the codes of [offhours.Code], and each refusal is an
// *offhours.Error. One transaction checks, counts, inserts, announces and audits,
// and holds the account's row all the while: whatever comes at once, no limit is
// exceeded.
//
// A draft that was admitted before under the same key answers the request of
// then, with created false, even if that has ended meanwhile. The request
// starts in a window of the account, at least grace after its creation.
func (db *DB) Admit(ctx context.Context, user offhours.User, draft offhours.Draft, idempotencyKey string, grace time.Duration) (request offhours.Request, created bool, err error) {
	return db.admit(ctx, admission{user: user, key: idempotencyKey}, draft, grace)
}

func (db *DB) admit(ctx context.Context, a admission, draft offhours.Draft, grace time.Duration) (request offhours.Request, created bool, err error) {
	if !a.user.IsAdmin() {
		return offhours.Request{}, false, offhours.Errorf(offhours.CodeAccessDenied, offhours.TextAccessDenied)
	}
	if a.bodySHA256, err = digest(draft); err != nil {
		return offhours.Request{}, false, err
	}
	err = db.inTx(ctx, func(tx pgx.Tx) error {
		request, created, err = a.run(ctx, db, tx, draft, grace)
		return err
	})
	if isUnique(err, "one_live_request_per_type") {
		err = duplicate() // the lock on the account makes this impossible; the index makes it certain
	}
	if err != nil {
		return offhours.Request{}, false, err
	}
	return request, created, nil
}

type admission struct {
	*candidate
	user       offhours.User
	operator   string // who acts for the user, "" for the user alone
	key        string
	bodySHA256 []byte
}

// digest is of what the draft says, so that the formatting of a body does not
// matter to its idempotency key.
func digest(draft offhours.Draft) ([]byte, error) {
	canonical, err := json.Marshal(draft)
	if err != nil {
		return nil, offhours.Errorf(offhours.CodeInvalidRequest, "range: from and to must be dates that exist.")
	}
	sum := sha256.Sum256(canonical)
	return sum[:], nil
}

func (a *admission) run(ctx context.Context, db *DB, tx pgx.Tx, draft offhours.Draft, grace time.Duration) (offhours.Request, bool, error) {
	account, err := db.lockAccount(ctx, tx, a.user.AccountID)
	if err != nil {
		return offhours.Request{}, false, err
	}
	first, conflict, err := a.firstOfKey(ctx, db, tx)
	if err != nil {
		return offhours.Request{}, false, err
	}
	if first != "" { // whatever the hours and the calendar of the account are by now
		request, err := db.detailsOf(ctx, tx, first)
		return request, false, err
	}
	if a.candidate, err = db.newCandidate(ctx, tx, account, draft, grace); err != nil {
		return offhours.Request{}, false, err
	}
	if err := a.check(ctx, conflict); err != nil {
		return offhours.Request{}, false, err
	}
	id, err := a.insert(ctx)
	if err != nil {
		return offhours.Request{}, false, err
	}
	request, err := db.detailsOf(ctx, tx, id)
	return request, err == nil, err
}

// lockAccount makes admissions of one account, and changes of its hours, take
// turns, and reads the account as it is when its turn has come.
func (db *DB) lockAccount(ctx context.Context, tx pgx.Tx, accountID int64) (offhours.Account, error) {
	if err := db.q.LimitTransaction(ctx, tx); err != nil {
		return offhours.Account{}, err
	}
	row, err := db.q.LockAccount(ctx, tx, accountID)
	if err != nil {
		return offhours.Account{}, notFound(err, "account")
	}
	account, err := accountFromRow(row)
	if err == nil && !account.FeatureEnabled {
		return offhours.Account{}, offhours.Errorf(offhours.CodeFeatureDisabled, offhours.TextFeatureDisabled)
	}
	return account, err
}

// firstOfKey returns the id of the request that the same draft made under the
// same key before, if any, or else the refusal of a key used for another draft.
func (a *admission) firstOfKey(ctx context.Context, db *DB, tx pgx.Tx) (id string, conflict, err error) {
	row, err := db.q.RequestOfKey(ctx, tx, dbsqlc.RequestOfKeyParams{AccountID: a.user.AccountID, IdempotencyKey: a.key})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", nil, nil
	case err != nil:
		return "", nil, err
	case bytes.Equal(row.BodySha256, a.bodySHA256):
		return row.ID, nil, nil
	}
	return "", offhours.Errorf(offhours.CodeIdempotencyConflict, "This Idempotency-Key was used for another request. Use a new key for each new request."), nil
}

// check runs the checks that cost little before it counts.
func (a *admission) check(ctx context.Context, conflict error) error {
	if err := a.checkType(ctx); err != nil {
		return err
	}
	if err := a.checkConfirmed(); err != nil {
		return err
	}
	if conflict != nil {
		return conflict
	}
	if err := a.checkDuplicate(ctx); err != nil {
		return err
	}
	if err := a.count(ctx); err != nil {
		return err
	}
	if err := a.checkSize(); err != nil {
		return err
	}
	return a.checkQueue(ctx)
}

// insert writes the request, the notice for its creator and the audit event.
func (a *admission) insert(ctx context.Context) (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make an id: %w", err)
	}
	params, err := a.params(id.String())
	if err != nil {
		return "", err
	}
	if err := a.db.q.InsertRequest(ctx, a.tx, params); err != nil {
		return "", err
	}
	if err := a.db.q.InsertCreatedNotice(ctx, a.tx, dbsqlc.InsertCreatedNoticeParams{RequestID: params.ID, Recipient: a.user.ID}); err != nil {
		return "", err
	}
	return params.ID, a.audit(ctx, params)
}

func (a *admission) params(id string) (dbsqlc.InsertRequestParams, error) {
	picked, err := json.Marshal(a.draft.Range)
	if err != nil {
		return dbsqlc.InsertRequestParams{}, fmt.Errorf("write the range: %w", err)
	}
	params := dbsqlc.InsertRequestParams{
		ID:             id,
		AccountID:      a.account.ID,
		TypeCode:       a.draft.ActivityType,
		EntityName:     a.entityName,
		RequestType:    string(a.draft.RequestType),
		Range:          picked,
		SelBefore:      a.selection.Before,
		SelAfter:       a.selection.After,
		SelUntil:       a.selection.Until,
		Records:        int(a.records()),
		CreatedBy:      a.user.ID,
		CreatedOn:      a.created,
		IdempotencyKey: a.key,
		BodySha256:     a.bodySHA256,
		StartsAt:       &a.startsAt,
	}
	if a.draft.RequestType == offhours.ExportAndDelete {
		deadline := offhours.DeleteDeadline(a.created)
		params.DeleteDeadline = &deadline
	}
	return params, nil
}

func (a *admission) audit(ctx context.Context, made dbsqlc.InsertRequestParams) error {
	said := map[string]any{
		"activityType": made.TypeCode,
		"requestType":  made.RequestType,
		"records":      made.Records,
		"selection":    a.selection,
	}
	if a.operator != "" {
		said["operator"] = a.operator
	}
	detail, err := json.Marshal(said)
	if err != nil {
		return err
	}
	return a.db.q.InsertCreatedEvent(ctx, a.tx, dbsqlc.InsertCreatedEventParams{
		AccountID: made.AccountID,
		RequestID: &made.ID,
		At:        made.CreatedOn,
		Actor:     a.user.ID,
		Detail:    detail,
	})
}
