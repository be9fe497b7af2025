package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// requestTimes are the facts that decide when a request may run, read under the
// lock of its row.
type requestTimes struct {
	account  int64
	spread   time.Duration // of openings
	status   offhours.Status
	phase    offhours.Phase
	created  time.Time
	startsAt *time.Time
	paused   *time.Time // until when
	now      time.Time
	schedule offhours.Schedule
}

func (db *DB) lockTimes(ctx context.Context, tx pgx.Tx, ref offhours.RequestRef) (requestTimes, error) {
	row, err := db.q.LockRequest(ctx, tx, dbsqlc.LockRequestParams{ID: ref.RequestID, AccountID: ref.AccountID})
	if err != nil {
		return requestTimes{}, notFound(err, "request")
	}
	hours, err := db.q.HoursNow(ctx, tx, ref.AccountID)
	if err != nil {
		return requestTimes{}, notFound(err, "account")
	}
	times := requestTimes{
		account: ref.AccountID, spread: db.spread,
		status: offhours.Status(row.Status), phase: offhours.Phase(orZero(row.Phase)),
		created: row.CreatedOn, startsAt: row.StartsAt, paused: row.PausedUntil, now: hours.Now,
	}
	if err := json.Unmarshal(hours.Schedule, &times.schedule); err != nil {
		return requestTimes{}, fmt.Errorf("read the schedule of account %d: %w", ref.AccountID, err)
	}
	return times, nil
}

// window returns the window in which a request In Queue begins, from when it may
// on: that is open now, or opens later, no earlier than the grace time after
// creation.
func (t requestTimes) window(grace time.Duration) (offhours.Window, error) {
	return t.schedule.StartWindow(t.account, t.created.Add(grace), t.now, t.spread)
}

// workWindow returns the window that a request in progress may use: the one that
// is open now, unless the margin that every batch keeps from its close leaves no
// time for one, or else the next, whose opening is spread.
func (t requestTimes) workWindow() (offhours.Window, error) {
	window, err := t.schedule.NextWindow(t.now)
	if err == nil && !window.Close.After(t.now.Add(closeMargin)) {
		window, err = t.schedule.NextWindow(window.Close)
	}
	if window.Open.After(t.now) {
		window.Open = window.SpreadOpen(t.account, t.spread)
	}
	return window, err
}

// ScheduleStart computes when a request in the queue may start, by the account's
// hours as they are now, and shows it to users.
func (db *DB) ScheduleStart(ctx context.Context, ref offhours.RequestRef, grace time.Duration) (timing offhours.Timing, err error) {
	err = db.inTx(ctx, func(tx pgx.Tx) error {
		times, err := db.lockTimes(ctx, tx, ref)
		if timing.Status = times.status; err != nil || times.status != offhours.StatusInQueue {
			return err
		}
		window, err := times.window(grace)
		if err != nil {
			return err
		}
		timing.At = window.Open
		return db.q.SetStartsAt(ctx, tx, dbsqlc.SetStartsAtParams{ID: ref.RequestID, StartsAt: window.Open})
	})
	return timing, err
}

// Begin moves a request from the queue into progress, if its window is open by
// the database's clock. If not, it returns when to try again. Begin and Revoke
// are one compare-and-set on the status: they never both win.
func (db *DB) Begin(ctx context.Context, ref offhours.RequestRef, grace time.Duration) (timing offhours.Timing, err error) {
	err = db.inTx(ctx, func(tx pgx.Tx) error {
		times, err := db.lockTimes(ctx, tx, ref)
		if timing.Status = times.status; err != nil || times.status != offhours.StatusInQueue {
			return err
		}
		window, err := times.window(grace)
		if err != nil {
			return err
		}
		if window.Open.After(times.now) {
			timing.At = window.Open
			return nil
		}
		begun, err := db.q.BeginRequest(ctx, tx, dbsqlc.BeginRequestParams{
			ID: ref.RequestID, AccountID: ref.AccountID, Now: times.now, WindowClose: window.Close,
		})
		if err != nil || begun == 0 {
			return err
		}
		timing.Status = offhours.StatusInProgress
		return db.audit(ctx, tx, ref, bySystem, offhours.EventStarted, nil)
	})
	return timing, err
}

