package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// PendingNotices returns the notices of one kind that are still to be sent. They
// were written in the transaction of the change that they announce.
func (db *DB) PendingNotices(ctx context.Context, ref offhours.RequestRef, kind offhours.NoticeKind) ([]offhours.Notice, error) {
	rows, err := db.q.PendingNotices(ctx, db.pool, dbsqlc.PendingNoticesParams{
		RequestID: ref.RequestID, AccountID: ref.AccountID, Kind: string(kind),
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	request, err := db.Request(ctx, ref.AccountID, ref.RequestID)
	if err != nil {
		return nil, err
	}
	account, err := db.Account(ctx, ref.AccountID)
	if err != nil {
		return nil, err
	}
	notices := make([]offhours.Notice, len(rows))
	for i, row := range rows {
		notices[i] = offhours.Notice{
			ID: row.ID, Kind: kind, RecipientName: row.Name, RecipientEmail: row.Email,
			AccountName: account.Name, TimeZone: account.Schedule.TimeZone, Request: request,
		}
	}
	return notices, nil
}

// DeliverNotice has a pending notice sent and records what send says came of it:
// its new state and, once it was accepted, the id of the message. The notice is
// locked meanwhile, so that no two attempts send it, however old one of them is.
// It returns ErrBusy if another attempt has it in its hands, and nil if it is not
// pending any more.
func (db *DB) DeliverNotice(ctx context.Context, id int64, send func(context.Context) (offhours.NoticeState, string)) error {
	tx, err := db.pool.Begin(ctx)
	if err != nil {
		return err
	}
	// Whoever is cancelled after the mail was accepted still has to say so.
	recording := context.WithoutCancel(ctx)
	defer func() { _ = tx.Rollback(recording) }() // of what was not committed
	notice, err := db.q.LockNotice(ctx, tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return db.inOtherHands(ctx, id)
	}
	if err != nil {
		return err
	}
	state, messageID := send(ctx)
	err = db.recordNotice(recording, tx, id, notice, state, messageID)
	if err == nil {
		err = tx.Commit(recording)
	}
	if err != nil && state == offhours.NoticeSent {
		return db.recordLate(recording, id, messageID)
	}
	return err
}

func (db *DB) inOtherHands(ctx context.Context, id int64) error {
	pending, err := db.q.NoticeIsPending(ctx, db.pool, id)
	if err == nil && pending {
		err = offhours.ErrBusy
	}
	return err
}

func (db *DB) recordNotice(ctx context.Context, tx pgx.Tx, id int64, notice dbsqlc.LockNoticeRow, state offhours.NoticeState, messageID string) error {
	params := dbsqlc.RecordNoticeParams{ID: id, State: string(state)}
	if state == offhours.NoticeSent {
		params.MessageID = &messageID
	}
	err := db.q.RecordNotice(ctx, tx, params)
	if err == nil && state == offhours.NoticeGivenUp {
		ref := offhours.RequestRef{AccountID: notice.AccountID, RequestID: notice.RequestID}
		err = db.audit(ctx, tx, ref, bySystem, offhours.EventMailGivenUp, map[string]any{"kind": notice.Kind, "notice": id})
	}
	return err
}

// How often, and how far apart, it is tried to record a mail late: for long enough
// to outlast a restart of the database, for less than a mail's attempt may take.
const (
	lateTries = 20
	lateEvery = time.Second
)

// recordLate records a mail that was accepted, when the database went away in
// that moment: forgetting it would send it again. That is why nothing ends its
// wait early, neither a cancelled attempt nor a worker that is asked to stop.
func (db *DB) recordLate(ctx context.Context, id int64, messageID string) (err error) {
	params := dbsqlc.RecordNoticeParams{ID: id, State: string(offhours.NoticeSent), MessageID: &messageID}
	for range lateTries {
		if err = db.q.RecordNotice(ctx, db.pool, params); err == nil {
			return nil
		}
		time.Sleep(lateEvery)
	}
	return err
}

// Undelivered returns whose notices have been pending for longer than olderThan.
func (db *DB) Undelivered(ctx context.Context, olderThan time.Duration) ([]offhours.PendingNotices, error) {
	rows, err := db.q.Undelivered(ctx, db.pool, olderThan.Seconds())
	if err != nil {
		return nil, err
	}
	pending := make([]offhours.PendingNotices, len(rows))
	for i, row := range rows {
		pending[i] = offhours.PendingNotices{
			RequestRef: offhours.RequestRef{AccountID: row.AccountID, RequestID: row.RequestID}, Kind: offhours.NoticeKind(row.Kind),
		}
	}
	return pending, nil
}
