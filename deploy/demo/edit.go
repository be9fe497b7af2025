package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours/deploy/rig"
)

const (
	editedNote = "Edited while the request ran."
	lateName   = "came after the export.txt"
	// editPatience begins when the window opens.
	editPatience = 2 * time.Minute
)

// edit is what users do to two selected records between the export of their part
// and its deletion: they change one, and attach a file to the other. Both are
// locked before the window opens: an export reads past a lock and a delete stops
// at it, so the order of events is certain, and the delete stays in its middle
// for as long as it takes.
type edit struct {
	conn     *pgx.Conn
	tx       pgx.Tx
	id       string
	modified time.Time // before the edit

	late attachedFile // and its record
}

// middle is the place, in the order of parts, of a record in the middle of the
// older ones: odd, and so never the first of a part.
func (p *plan) middle() int { return p.older/2 | 1 }

// lockForEdit locks two records in the middle of what the export selects.
func (d *demo) lockForEdit(ctx context.Context) (err error) {
	chosen, err := d.chosenRecords(ctx, &d.export)
	if err != nil {
		return err
	}
	place := d.export.middle()
	d.edit.id, d.edit.modified = chosen[place].ID, chosen[place].ModifiedOn
	if d.edit.conn, err = pgx.Connect(ctx, d.stack.Env["DATABASE_URL"]); err != nil {
		return fmt.Errorf("connect as the editor: %w", err)
	}
	if d.edit.tx, err = d.edit.conn.Begin(ctx); err != nil {
		return fmt.Errorf("begin the edit: %w", err)
	}
	_, err = d.edit.tx.Exec(ctx, "SELECT 1 FROM records WHERE account_id = $1 AND id = ANY($2::text[]::uuid[]) ORDER BY id FOR UPDATE",
		accountID, []string{d.edit.id, d.edit.late.recordID})
	if err != nil {
		return fmt.Errorf("lock the records to edit: %w", err)
	}
	return nil
}

// awaitMiddle waits until everything before the locked record of its part was
// deleted.
func (e *edit) awaitMiddle(ctx context.Context, requestID string, opening time.Time) error {
	patience := time.Until(opening) + editPatience
	return rig.Poll(ctx, "the delete to reach its middle", patience, nil, func(ctx context.Context) (reached bool, err error) {
		err = e.tx.QueryRow(ctx, `
SELECT EXISTS (SELECT 1 FROM requests r JOIN parts p ON p.request_id = r.id AND p.state = 'verified'
    WHERE r.id = $1 AND r.phase = 'deleting' AND p.done > 0 AND (p.from_modified, p.from_id) <= ($2, $3::text::uuid) AND ($2, $3::text::uuid) <= (p.to_modified, p.to_id)
      AND p.done = (SELECT count(*) FROM demo.before b JOIN demo.chosen c ON c.id = b.id AND c.request = 'export'
          WHERE (p.from_modified, p.from_id) <= (b.modified_on, b.id) AND (b.modified_on, b.id) < ($2, $3::text::uuid)))`,
			requestID, e.modified, e.id).Scan(&reached)
		return reached, err
	})
}

// commit edits one record, attaches a file to the other, and lets both go.
func (e *edit) commit(ctx context.Context) error {
	if _, err := e.tx.Exec(ctx, "UPDATE records SET note = $3 WHERE account_id = $1 AND id = $2", accountID, e.id, editedNote); err != nil {
		return fmt.Errorf("edit the record: %w", err)
	}
	if err := insertAttachments(ctx, e.tx, []attachment{{e.late.recordID, lateName, e.late.key}}); err != nil {
		return err
	}
	if err := e.tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit the edit: %w", err)
	}
	return nil
}

// release gives the locks back, if they are still held.
func (e *edit) release() {
	if e.conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = e.conn.Close(ctx) // an edit that was not committed is rolled back
	}
}
