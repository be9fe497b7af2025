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

// bySystem is the actor of what no person did.
const bySystem = "workflow"

// actionCreated is how an admission is kept; all other events by their own name.
const actionCreated = "request_created"

// audit adds to the audit trail of a request. by is the id of a user, the words of
// support tooling, or bySystem.
func (db *DB) audit(ctx context.Context, tx pgx.Tx, ref offhours.RequestRef, by string, event offhours.EventKind, detail map[string]any) error {
	text, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	if detail == nil {
		text = []byte("{}")
	}
	return db.q.AddAuditEvent(ctx, tx, dbsqlc.AddAuditEventParams{
		AccountID: ref.AccountID, RequestID: ref.RequestID, Actor: by, Action: string(event), Detail: text,
	})
}

// auditPause tells of a pause that begins or ends, not of one that only becomes
// longer or shorter.
func (db *DB) auditPause(ctx context.Context, tx pgx.Tx, ref offhours.RequestRef, by string, before, after *time.Time) error {
	switch {
	case before == nil && after != nil:
		return db.audit(ctx, tx, ref, by, offhours.EventPaused, map[string]any{"until": after.UTC()})
	case before != nil && after == nil:
		return db.audit(ctx, tx, ref, by, offhours.EventResumed, nil)
	}
	return nil
}

// Events returns what happened to a request of an account, the oldest first. It
// returns CodeNotFound as [DB.Request] does.
func (db *DB) Events(ctx context.Context, accountID int64, requestID string) ([]offhours.RequestEvent, error) {
	if !isUUID(requestID) {
		return nil, noSuchRequest()
	}
	found, err := db.q.HasRequest(ctx, db.pool, dbsqlc.HasRequestParams{ID: requestID, AccountID: accountID})
	if err != nil {
		return nil, fmt.Errorf("look for the request: %w", err)
	}
	if !found {
		return nil, noSuchRequest()
	}
	rows, err := db.q.RequestEvents(ctx, db.pool, dbsqlc.RequestEventsParams{RequestID: requestID, AccountID: accountID})
	if err != nil {
		return nil, fmt.Errorf("read the events: %w", err)
	}
	events := make([]offhours.RequestEvent, 0, len(rows))
	for _, row := range rows {
		events = append(events, eventFromRow(row))
	}
	return events, nil
}

func eventFromRow(row dbsqlc.RequestEventsRow) offhours.RequestEvent {
	event := offhours.RequestEvent{At: row.At.UTC(), Event: offhours.EventKind(row.Action)}
	if row.Action == actionCreated {
		event.Event = offhours.EventCreated
	}
	if row.Actor != bySystem {
		event.By = &row.Actor
	}
	if row.Reason != "" {
		event.Reason = &row.Reason
	}
	return event
}
