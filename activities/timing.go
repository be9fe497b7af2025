package activities

import (
	"context"
	"time"

	"github.com/offhours/offhours"
)

// TimingStore is what Timing needs of the database.
type TimingStore interface {
	ScheduleStart(ctx context.Context, ref offhours.RequestRef, grace time.Duration) (offhours.Timing, error)
	Begin(ctx context.Context, ref offhours.RequestRef, grace time.Duration) (offhours.Timing, error)
	Resume(ctx context.Context, ref offhours.RequestRef) (offhours.Timing, error)
	Revoke(ctx context.Context, ref offhours.RequestRef, by, reason string) (offhours.Status, error)
}

// Timing moves a request into and out of the queue. Windows are computed here
// and not in the workflow, which must not read time zone data, and the
// database's clock decides.
type Timing struct {
	Store TimingStore
	Grace time.Duration // from creation to the earliest start, so that there is time to revoke
}

// ScheduleStart returns when a queued request may start.
func (t *Timing) ScheduleStart(ctx context.Context, ref offhours.RequestRef) (offhours.Timing, error) {
	timing, err := t.Store.ScheduleStart(ctx, ref, t.Grace)
	return timing, translate(err)
}

// Begin starts a queued request if its window is open, else it returns when to
// try again.
func (t *Timing) Begin(ctx context.Context, ref offhours.RequestRef) (offhours.Timing, error) {
	timing, err := t.Store.Begin(ctx, ref, t.Grace)
	return timing, translate(err)
}

// Resume lets a request in progress go on if a window is open, else it returns
// when to try again.
func (t *Timing) Resume(ctx context.Context, ref offhours.RequestRef) (offhours.Timing, error) {
	timing, err := t.Store.Resume(ctx, ref)
	return timing, translate(err)
}

// RevokeInput is the input to Revoke.
type RevokeInput struct {
	offhours.RequestRef
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// Revoke takes a request out of the queue and returns the status it has then.
func (t *Timing) Revoke(ctx context.Context, in RevokeInput) (offhours.Status, error) {
	status, err := t.Store.Revoke(ctx, in.RequestRef, in.By, in.Reason)
	return status, translate(err)
}
