package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

// crm is the users of an account's CRM: they work on the records while requests
// delete them. What they delete is known by the name of their session.
type crm struct {
	*chaos
	account int
	random  *rand.Rand
	done    int // changes
}

const crmPause = 15 * time.Millisecond

// live works until ctx ends. A statement that fails was refused, or met a fault.
func (c *crm) live(ctx context.Context) {
	for ctx.Err() == nil {
		conn, err := pgx.Connect(ctx, c.stack.env["DATABASE_URL"]+"&application_name=crm")
		if err != nil {
			pause(ctx, 200*time.Millisecond)
			continue
		}
		for err == nil && ctx.Err() == nil {
			c.change(ctx, conn)
			if conn.IsClosed() {
				break
			}
			pause(ctx, time.Duration(c.random.Int64N(int64(2*crmPause))))
		}
		_ = conn.Close(context.WithoutCancel(ctx)) // it may be broken
	}
}

// change does one thing to a record somewhere in the account.
func (c *crm) change(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var id string
		err := tx.QueryRow(ctx, "SELECT id FROM records WHERE account_id = $1 AND id >= $2 ORDER BY id LIMIT 1", c.account, c.uuid()).Scan(&id)
		if err != nil {
			return err
		}
		if err := c.pick()(ctx, tx, id); err != nil {
			return err
		}
		if c.random.IntN(10) == 0 { // locks are held while somebody thinks
			pause(ctx, time.Duration(c.random.IntN(400))*time.Millisecond)
		}
		return nil
	})
	if err == nil {
		c.done++
	}
}

// pick chooses what to do.
func (c *crm) pick() func(context.Context, pgx.Tx, string) error {
	switch n := c.random.IntN(100); {
	case n < 35:
		return c.run("UPDATE records SET note = coalesce(note, '') || '!' WHERE account_id = $1 AND id = $2")
	case n < 45:
		return c.editAndBack
	case n < 57:
		return c.rewrite
	case n < 62:
		return c.run("DELETE FROM attachments WHERE account_id = $1 AND record_id = $2", "DELETE FROM records WHERE account_id = $1 AND id = $2")
	case n < 70:
		return c.replace
	case n < 84:
		return c.attach
	case n < 89:
		return c.run("UPDATE attachments SET name = 'renamed ' || name WHERE account_id = $1 AND record_id = $2")
	case n < 92:
		return c.run("DELETE FROM attachments WHERE account_id = $1 AND record_id = $2")
	case n < 96:
		return c.run(`UPDATE records SET type_code = (SELECT code FROM record_types t WHERE t.account_id = records.account_id ORDER BY random() LIMIT 1)
			WHERE account_id = $1 AND id = $2`)
	}
	return c.insert
}

// run is one change by statements that take account and record.
func (c *crm) run(statements ...string) func(context.Context, pgx.Tx, string) error {
	return func(ctx context.Context, tx pgx.Tx, id string) error {
		for _, sql := range statements {
			if _, err := tx.Exec(ctx, sql, c.account, id); err != nil {
				return err
			}
		}
		return nil
	}
}

// editAndBack leaves the content as it was.
func (c *crm) editAndBack(ctx context.Context, tx pgx.Tx, id string) error {
	return c.run("UPDATE records SET status = coalesce(status, '') || '?' WHERE account_id = $1 AND id = $2",
		"UPDATE records SET status = left(status, -1) WHERE account_id = $1 AND id = $2")(ctx, tx, id)
}

// rewrite changes the row's version and nothing else, as a tool does that loads
// rows anew.
func (c *crm) rewrite(ctx context.Context, tx pgx.Tx, id string) error {
	return c.run("SELECT set_config('session_replication_role', 'replica', true), $1::bigint, $2::uuid",
		"UPDATE records SET note = note WHERE account_id = $1 AND id = $2")(ctx, tx, id)
}

// replace deletes a record and inserts another one under its id, with its dates.
func (c *crm) replace(ctx context.Context, tx pgx.Tx, id string) error {
	return c.run("DELETE FROM attachments WHERE account_id = $1 AND record_id = $2",
		`WITH gone AS (DELETE FROM records WHERE account_id = $1 AND id = $2 RETURNING *)
		 SELECT set_config('chaos.gone', (SELECT to_jsonb(gone)::text FROM gone), true)`,
		`INSERT INTO records SELECT (jsonb_populate_record(NULL::records, jsonb_set(current_setting('chaos.gone')::jsonb, '{note}', '"reborn"'))).*
		 WHERE $1::bigint IS NOT NULL AND $2::uuid IS NOT NULL`)(ctx, tx, id)
}

// insert adds a record, rarely a back-dated one: too many of those, and every
// request would find more records than were confirmed.
func (c *crm) insert(ctx context.Context, tx pgx.Tx, _ string) error {
	age := "0"
	if c.random.IntN(8) == 0 {
		age = "90 days"
	}
	_, err := tx.Exec(ctx, `INSERT INTO records (account_id, id, type_code, note, created_on, modified_on)
		SELECT account_id, $2, code, 'by hand', now() - $3::interval, now() - $3::interval FROM record_types WHERE account_id = $1 ORDER BY random() LIMIT 1`,
		c.account, c.uuid(), age)
	return err
}

// attach gives a record a new file, or one that another record has.
func (c *crm) attach(ctx context.Context, tx pgx.Tx, id string) error {
	key := ""
	if c.random.IntN(4) == 0 {
		err := tx.QueryRow(ctx, "SELECT file_key FROM attachments WHERE account_id = $1 AND record_id >= $2 ORDER BY record_id LIMIT 1", c.account, c.uuid()).Scan(&key)
		if err != nil {
			return err
		}
	} else {
		var err error
		if key, err = c.newFile(ctx, tx); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "INSERT INTO attachments (account_id, record_id, name, file_key) VALUES ($1, $2, $3, $4)",
		c.account, id, fmt.Sprintf("late %d.txt", c.random.IntN(1000)), key)
	return err
}

func (c *crm) newFile(ctx context.Context, tx pgx.Tx) (key string, err error) {
	content := fmt.Appendf(nil, "%x", c.random.Uint64())
	keys, err := c.store.AddFiles(ctx, int64(c.account), [][]byte{content})
	if err != nil {
		return "", err
	}
	if err := noteObject(ctx, tx, keys[0], content); err != nil {
		return "", err
	}
	_, err = tx.Exec(ctx, "INSERT INTO files (account_id, key) VALUES ($1, $2)", c.account, keys[0])
	return keys[0], err
}

func (c *crm) uuid() string {
	a, b := c.random.Uint64(), c.random.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0xfff, b&0xffffffffffff)
}

// read returns the bytes of an object, past everything that is hostile.
func (c *chaos) read(ctx context.Context, key string) ([]byte, error) {
	r, err := c.store.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// noteObject keeps the sum of an object.
func noteObject(ctx context.Context, tx pgx.Tx, key string, content []byte) error {
	sum := sha256.Sum256(content)
	_, err := tx.Exec(ctx, "INSERT INTO chaos.objects VALUES ($1, $2)", key, hex.EncodeToString(sum[:]))
	return err
}
