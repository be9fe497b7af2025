package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	editedNote = "Edited while the request ran."
	// editPatience begins when the window opens.
	editPatience = 2 * time.Minute
)

// edit is a user's change to a selected record, between the export of its part
// and its deletion. The record is locked before the window opens: an export
// reads past the lock, a delete cannot, so the order of events is certain.
type edit struct {
	conn     *pgx.Conn
	tx       pgx.Tx
	id       string
	modified time.Time // before the edit

	partState string // of its part, when the edit began
}

// lockForEdit locks the record in the middle of what the export selects.
func (d *demo) lockForEdit(ctx context.Context) error {
	err := d.conn.QueryRow(ctx, `SELECT b.id::text, b.modified_on FROM demo.before b JOIN demo.chosen c ON c.id = b.id AND c.request = $1
		ORDER BY b.modified_on, b.id OFFSET $2 LIMIT 1`, d.export.name, d.export.selected()/2).Scan(&d.edit.id, &d.edit.modified)
	if err != nil {
		return fmt.Errorf("choose a record to edit: %w", err)
	}
	if d.edit.conn, err = pgx.Connect(ctx, d.stack.env["DATABASE_URL"]); err != nil {
		return fmt.Errorf("connect as the editor: %w", err)
	}
	if d.edit.tx, err = d.edit.conn.Begin(ctx); err != nil {
		return fmt.Errorf("begin the edit: %w", err)
	}
	_, err = d.edit.tx.Exec(ctx, "SELECT 1 FROM records WHERE account_id = $1 AND id = $2 FOR UPDATE", accountID, d.edit.id)
	if err != nil {
		return fmt.Errorf("lock the record to edit: %w", err)
	}
	return nil
}

// commit waits until the record's part was exported, and only then edits it.
func (e *edit) commit(ctx context.Context, requestID string, opening time.Time) error {
	defer e.release()
	patience := time.Until(opening) + editPatience
	err := poll(ctx, "the edited record's part to be exported", patience, nil, func(ctx context.Context) (bool, error) {
		err := e.tx.QueryRow(ctx, `SELECT coalesce(min(state), 'not planned') FROM parts WHERE request_id = $1
			AND (from_modified, from_id) <= ($2, $3::text::uuid) AND ($2, $3::text::uuid) <= (to_modified, to_id)`, requestID, e.modified, e.id).Scan(&e.partState)
		return e.partState == "exported" || e.partState == "verified", err
	})
	if err != nil {
		return err
	}
	if _, err := e.tx.Exec(ctx, "UPDATE records SET note = $3 WHERE account_id = $1 AND id = $2", accountID, e.id, editedNote); err != nil {
		return fmt.Errorf("edit the record: %w", err)
	}
	if err := e.tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit the edit: %w", err)
	}
	return nil
}

// release gives the lock back, if it is still held.
func (e *edit) release() {
	if e.conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = e.conn.Close(ctx) // an edit that was not committed is rolled back
	}
}
