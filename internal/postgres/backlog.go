package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/offhours/offhours"
)

// statuses are counted also where no request has them.
var statuses = []offhours.Status{
	offhours.StatusInQueue, offhours.StatusInProgress, offhours.StatusSuccess, offhours.StatusFailed, offhours.StatusRevoked,
}

// Backlog counts the requests and notices of all accounts, by one snapshot.
func (db *DB) Backlog(ctx context.Context) (offhours.Backlog, error) {
	backlog := offhours.Backlog{Requests: map[offhours.Status]int{}}
	for _, status := range statuses {
		backlog.Requests[status] = 0
	}
	err := db.inReadTx(ctx, func(tx pgx.Tx) error {
		rows, err := db.q.BacklogRequests(ctx, tx)
		if err != nil {
			return err
		}
		for _, row := range rows {
			backlog.Requests[offhours.Status(row.Status)] = int(row.Requests)
		}
		ages, err := db.q.BacklogAges(ctx, tx)
		if err != nil {
			return err
		}
		backlog.OldestQueued, backlog.MostOverdue, backlog.OldestNotice = seconds(ages.OldestQueued), seconds(ages.MostOverdue), seconds(ages.OldestNotice)
		notices, err := db.q.BacklogNotices(ctx, tx)
		backlog.NoticesPending, backlog.NoticesGivenUp = int(notices.Pending), int(notices.GivenUp)
		return err
	})
	return backlog, err
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// Pool tells how the pool of connections is doing.
func (db *DB) Pool() *pgxpool.Stat { return db.pool.Stat() }
