package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// Preview says what a draft would do if it were created now, and why it would be
// refused. Only a draft whose form is wrong is an error, with
// CodeInvalidRequest; whether it is confirmed does not matter yet. Attachments
// are not counted for more records than a request may hold. It changes nothing,
// and what it says may be outdated at once: [DB.Admit] decides.
func (db *DB) Preview(ctx context.Context, account offhours.Account, draft offhours.Draft, grace time.Duration) (preview offhours.Preview, err error) {
	err = db.inReadTx(ctx, func(tx pgx.Tx) error {
		if err := db.q.LimitTransaction(ctx, tx); err != nil {
			return err
		}
		c, err := db.newCandidate(ctx, tx, account, draft, grace)
		if err != nil {
			return err
		}
		preview, err = c.preview(ctx)
		return err
	})
	return preview, err
}

func (c *candidate) preview(ctx context.Context) (offhours.Preview, error) {
	refusal, err := c.firstRefusal(ctx)
	if err != nil {
		return offhours.Preview{}, err
	}
	attachments, err := c.attachments(ctx)
	return offhours.Preview{
		Selection:     c.selection,
		Records:       int(c.records()),
		RecordsBefore: int(c.older),
		RecordsAfter:  int(c.newer),
		Attachments:   attachments,
		EarliestStart: c.startsAt,
		Refusal:       refusal,
	}, err
}

// firstRefusal runs every check that [DB.Admit] runs, in its order, and counts
// even what is refused, so that the counts can be shown. Records of a type that
// is refused are not counted.
func (c *candidate) firstRefusal(ctx context.Context) (*offhours.Error, error) {
	if refusal, err := refusalOf(c.checkType(ctx)); refusal != nil || err != nil {
		return refusal, err
	}
	duplicate, err := refusalOf(c.checkDuplicate(ctx))
	if err != nil {
		return nil, err
	}
	if err := c.count(ctx); err != nil {
		return nil, err
	}
	size, _ := refusalOf(c.checkSize())
	queue, err := refusalOf(c.checkQueue(ctx))
	for _, refusal := range []*offhours.Error{duplicate, size, queue} {
		if refusal != nil {
			return refusal, err
		}
	}
	return nil, err
}

func (c *candidate) attachments(ctx context.Context) (int, error) {
	if c.records() == 0 || c.records() > offhours.MaxRecordsPerRequest {
		return 0, nil
	}
	n, err := c.db.q.CountSelectedAttachments(ctx, c.tx, dbsqlc.CountSelectedAttachmentsParams{
		AccountID: c.account.ID,
		TypeCode:  c.draft.ActivityType,
		SelBefore: c.selection.Before,
		SelAfter:  c.selection.After,
		SelUntil:  c.selection.Until,
	})
	return int(n), err
}

// refusalOf tells refusals, which a preview reports, from errors that end it.
func refusalOf(err error) (*offhours.Error, error) {
	var refusal *offhours.Error
	if errors.As(err, &refusal) {
		return refusal, nil
	}
	return nil, err
}
