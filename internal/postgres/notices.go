package postgres

import (
	"context"

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

// NoticeSent records that a notice was accepted for delivery.
func (db *DB) NoticeSent(ctx context.Context, id int64, messageID string) error {
	return db.q.NoticeSent(ctx, db.pool, dbsqlc.NoticeSentParams{ID: id, MessageID: messageID})
}

// NoticeFailed records an attempt that failed, for good if giveUp.
func (db *DB) NoticeFailed(ctx context.Context, id int64, giveUp bool) error {
	return db.q.NoticeFailed(ctx, db.pool, dbsqlc.NoticeFailedParams{ID: id, GiveUp: giveUp})
}