// Resume lets a request in progress go on if a window is open by the database's
// clock. If not, it shows the pause and returns when to try again.
func (db *DB) Resume(ctx context.Context, ref offhours.RequestRef) (timing offhours.Timing, err error) {
	err = db.inTx(ctx, func(tx pgx.Tx) error {
		times, err := db.lockTimes(ctx, tx, ref)
		if timing.Status = times.status; err != nil || times.status != offhours.StatusInProgress {
			return err
		}
		window, err := times.workWindow()
		if err != nil {
			return err
		}
		if window.Open.After(times.now) {
			timing.At = window.Open
			if _, err = db.q.PauseRequest(ctx, tx, dbsqlc.PauseRequestParams{ID: ref.RequestID, AccountID: ref.AccountID, PausedUntil: window.Open}); err != nil {
				return err
			}
			return db.auditPause(ctx, tx, ref, bySystem, times.paused, &window.Open)
		}
		if _, err = db.q.ResumeRequest(ctx, tx, dbsqlc.ResumeRequestParams{ID: ref.RequestID, AccountID: ref.AccountID, WindowClose: window.Close}); err != nil {
			return err
		}
		return db.auditPause(ctx, tx, ref, bySystem, times.paused, nil)
	})
	return timing, err
}

// Revoke takes a request out of the queue and returns the status it has then:
// revoked, whoever did it and whenever, or the one that made it too late. by is
// the id of a user or the words of support tooling.
func (db *DB) Revoke(ctx context.Context, ref offhours.RequestRef, by, reason string) (status offhours.Status, err error) {
	err = db.inTx(ctx, func(tx pgx.Tx) error {
		times, err := db.lockTimes(ctx, tx, ref)
		if status = times.status; err != nil || status != offhours.StatusInQueue {
			return err
		}
		if _, err := db.q.RevokeRequest(ctx, tx, dbsqlc.RevokeRequestParams{ID: ref.RequestID, AccountID: ref.AccountID, By: by}); err != nil {
			return err
		}
		status = offhours.StatusRevoked
		if err := db.q.AddCreatorNotice(ctx, tx, dbsqlc.AddCreatorNoticeParams{ID: ref.RequestID, Kind: string(offhours.StatusRevoked)}); err != nil {
			return err
		}
		return db.audit(ctx, tx, ref, by, offhours.EventRevoked, map[string]any{"reason": reason})
	})
	return status, err
}

// NoteRevocation keeps in the audit trail why a user asks to revoke a request,
// whatever comes of it. The workflow is not told: Temporal's history is no place
// for what users write.
func (db *DB) NoteRevocation(ctx context.Context, user offhours.User, requestID, reason string) error {
	ref := offhours.RequestRef{AccountID: user.AccountID, RequestID: requestID}
	return db.inTx(ctx, func(tx pgx.Tx) error {
		return db.audit(ctx, tx, ref, user.ID, offhours.EventRevokeAsked, map[string]any{"reason": reason})
	})
}

// Unstarted returns requests that were admitted more than olderThan ago and of
// which Temporal is not known to have the workflow, the oldest hundred first.
func (db *DB) Unstarted(ctx context.Context, olderThan time.Duration) ([]offhours.RequestRef, error) {
	rows, err := db.q.UnstartedRequests(ctx, db.pool, olderThan.Seconds())
	if err != nil {
		return nil, err
	}
	refs := make([]offhours.RequestRef, len(rows))
	for i, row := range rows {
		refs[i] = offhours.RequestRef{AccountID: row.AccountID, RequestID: row.ID}
	}
	return refs, nil
}

// CreatorID returns the id of the user who created a request. Workflows know
// people by id only.
func (db *DB) CreatorID(ctx context.Context, id string) (string, error) {
	creator, err := db.q.CreatorID(ctx, db.pool, id)
	return creator, notFound(err, "request")
}
