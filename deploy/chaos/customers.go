package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
)

// customer is an administrator who asks for one request after another, for the
// records of one type.
type customer struct {
	*chaos
	account, number int
	random          *rand.Rand
	admin           *rig.Caller
}

// live asks for requests until ctx ends, and waits for the end of each.
func (c *customer) live(ctx context.Context) {
	for ctx.Err() == nil {
		if err := c.once(ctx); err != nil && ctx.Err() == nil {
			c.tally.note("customers: %v", err)
			pause(ctx, 300*time.Millisecond)
		}
	}
}

func (c *customer) once(ctx context.Context) error {
	if err := c.restock(ctx); err != nil {
		return err
	}
	code, err := c.typeCode(ctx)
	if err != nil {
		return err
	}
	requestType := offhours.ExportAndDelete
	if c.random.IntN(4) == 0 {
		requestType = offhours.DeleteOnly
	}
	id, err := c.create(ctx, code, requestType)
	if err != nil {
		return err
	}
	if c.random.IntN(12) == 0 {
		c.revoke(ctx, id)
	}
	return c.awaitEnd(ctx, id)
}

// restock generates records unless there are enough. Nobody knows whether a load
// that was interrupted has come through: the next one counts what there is.
func (c *customer) restock(ctx context.Context) error {
	var left int
	err := c.db.QueryRow(ctx, `SELECT count(*) FROM records r JOIN record_types t ON t.account_id = r.account_id AND t.code = r.type_code
		WHERE t.account_id = $1 AND t.name = $2 AND r.modified_on < now() - interval '31 days'`, c.account, typeName(c.number)).Scan(&left)
	if err != nil {
		return err
	}
	if left < 1500 {
		records := 1500 + c.random.IntN(4000)
		if c.random.IntN(6) == 0 {
			records = 12_000 // two parts
		}
		err := c.stack.once(ctx, fmt.Sprintf("load%d-%d", c.account, c.number), "load", "generate",
			"--account", strconv.Itoa(c.account), "--type", typeName(c.number), "--records", strconv.Itoa(records),
			"--seed", strconv.FormatUint(c.random.Uint64(), 10), "--attachments", "0.01")
		if err != nil {
			return err
		}
	}
	return c.noteObjects(ctx)
}

// noteObjects keeps the sums of the objects that attachments of the account refer
// to, before any request can touch them.
func (c *customer) noteObjects(ctx context.Context) error {
	rows, err := c.db.Query(ctx, `SELECT f.key FROM files f WHERE f.account_id = $1 AND NOT EXISTS (SELECT 1 FROM chaos.objects o WHERE o.key = f.key)`, c.account)
	if err != nil {
		return err
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, key := range keys {
		content, err := c.read(ctx, key)
		if err != nil {
			continue // it went with its record meanwhile
		}
		sum := sha256.Sum256(content)
		if _, err := c.db.Exec(ctx, "INSERT INTO chaos.objects VALUES ($1, $2) ON CONFLICT DO NOTHING", key, hex.EncodeToString(sum[:])); err != nil {
			return err
		}
	}
	return nil
}

func (c *customer) typeCode(ctx context.Context) (code int, err error) {
	err = c.db.QueryRow(ctx, "SELECT code FROM record_types WHERE account_id = $1 AND name = $2", c.account, typeName(c.number)).Scan(&code)
	return code, err
}

// create asks until there is an answer, always for the same request.
func (c *customer) create(ctx context.Context, code int, requestType offhours.RequestType) (id string, err error) {
	key := fmt.Sprintf("%d-%d-%x", c.account, c.number, c.random.Uint64())
	body := map[string]any{"activityType": code, "requestType": requestType, "range": offhours.DateRange{Days: 30}, "confirmed": true}
	for {
		var r offhours.Request
		_, err = c.admin.Call(ctx, http.MethodPost, "/requests", key, body, &r)
		if err == nil || rig.Refused(err) || ctx.Err() != nil {
			return r.ID, err
		}
		pause(ctx, 300*time.Millisecond)
	}
}

// revoke may come too late, or meet an API that is away.
func (c *customer) revoke(ctx context.Context, id string) {
	var answer any
	_, _ = c.admin.Call(ctx, http.MethodPost, "/requests/"+id+"/revoke", "", map[string]string{"reason": "chaos"}, &answer)
}

func (c *customer) awaitEnd(ctx context.Context, id string) error {
	for pause(ctx, 200*time.Millisecond) {
		var ended bool
		err := c.db.QueryRow(ctx, "SELECT status IN ('success', 'failed', 'revoked') FROM requests WHERE id = $1", id).Scan(&ended)
		if err == nil && ended {
			return nil
		}
	}
	return ctx.Err()
}
