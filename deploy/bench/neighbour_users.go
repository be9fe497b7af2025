package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// newHistogram holds latencies of a microsecond to a minute, with three digits.
func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, time.Minute.Microseconds(), 3)
}

// oldShare is how many of the transactions in the account of the request touch
// records that it selects.
const oldShare = .05

// userKeys are ids of records that users work on.
type userKeys struct{ current, old []string }

// users are sessions that keep working at a steady rate.
type users struct {
	every time.Duration // between two transactions of one of them
	stop  chan struct{}
	done  sync.WaitGroup
	fails atomic.Int64
	first atomic.Pointer[error]

	mu    sync.Mutex
	phase *hdrhistogram.Histogram
}

// work begins. Half of the sessions belong to each account.
func work(ctx context.Context, url string, clients, rate int, byAccount []userKeys) (*users, error) {
	u := &users{every: time.Duration(clients) * time.Second / time.Duration(rate), stop: make(chan struct{}), phase: newHistogram()}
	for i := range clients {
		conn, err := pgx.Connect(ctx, url+"&application_name=crm")
		if err != nil {
			return nil, err
		}
		u.done.Go(func() {
			defer conn.Close(context.WithoutCancel(ctx))
			u.session(ctx, conn, int64(i%len(byAccount))+1, byAccount[i%len(byAccount)])
		})
	}
	return u, nil
}

// end stops the sessions and returns the first error of one, if any.
func (u *users) end() error {
	close(u.stop)
	u.done.Wait()
	if err := u.first.Load(); err != nil {
		return fmt.Errorf("%d transactions of users failed, the first: %w", u.fails.Load(), *err)
	}
	return nil
}

// since takes the latencies since the last call.
func (u *users) since() *hdrhistogram.Histogram {
	u.mu.Lock()
	defer u.mu.Unlock()
	phase := u.phase
	u.phase = newHistogram()
	return phase
}

// session does one transaction after another, each when it is due: one that comes
// late because the one before took long has waited, too.
func (u *users) session(ctx context.Context, conn *pgx.Conn, account int64, keys userKeys) {
	due := time.Now().Add(rand.N(u.every))
	for {
		timer := time.NewTimer(time.Until(due))
		select {
		case <-u.stop:
			timer.Stop()
			return
		case <-timer.C:
		}
		key := keys.current[rand.IntN(len(keys.current))]
		if len(keys.old) > 0 && rand.Float64() < oldShare {
			key = keys.old[rand.IntN(len(keys.old))]
		}
		if err := transaction(ctx, conn, account, key); err != nil {
			u.fails.Add(1)
			u.first.CompareAndSwap(nil, &err)
		}
		u.mu.Lock()
		_ = u.phase.RecordValue(min(time.Since(due), time.Minute).Microseconds())
		u.mu.Unlock()
		due = due.Add(u.every)
	}
}

// transaction is one of pgbench's kind: look at a record, change it, add another.
func transaction(ctx context.Context, conn *pgx.Conn, account int64, key string) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var note *string
		err := tx.QueryRow(ctx, `SELECT note FROM records WHERE account_id = $1 AND id = $2`, account, key).Scan(&note)
		if err != nil && err != pgx.ErrNoRows { // deleted meanwhile
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE records SET note = $3 WHERE account_id = $1 AND id = $2`, account, key, "called "+uuid.NewString()); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO records (account_id, id, type_code, created_on, modified_on, note, fields)
			SELECT account_id, gen_random_uuid(), code, now(), now(), 'new', '{}' FROM record_types WHERE account_id = $1 AND name = 'Work'`, account)
		return err
	})
}
