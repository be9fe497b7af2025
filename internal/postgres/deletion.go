package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/offhours/offhours"
)

// closeMargin is how long before the window's close the last batch may begin: a
// little more than its longest statement, so that it has ended by then.
const closeMargin = 6 * time.Second

// DeleteBatch deletes the listed records of a verified part from row part.Done
// on, in one transaction with everything that accounts for them, and returns how
// many it deleted and whom it kept waiting. The rows that it did not delete are
// exceptions with a reason. All of them at once is what nearly always works, unless
// the batch before was uneven; if it does not, nothing of it has happened, and each
// of them is locked and looked at.
//
// Errors: ErrFenced if the attempt was superseded, ErrWindowClosed if the window
// is closed by the database's clock or about to, ErrBusy, ErrTimedOut, ErrTableBusy
// or ErrReferenced if other sessions are in the way, *offhours.Failure if the request
// can never go on. After any of them, and after any other error, nothing of the
// batch has happened; only when the connection breaks during COMMIT it may have,
// and a new claim tells.
func (db *DB) DeleteBatch(ctx context.Context, part offhours.Part, rows []offhours.Listed) (offhours.Deleted, error) {
	if !part.Uneven {
		deleted, err := db.deleteBatch(ctx, part, rows, true)
		if !uneven(err) && !errors.Is(err, offhours.ErrReferenced) {
			return deleted, err
		}
	}
	return db.deleteBatch(ctx, part, rows, false)
}

// deleteBatch deletes all rows or none, or those that can be.
func (db *DB) deleteBatch(ctx context.Context, part offhours.Part, rows []offhours.Listed, all bool) (offhours.Deleted, error) {
	b := newBatch(part, rows)
	err := db.inBatch(ctx, func(tx pgx.Tx) error {
		facts, err := b.enter(ctx, tx, all)
		if err != nil {
			return err
		}
		if !facts.sameHistory {
			// Row versions mean nothing in another history of the database.
			return b.skip(ctx, tx, facts, "rewritten", "")
		}
		return b.delete(ctx, tx, facts, all)
	})
	if err != nil {
		return offhours.Deleted{}, err
	}
	return b.deleted, nil
}

// uneven reports whether a record of deleteAllSQL was not deleted.
func uneven(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == notNull && pg.TableName == "batches" && pg.ColumnName == "deleted"
}

// SkipBatch accounts for records that could not be deleted, and says why: they
// stay and have failed. Its errors are DeleteBatch's.
func (db *DB) SkipBatch(ctx context.Context, part offhours.Part, rows []offhours.Listed, reason string) error {
	b := newBatch(part, rows)
	return db.inBatch(ctx, func(tx pgx.Tx) error {
		facts, err := b.fence(ctx, tx)
		if err != nil {
			return err
		}
		return b.skip(ctx, tx, facts, string(offhours.OutcomeFailed), reason)
	})
}

// inBatch runs f in a transaction that f commits itself, in its last flush.
func (db *DB) inBatch(ctx context.Context, f func(pgx.Tx) error) error {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer rollback(tx)
	return busy(f(tx))
}

// batch is one delete transaction.
type batch struct {
	part     offhours.Part
	from, to int
	deleted  offhours.Deleted

	// Columns of the rows, in the order of their ids: rows are locked in that
	// order by everyone, so that batches do not deadlock.
	numbers  []int32
	ids      []string
	versions []string
	modified []time.Time
	attached []string // arrays of "id version" of the listed attachments
	copies   []string // arrays of the numbers of their copies
	owners   []string // ids of the records with listed attachments
}

func newBatch(part offhours.Part, rows []offhours.Listed) *batch {
	b := &batch{part: part, from: part.Done, to: part.Done + len(rows)}
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return strings.Compare(rows[i].ID, rows[j].ID) })
	for _, i := range order {
		b.numbers = append(b.numbers, int32(b.from+i))
		b.ids = append(b.ids, rows[i].ID)
		b.versions = append(b.versions, rows[i].Version)
		b.modified = append(b.modified, rows[i].ModifiedOn)
		b.attached = append(b.attached, arrayOf(rows[i].Attachments, func(a offhours.Attachment) string { return `"` + a.ID + " " + a.Version + `"` }))
		b.copies = append(b.copies, arrayOf(rows[i].Attachments, func(a offhours.Attachment) string { return strconv.Itoa(a.Number) }))
		if len(rows[i].Attachments) > 0 {
			b.owners = append(b.owners, rows[i].ID)
		}
	}
	return b
}

// arrayOf is PostgreSQL's text form of an array.
func arrayOf(attachments []offhours.Attachment, element func(offhours.Attachment) string) string {
	elements := make([]string, len(attachments))
	for i, a := range attachments {
		elements[i] = element(a)
	}
	return "{" + strings.Join(elements, ",") + "}"
}

// fenceFacts is what the fence let pass.
type fenceFacts struct {
	fingerprint string
	typeCode    int
	windowClose time.Time
	sameHistory bool
}

// fence takes the locks of the request and the part, in the order in which
// everyone takes them.
func (b *batch) fence(ctx context.Context, tx pgx.Tx) (fenceFacts, error) {
	batch := &pgx.Batch{}
	b.queueFence(batch)
	results := tx.SendBatch(ctx, batch)
	facts, err := b.readFence(results)
	return facts, errors.Join(err, results.Close())
}

func (b *batch) queueFence(batch *pgx.Batch) {
	batch.Queue(deleteSettings)
	batch.Queue(sharedLockSQL, b.part.RequestID)
	batch.Queue(fenceSQL, b.part.RequestID, b.part.AccountID, b.part.Number, b.part.Epoch,
		b.part.Files.List.Key, b.part.Files.List.SHA256, b.from, b.to, closeMargin.Seconds())
}

