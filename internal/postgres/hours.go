package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// SetSchedule gives the account of a user other business hours and plans its live
// requests anew by them, in one transaction: when those In Queue start, and when
// those In Progress stop. Once it returns, no batch begins that the new hours do
// not allow. It returns the account, and the requests whose workflows wait for an
// instant that has moved and have to be told; [DB.MarkTold] notes that they were.
//
// Setting the same hours again changes nothing. It returns an *offhours.Error with
// CodeAccessDenied, CodeFeatureDisabled or CodeInvalidRequest for what it refuses.
func (db *DB) SetSchedule(ctx context.Context, user offhours.User, schedule offhours.Schedule, grace time.Duration) (account offhours.Account, untold []offhours.Untold, err error) {
	if !user.IsAdmin() {
		return offhours.Account{}, nil, offhours.Errorf(offhours.CodeAccessDenied, offhours.TextAccessDenied)
	}
	err = db.inTx(ctx, func(tx pgx.Tx) error {
		if account, err = db.lockAccount(ctx, tx, user.AccountID); err != nil {
			return err
		}
		now, err := db.q.Now(ctx, tx)
		if err != nil {
			return err
		}
		if err := schedule.Validate(now); err != nil {
			return err
		}
		if err := db.setSchedule(ctx, tx, user, account.Schedule, schedule); err != nil {
			return err
		}
		account.Schedule = schedule
		if untold, err = db.replan(ctx, tx, account.ID, user.ID, grace); errors.Is(err, offhours.ErrNoWindow) {
			err = offhours.Errorf(offhours.CodeInvalidRequest, "businessHours: leave no window for a request that waits.")
		}
		return err
	})
	return account, untold, err
}

// setSchedule stores hours that differ, and who changed them.
func (db *DB) setSchedule(ctx context.Context, tx pgx.Tx, user offhours.User, before, after offhours.Schedule) error {
	was, err := json.Marshal(before)
	if err != nil {
		return err
	}
	is, err := json.Marshal(after)
	if err != nil || bytes.Equal(was, is) {
		return err
	}
	if err := db.q.SetSchedule(ctx, tx, dbsqlc.SetScheduleParams{ID: user.AccountID, Schedule: is}); err != nil {
		return err
	}
	detail, err := json.Marshal(map[string]json.RawMessage{"before": was, "after": is})
	if err != nil {
		return err
	}
	return db.q.AddAccountEvent(ctx, tx, dbsqlc.AddAccountEventParams{AccountID: user.AccountID, Actor: user.ID, Action: "hours_changed", Detail: detail})
}

// replan goes through the live requests in the order of their ids. No other one
// can be admitted meanwhile. by changed the hours, as in audit.
func (db *DB) replan(ctx context.Context, tx pgx.Tx, accountID int64, by string, grace time.Duration) (untold []offhours.Untold, err error) {
	ids, err := db.q.LiveRequestsOf(ctx, tx, accountID)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		ref := offhours.RequestRef{AccountID: accountID, RequestID: id}
		// Like every mover: a batch under way commits first, and none begins.
		if err := lockExclusively(ctx, tx, ref); err != nil {
			return nil, err
		}
		times, err := db.lockTimes(ctx, tx, ref)
		if err != nil {
			return nil, err
		}
		moved, err := db.replanOne(ctx, tx, ref, times, by, grace)
		if err != nil {
			return nil, err
		}
		if !moved {
			continue // its workflow waits for the right instant
		}
		if err := db.q.MarkUntold(ctx, tx, dbsqlc.MarkUntoldParams{ID: id, Since: times.now}); err != nil {
			return nil, err
		}
		untold = append(untold, offhours.Untold{RequestRef: ref, Since: times.now})
	}
	return untold, nil
}

// replanOne returns whether the instant moved for which a workflow waits.
func (db *DB) replanOne(ctx context.Context, tx pgx.Tx, ref offhours.RequestRef, times requestTimes, by string, grace time.Duration) (moved bool, err error) {
	switch {
	case times.status == offhours.StatusInQueue:
		window, err := times.window(grace)
		if err != nil {
			return false, err
		}
		return !sameInstant(times.startsAt, &window.Open), db.q.ReplanQueued(ctx, tx, dbsqlc.ReplanQueuedParams{ID: ref.RequestID, StartsAt: window.Open})
	case times.status == offhours.StatusInProgress && times.phase != offhours.PhaseReporting:
		window, err := times.workWindow()
		if err != nil {
			return false, err
		}
		params := dbsqlc.ReplanRunningParams{ID: ref.RequestID, WindowClose: window.Close}
		if window.Open.After(times.now) {
			params.WindowClose, params.PausedUntil = times.now, &window.Open
		}
		if err := db.q.ReplanRunning(ctx, tx, params); err != nil {
			return false, err
		}
		return !sameInstant(times.paused, params.PausedUntil), db.auditPause(ctx, tx, ref, by, times.paused, params.PausedUntil)
	}
	return false, nil
}

func sameInstant(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

// Untold returns requests whose workflows were not told of changed hours within
// olderThan, the hundred that wait longest first.
func (db *DB) Untold(ctx context.Context, olderThan time.Duration) ([]offhours.Untold, error) {
	rows, err := db.q.UntoldRequests(ctx, db.pool, olderThan.Seconds())
	if err != nil {
		return nil, err
	}
	untold := make([]offhours.Untold, len(rows))
	for i, row := range rows {
		untold[i] = offhours.Untold{RequestRef: offhours.RequestRef{AccountID: row.AccountID, RequestID: row.ID}, Since: row.Since}
	}
	return untold, nil
}

// MarkTold notes that a workflow was told. Hours that have changed again since
// have to be told again.
func (db *DB) MarkTold(ctx context.Context, told offhours.Untold) error {
	return db.q.MarkTold(ctx, db.pool, dbsqlc.MarkToldParams{ID: told.RequestID, Since: told.Since})
}
