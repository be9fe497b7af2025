package postgres

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// candidate is a draft on its way to become a request, and what one transaction
// found out about it. Its checks return an *offhours.Error for each refusal;
// who runs them decides on their order.
type candidate struct {
	db *DB
	tx pgx.Tx

	account   offhours.Account
	draft     offhours.Draft
	created   time.Time // by the database's clock, in whole microseconds
	selection offhours.Selection
	startsAt  time.Time // the first instant in a window once the grace time is over, spread if it opens later

	entityName string // set by checkType

	older, newer int64 // set by count
}

// newCandidate refuses a draft whose form is wrong, and one that no window is left
// for, with CodeInvalidRequest.
func (db *DB) newCandidate(ctx context.Context, tx pgx.Tx, account offhours.Account, draft offhours.Draft, grace time.Duration) (*candidate, error) {
	created, err := db.q.Now(ctx, tx)
	if err != nil {
		return nil, err
	}
	created = created.UTC().Truncate(time.Microsecond)
	loc, err := account.Schedule.Location()
	if err != nil {
		return nil, fmt.Errorf("schedule of account %d: %w", account.ID, err)
	}
	if err := draft.Validate(offhours.DateOf(created, loc)); err != nil {
		return nil, err
	}
	selection, err := draft.Range.Resolve(created, loc)
	if err != nil {
		return nil, err
	}
	window, err := account.Schedule.StartWindow(account.ID, created.Add(grace), created, db.spread)
	if errors.Is(err, offhours.ErrNoWindow) { // the holiday that was the only one is over
		return nil, offhours.Errorf(offhours.CodeInvalidRequest, "The business hours of the account leave no window any more, so nothing could ever run. Please change them first.")
	}
	if err != nil {
		return nil, fmt.Errorf("schedule of account %d: %w", account.ID, err)
	}
	return &candidate{
		db:        db,
		tx:        tx,
		account:   account,
		draft:     draft,
		created:   created,
		selection: selection,
		startsAt:  window.Open,
	}, nil
}

// checkType refuses every type that is not a custom one of the account.
func (c *candidate) checkType(ctx context.Context) error {
	if c.draft.ActivityType > math.MaxInt32 {
		return noSuchType(c.draft.ActivityType) // PostgreSQL could not even be asked
	}
	row, err := c.db.q.TypeByCode(ctx, c.tx, dbsqlc.TypeByCodeParams{AccountID: c.account.ID, Code: c.draft.ActivityType})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return noSuchType(c.draft.ActivityType)
	case err != nil:
		return err
	case row.Category != string(offhours.CategoryCustom):
		return offhours.Errorf(offhours.CodeUnknownActivityType, "%q is not a custom activity type. Only custom activity types can be exported and deleted.", row.Name)
	}
	c.entityName = row.Name
	return nil
}

func noSuchType(code int) *offhours.Error {
	return offhours.Errorf(offhours.CodeUnknownActivityType, "This account has no activity type with the code %d.", code)
}

func (c *candidate) checkConfirmed() error {
	if !c.draft.Confirmed {
		return offhours.Errorf(offhours.CodeNotConfirmed, "confirmed must be true: confirm that the statutory retention of this data has been met.")
	}
	return nil
}

// checkDuplicate refuses a second live request of one type.
func (c *candidate) checkDuplicate(ctx context.Context) error {
	live, err := c.db.q.HasLiveRequest(ctx, c.tx, dbsqlc.HasLiveRequestParams{AccountID: c.account.ID, TypeCode: c.draft.ActivityType})
	if err == nil && live {
		return duplicate()
	}
	return err
}

func duplicate() *offhours.Error {
	return offhours.Errorf(offhours.CodeDuplicateRequest, offhours.TextDuplicateRequest)
}

// count finds out how many records are selected now.
func (c *candidate) count(ctx context.Context) error {
	row, err := c.db.q.CountSelected(ctx, c.tx, dbsqlc.CountSelectedParams{
		AccountID: c.account.ID,
		TypeCode:  c.draft.ActivityType,
		SelBefore: c.selection.Before,
		SelAfter:  c.selection.After,
		SelUntil:  c.selection.Until,
	})
	c.older, c.newer = row.Older, row.Newer
	return err
}

func (c *candidate) records() int64 { return c.older + c.newer }

// checkSize refuses what selects nothing or too much. It needs count.
func (c *candidate) checkSize() error {
	switch records := c.records(); {
	case records == 0:
		return offhours.Errorf(offhours.CodeNothingToDo, "No activities of this type match the date range.")
	case records > offhours.MaxRecordsPerRequest:
		return offhours.Errorf(offhours.CodeRequestTooLarge,
			"%d records match, but one request may hold at most %d. Please adjust the date range.", records, offhours.MaxRecordsPerRequest)
	}
	return nil
}

// checkQueue refuses what would exceed the limit of the account's live requests.
// It needs count.
func (c *candidate) checkQueue(ctx context.Context) error {
	queued, err := c.db.q.QueuedRecords(ctx, c.tx, c.account.ID)
	if err == nil && queued+c.records() > offhours.MaxQueuedRecords {
		return offhours.Errorf(offhours.CodeQueueFull, offhours.TextQueueFull)
	}
	return err
}
