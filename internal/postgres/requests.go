package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// Requests returns one page of an account's requests and how many match in all.
// Without a sort the newest come first; page and size default to the first page
// of the smallest size.
func (db *DB) Requests(ctx context.Context, accountID int64, query offhours.RequestQuery) (page []offhours.Request, total int, err error) {
	err = db.inReadTx(ctx, func(tx pgx.Tx) error {
		count, err := db.q.CountRequests(ctx, tx, dbsqlc.CountRequestsParams{
			AccountID:   accountID,
			Status:      string(query.Status),
			TypeCode:    query.ActivityType,
			RequestType: string(query.RequestType),
			CreatedBy:   query.CreatedBy,
		})
		if err != nil {
			return err
		}
		ids, err := db.q.RequestIDs(ctx, tx, pageParams(accountID, query))
		if err != nil {
			return err
		}
		page, err = db.details(ctx, tx, ids...)
		total = int(count)
		return err
	})
	return page, total, err
}

func pageParams(accountID int64, query offhours.RequestQuery) dbsqlc.RequestIDsParams {
	size := query.PageSize
	if size < 1 {
		size = offhours.PageSizes[0]
	}
	return dbsqlc.RequestIDsParams{
		AccountID:   accountID,
		Status:      string(query.Status),
		TypeCode:    query.ActivityType,
		RequestType: string(query.RequestType),
		CreatedBy:   query.CreatedBy,
		Sort:        query.Sort,
		Skip:        int64(max(query.Page, 1)-1) * int64(size),
		PageSize:    size,
	}
}

// Creators returns the emails of everybody who created a request of an account, in
// alphabetical order, whatever the letters' case.
func (db *DB) Creators(ctx context.Context, accountID int64) ([]string, error) {
	creators, err := db.q.Creators(ctx, db.pool, accountID)
	if err != nil {
		return nil, fmt.Errorf("look for creators of requests: %w", err)
	}
	return creators, nil
}

// Request returns a request of an account. It returns CodeNotFound for an id
// that is none, that does not exist, and that is another account's.
func (db *DB) Request(ctx context.Context, accountID int64, id string) (offhours.Request, error) {
	request, err := db.RequestByID(ctx, id)
	if err == nil && request.AccountID != accountID {
		return offhours.Request{}, noSuchRequest()
	}
	return request, err
}

// RequestByID returns a request whatever its account: for workers, never for
// users. It returns CodeNotFound for an id that is none or does not exist.
func (db *DB) RequestByID(ctx context.Context, id string) (offhours.Request, error) {
	if !isUUID(id) {
		return offhours.Request{}, noSuchRequest()
	}
	return db.detailsOf(ctx, db.pool, id)
}

// MarkWorkflowStarted records that Temporal is known to have the request's
// workflow. It may be called again.
func (db *DB) MarkWorkflowStarted(ctx context.Context, id string) error {
	return db.q.MarkWorkflowStarted(ctx, db.pool, id)
}

func (db *DB) detailsOf(ctx context.Context, conn dbsqlc.DBTX, id string) (offhours.Request, error) {
	found, err := db.details(ctx, conn, id)
	if err != nil {
		return offhours.Request{}, err
	}
	if len(found) == 0 {
		return offhours.Request{}, noSuchRequest()
	}
	return found[0], nil
}

// details returns the requests that exist, in the order of ids.
func (db *DB) details(ctx context.Context, conn dbsqlc.DBTX, ids ...string) ([]offhours.Request, error) {
	rows, err := db.q.RequestDetails(ctx, conn, ids)
	if err != nil {
		return nil, err
	}
	requests := make([]offhours.Request, 0, len(rows))
	for _, row := range rows {
		request, err := requestFromRow(row)
		if err != nil {
			return nil, err
		}
		requests = append(requests, request)
	}
	return requests, nil
}

// inReadTx runs f in a read-only transaction that sees one snapshot.
func (db *DB) inReadTx(ctx context.Context, f func(pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, f)
}

func noSuchRequest() *offhours.Error {
	return offhours.Errorf(offhours.CodeNotFound, "There is no such request.")
}

// isUUID accepts the one form in which ids are handed out, so that PostgreSQL
// is never asked to read another.
func isUUID(id string) bool {
	return len(id) == len(uuid.Nil.String()) && uuid.Validate(id) == nil
}
