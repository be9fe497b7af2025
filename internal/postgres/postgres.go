// Package postgres is the only place with SQL: accounts and requests, the
// selection, export and deletion of records, and the outbox. It knows nothing
// of Temporal, buckets or HTTP.
//
// Queries with a fixed shape live in internal/dbsqlc and are checked against the
// migrations by sqlc; streams (COPY), and the transactions that copy, delete and
// release, are written by hand beside the rules they obey.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// defaultConns is the size of the pool unless the URL says pool_max_conns: some
// admissions may wait for their account's lock while everyone else goes on.
const defaultConns = 16

// DB is the product's database. Its methods are safe for concurrent use. Those
// that can refuse return an *offhours.Error; every other error is an outage or
// a bug and may be tried again.
type DB struct {
	pool   *pgxpool.Pool
	q      *dbsqlc.Queries
	spread time.Duration // see SpreadOpenings
}

// Open returns a DB for a PostgreSQL URL. It does not connect yet, so that a
// command can start while the database is away.
func Open(ctx context.Context, url string) (*DB, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("parse the database URL: %w", err)
	}
	// Results and comparisons must not depend on what a server or role defaults to.
	params := config.ConnConfig.RuntimeParams
	params["timezone"] = "UTC"
	params["datestyle"] = "ISO, MDY"
	params["bytea_output"] = "hex"
	params["client_encoding"] = "UTF8"
	params["row_security"] = "off"               // fail rather than see a subset
	params["standard_conforming_strings"] = "on" // COPY is written with literals, see copySQL
	if params["application_name"] == "" {
		params["application_name"] = "offhours"
	}
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = defaultConns
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database pool: %w", err)
	}
	return &DB{pool: pool, q: dbsqlc.New()}, nil
}

// SpreadOpenings has the requests that wait for a window begin at an offset from
// its opening that differs from account to account and is less than spread: see
// [offhours.Window.SpreadOpen]. Without it there is none. Call it before the DB is
// used; all programs of one database need the same.
func (db *DB) SpreadOpenings(spread time.Duration) { db.spread = spread }

// Close closes all connections.
func (db *DB) Close() { db.pool.Close() }

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.pool.Ping(ctx) }

// Now is the database's clock, the only one that decides about windows.
func (db *DB) Now(ctx context.Context) (now time.Time, err error) {
	err = db.pool.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now)
	return now.UTC(), err
}

// inTx runs f in a READ COMMITTED transaction.
func (db *DB) inTx(ctx context.Context, f func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, db.pool, f)
}

// isUnique reports whether err violates the named unique constraint or index.
func isUnique(err error, constraint string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505" && pg.ConstraintName == constraint
}

// notFound turns "no rows" into the product's refusal.
func notFound(err error, what string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return offhours.Errorf(offhours.CodeNotFound, "There is no such %s.", what)
	}
	return err
}
