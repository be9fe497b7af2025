package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// RecordSource returns the next record, and io.EOF after the last one. Any other
// error ends the load, which then loads nothing.
type RecordSource func() (offhours.Incoming, error)

// LoadedType says what a load did in one type.
type LoadedType struct {
	Code      int
	Name      string
	Created   bool // the type is new
	Inserted  int
	Unchanged int // records that were there, under the same id, and stayed as they were
	Files     int // of the records that were inserted
}

// LoadResult says what a load did. Types come in the order in which the source
// named them first.
type LoadResult struct {
	Types    []LoadedType
	Analyzed bool // the planner's statistics were refreshed
}

// Inserted is the number of records that are new.
func (r LoadResult) Inserted() (n int) {
	for _, t := range r.Types {
		n += t.Inserted
	}
	return n
}

// Unchanged is the number of records that were there and stayed as they were.
func (r LoadResult) Unchanged() (n int) {
	for _, t := range r.Types {
		n += t.Unchanged
	}
	return n
}

// Files is the number of files that are new.
func (r LoadResult) Files() (n int) {
	for _, t := range r.Types {
		n += t.Files
	}
	return n
}

// ErrAlreadyLoaded says that [DB.LoadFreshRecords] met a record that was there.
var ErrAlreadyLoaded = errors.New("a record with the same id is already there")

// ErrInDoubt says that the connection broke during the commit of a load, which
// may or may not have happened. Loading again is safe.
var ErrInDoubt = errors.New("the connection broke during the commit: all or nothing was loaded; run it again")

// LoadRecords adds records to an account, all of them or none. A record whose
// id is there already is left exactly as it is, and its files are not stored.
// The store may be nil if no record has files. Types that the account does not
// have are created as custom types with the given fields; those it has must be
// custom and declare the same fields.
//
// Every error but [ErrInDoubt] means that nothing was loaded. When ctx ends
// before the commit nothing is; the commit itself is not given up half way.
func (db *DB) LoadRecords(ctx context.Context, accountID int64, fields []offhours.Field, next RecordSource, store FileStore) (LoadResult, error) {
	var result LoadResult
	filing := newFiling(store, accountID)
	err := db.inLoadTx(ctx, filing, func(tx pgx.Tx) error {
		if _, err := db.q.AccountByID(ctx, tx, accountID); err != nil {
			return notFound(err, "account")
		}
		if _, err := tx.Exec(ctx, createIncoming); err != nil {
			return fmt.Errorf("create the table of incoming records: %w", err)
		}
		tally, err := copyIncoming(ctx, tx, next)
		if err != nil {
			return err
		}
		types, err := db.ensureTypes(ctx, tx, accountID, tally.names, fields)
		if err != nil {
			return err
		}
		result, err = insertIncoming(ctx, tx, types, tally, filing)
		return err
	})
	if err != nil {
		return LoadResult{}, fmt.Errorf("load records into account %d: %w", accountID, err)
	}
	result.Analyzed = db.analyzeAfter(ctx, result.Inserted())
	return result, nil
}

// LoadFreshRecords is LoadRecords for records of one type whose ids are all
// new: faster, since nothing has to be compared, and without a second copy on
// the server's disk. It returns [ErrAlreadyLoaded] if one is not new, and loads
// nothing then.
func (db *DB) LoadFreshRecords(ctx context.Context, accountID int64, typeName string, fields []offhours.Field, next RecordSource, store FileStore) (LoadResult, error) {
	var result LoadResult
	filing := newFiling(store, accountID)
	err := db.inLoadTx(ctx, filing, func(tx pgx.Tx) error {
		if _, err := db.q.AccountByID(ctx, tx, accountID); err != nil {
			return notFound(err, "account")
		}
		types, err := db.ensureTypes(ctx, tx, accountID, []string{typeName}, fields)
		if err != nil {
			return err
		}
		loaded := types[typeName]
		loaded.Inserted, err = copyFresh(ctx, tx, loaded, next, filing)
		loaded.Files = filing.stored[typeName]
		result.Types = []LoadedType{loaded}
		return err
	})
	if isUnique(err, "records_pkey") {
		err = ErrAlreadyLoaded
	}
	if err != nil {
		return LoadResult{}, fmt.Errorf("load records into account %d: %w", accountID, err)
	}
	result.Analyzed = db.analyzeAfter(ctx, result.Inserted())
	return result, nil
}

// HasRecords reports whether an account has records of a type. A type that does
// not exist has none.
func (db *DB) HasRecords(ctx context.Context, accountID int64, typeName string) (bool, error) {
	return db.q.HasRecords(ctx, db.pool, dbsqlc.HasRecordsParams{AccountID: accountID, Name: typeName})
}

// inLoadTx is inTx with a commit that outlives ctx: whoever stops a load should
// know what became of it. When nothing was loaded, nor is what was filed kept.
func (db *DB) inLoadTx(ctx context.Context, filing *filing, f func(pgx.Tx) error) (err error) {
	defer func() {
		if err != nil && !errors.Is(err, ErrInDoubt) {
			filing.undo(ctx)
		}
	}()
	tx, err := db.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	err = f(tx)
	if stopped := ctx.Err(); stopped != nil {
		return errors.Join(stopped, err) // a copy that is stopped does not always say why
	}
	if err != nil {
		return err
	}
	err = tx.Commit(context.WithoutCancel(ctx))
	if err == nil || refused(err) {
		return err
	}
	return fmt.Errorf("%w (%w)", ErrInDoubt, err)
}

// refused reports whether a COMMIT certainly did not happen. A session that ends
// with its answer may have committed before, and a pooler whose server was lost
// answers in the same way.
func refused(err error) bool {
	var answer *pgconn.PgError
	return errors.Is(err, pgx.ErrTxCommitRollback) || errors.As(err, &answer) && answer.SeverityUnlocalized == "ERROR"
}

// analyzeAfter refreshes the planner's statistics if the load made them wrong:
// plans made without any took minutes instead of seconds. The records are
// loaded by now, so a failure is not one of the load; autovacuum will come by.
func (db *DB) analyzeAfter(ctx context.Context, inserted int) (analyzed bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	var known float64 // rows when last analyzed; -1 if never
	err := db.pool.QueryRow(ctx, "SELECT reltuples FROM pg_class WHERE oid = 'records'::regclass").Scan(&known)
	if err != nil || inserted == 0 || float64(inserted) < known/10 {
		return false
	}
	_, err = db.pool.Exec(ctx, "ANALYZE records, files, attachments")
	return err == nil
}