func (b *batch) readFence(results pgx.BatchResults) (facts fenceFacts, err error) {
	for range 2 {
		if _, err := results.Exec(); err != nil {
			return facts, tableBusy(err)
		}
	}
	var windowOpen, inTime bool
	err = tableBusy(results.QueryRow().Scan(&windowOpen, &inTime, &facts.fingerprint, &facts.typeCode, &facts.windowClose, &facts.sameHistory))
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return facts, offhours.ErrFenced
	case err != nil:
		return facts, err
	case !inTime:
		return facts, offhours.TooLateToDeleteMore()
	case !windowOpen:
		return facts, offhours.ErrWindowClosed
	}
	return facts, nil
}

// enter takes the locks in one round trip and refuses a changed schema. Where all
// rows are deleted or none, the delete is their lock.
func (b *batch) enter(ctx context.Context, tx pgx.Tx, all bool) (fenceFacts, error) {
	batch := &pgx.Batch{}
	b.queueFence(batch)
	batch.Queue(lockTablesSQL)
	if !all {
		batch.Queue(lockRowsSQL, b.part.AccountID, b.ids)
		batch.Queue(lockAttachmentsSQL, b.part.AccountID, b.owners)
	}
	batch.Queue("SELECT schema_fingerprint()") // a statement of its own sees what the locks let pass
	results := tx.SendBatch(ctx, batch)
	facts, err := b.readFence(results)
	if err == nil {
		err = readLocks(results, facts.fingerprint, all)
	}
	return facts, errors.Join(err, results.Close())
}

func readLocks(results pgx.BatchResults, planned string, all bool) error {
	if _, err := results.Exec(); err != nil {
		return tableBusy(err)
	}
	if !all {
		for range 2 {
			if _, err := results.Exec(); err != nil {
				return err
			}
		}
	}
	var fingerprint string
	if err := results.QueryRow().Scan(&fingerprint); err != nil {
		return err
	}
	if fingerprint != planned {
		return schemaChanged()
	}
	return nil
}

// delete deletes, accounts and commits in one flush.
func (b *batch) delete(ctx context.Context, tx pgx.Tx, facts fenceFacts, all bool) error {
	p := b.part
	sql := deleteEachSQL
	if all {
		sql = deleteAllSQL
	}
	batch := &pgx.Batch{}
	batch.Queue(sql, p.RequestID, p.AccountID, p.Number, b.from, b.to,
		b.numbers, b.ids, b.versions, b.modified, facts.typeCode, facts.windowClose, b.attached, b.copies)
	if !all {
		batch.Queue(classifySQL, p.RequestID, p.Number, p.AccountID, b.numbers, b.ids, facts.typeCode, b.modified, b.attached)
	}
	return b.commit(ctx, tx, batch)
}

func (b *batch) skip(ctx context.Context, tx pgx.Tx, facts fenceFacts, outcome, reason string) error {
	batch := &pgx.Batch{}
	batch.Queue(skipSQL, b.part.RequestID, b.part.Number, b.from, b.to, b.numbers, b.ids, b.modified, outcome, reason, facts.windowClose)
	return b.commit(ctx, tx, batch)
}

// commit adds the part's progress and COMMIT to the flush, so that the window's
// test and the end of the transaction lie as close together as can be.
func (b *batch) commit(ctx context.Context, tx pgx.Tx, batch *pgx.Batch) error {
	p := b.part
	batch.Queue(progressSQL, p.RequestID, p.Number, b.from, b.to)
	batch.Queue(deletedSQL, p.RequestID, p.Number, b.from)
	batch.Queue("COMMIT")
	results := tx.SendBatch(ctx, batch)
	for range batch.Len() - 2 {
		if _, err := results.Exec(); err != nil {
			return errors.Join(err, results.Close())
		}
	}
	err := results.QueryRow().Scan(&b.deleted.Records, &b.deleted.Waiters)
	return errors.Join(err, results.Close())
}

// rollback gives up what was not committed. A batch that sent its own COMMIT
// leaves nothing to roll back.
func rollback(tx pgx.Tx) {
	if tx.Conn().PgConn().TxStatus() == 'I' {
		return // PostgreSQL would warn, once a batch
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = tx.Rollback(ctx)
}

// Errors that a smaller batch, a little later, may not meet.
// https://www.postgresql.org/docs/15/errcodes-appendix.html
const (
	lockNotAvailable = "55P03"
	queryCanceled    = "57014" // by statement_timeout
	foreignKey       = "23503" // a row that refers to a record
	notNull          = "23502"
)

var busyCodes = []string{lockNotAvailable, "40P01", "40001"} // lock_timeout, deadlock, serialization

// tableBusy is for locks that are not of records: no record is to blame for the wait.
func tableBusy(err error) error {
	if sqlState(err) == lockNotAvailable {
		return offhours.ErrTableBusy
	}
	return err
}

// busy translates PostgreSQL's errors into the domain's, once.
func busy(err error) error {
	var pg *pgconn.PgError
	switch {
	case errors.Is(err, offhours.ErrTableBusy), !errors.As(err, &pg):
		return err
	case pg.Code == queryCanceled:
		return offhours.ErrTimedOut
	case slices.Contains(busyCodes, pg.Code):
		return fmt.Errorf("%w (%s)", offhours.ErrBusy, pg.Code)
	case pg.Code == foreignKey:
		return offhours.ErrReferenced
	case pg.Code == "23514" && pg.ConstraintName == "inside_the_window":
		return offhours.ErrWindowClosed
	}
	return err
}

// sqlState returns the error code of PostgreSQL, if it is one of its errors.
func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}
