package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// What support tooling reads crosses accounts: the API must not use this file.

// AdmitOnBehalf is [DB.Admit] for support tooling: the user's rights and limits
// hold, and the audit trail says who acted for the user.
func (db *DB) AdmitOnBehalf(ctx context.Context, operator string, user offhours.User, draft offhours.Draft, idempotencyKey string, grace time.Duration) (request offhours.Request, created bool, err error) {
	return db.admit(ctx, admission{user: user, key: idempotencyKey, operator: operator}, draft, grace)
}

// SupportRequests returns requests of all accounts, the newest first.
func (db *DB) SupportRequests(ctx context.Context, query offhours.SupportQuery) (found []offhours.Request, err error) {
	statuses := []string{}
	for _, status := range query.Statuses {
		statuses = append(statuses, string(status))
	}
	err = db.inReadTx(ctx, func(tx pgx.Tx) error {
		ids, err := db.q.SupportRequestIDs(ctx, tx, dbsqlc.SupportRequestIDsParams{
			AccountID:   query.AccountID,
			Statuses:    statuses,
			TypeCode:    query.ActivityType,
			EntityName:  query.EntityName,
			RequestType: string(query.RequestType),
			LimitTo:     query.Limit,
		})
		if err != nil {
			return err
		}
		found, err = db.details(ctx, tx, ids...)
		return err
	})
	return found, err
}

// AuditTrail returns what happened to a request, the oldest first.
func (db *DB) AuditTrail(ctx context.Context, requestID string) ([]offhours.Event, error) {
	if !isUUID(requestID) {
		return nil, noSuchRequest()
	}
	rows, err := db.q.AuditTrail(ctx, db.pool, requestID)
	if err != nil {
		return nil, fmt.Errorf("read the audit trail: %w", err)
	}
	events := make([]offhours.Event, 0, len(rows))
	for _, row := range rows {
		events = append(events, offhours.Event{At: row.At.UTC(), Actor: row.Actor, Action: row.Action, Detail: json.RawMessage(row.Detail)})
	}
	return events, nil
}

// Mails counts the mails about a request, by what they announce and their state.
func (db *DB) Mails(ctx context.Context, requestID string) ([]offhours.MailCount, error) {
	if !isUUID(requestID) {
		return nil, noSuchRequest()
	}
	rows, err := db.q.CountMails(ctx, db.pool, requestID)
	if err != nil {
		return nil, fmt.Errorf("count the mails: %w", err)
	}
	counts := make([]offhours.MailCount, 0, len(rows))
	for _, row := range rows {
		counts = append(counts, offhours.MailCount{Kind: offhours.NoticeKind(row.Kind), State: row.State, Count: row.Count})
	}
	return counts, nil
}
