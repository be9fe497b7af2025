package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// Export returns what is verified of a request's export so far.
func (db *DB) Export(ctx context.Context, ref offhours.RequestRef) (offhours.Export, error) {
	facts, err := db.q.SealFacts(ctx, db.pool, dbsqlc.SealFactsParams{ID: ref.RequestID, AccountID: ref.AccountID})
	if err != nil {
		return offhours.Export{}, notFound(err, "request")
	}
	r := facts.Request
	export := offhours.Export{Sealed: r.Round, Records: r.Records, InTime: facts.InTime}
	export.Shape.List = offhours.ListHeader(offhours.RequestType(r.RequestType))
	if r.Header != nil {
		if err := json.Unmarshal(r.Header, &export.Shape.Header); err != nil {
			return offhours.Export{}, fmt.Errorf("read the header of request %s: %w", ref.RequestID, err)
		}
	}
	export.Manifest = offhours.Manifest{
		Version: offhours.ManifestVersion, Header: export.Shape.Header, FormulaGuard: "none",
		Database: offhours.DatabaseID{System: facts.DbSystem, Timeline: facts.DbTimeline},
		Request: offhours.ManifestRequest{
			ID: r.ID, AccountID: r.AccountID, ActivityType: r.TypeCode, EntityName: r.EntityName,
			RequestType: offhours.RequestType(r.RequestType), CreatedOn: r.CreatedOn.UTC(),
			Selection: selectionOf(r.SelBefore, r.SelAfter, r.SelUntil),
		},
	}
	if err := json.Unmarshal(r.Range, &export.Manifest.Request.Range); err != nil {
		return offhours.Export{}, fmt.Errorf("read the range of request %s: %w", ref.RequestID, err)
	}
	if len(export.Shape.Header) > 0 {
		if err := json.Unmarshal(r.Fields, &export.Manifest.Fields); err != nil {
			return offhours.Export{}, fmt.Errorf("read the fields of request %s: %w", ref.RequestID, err)
		}
	}
	parts, err := db.q.SealableParts(ctx, db.pool, dbsqlc.SealablePartsParams{RequestID: ref.RequestID, AccountID: ref.AccountID})
	if err != nil {
		return offhours.Export{}, err
	}
	for _, p := range parts {
		part := partFromRow(ref, p)
		part.Shape = export.Shape
		export.Parts = append(export.Parts, part)
	}
	export.Open, err = db.q.OpenParts(ctx, db.pool, dbsqlc.OpenPartsParams{RequestID: ref.RequestID, AccountID: ref.AccountID})
	return export, err
}

// Seal pins the manifest and opens a round for deleting. Every part up to the
// round has to be verified. ErrFenced means that a twin was faster,
// ErrEnded that the request has ended or is ending.
func (db *DB) Seal(ctx context.Context, ref offhours.RequestRef, seal offhours.Seal) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if err := lockExclusively(ctx, tx, ref); err != nil {
			return err
		}
		runs, err := db.q.RequestRuns(ctx, tx, dbsqlc.RequestRunsParams{ID: ref.RequestID, AccountID: ref.AccountID})
		if err != nil {
			return notFound(err, "request")
		}
		if !runs {
			return offhours.ErrEnded
		}
		if err := db.sameLists(ctx, tx, ref, seal); err != nil {
			return err
		}
		for source, ids := range seal.Rewritten {
			if err := db.settleRewritten(ctx, tx, ref, source, ids); err != nil {
				return err
			}
		}
		return fencedIfNone(db.q.SealRequest(ctx, tx, dbsqlc.SealRequestParams{
			ID: ref.RequestID, AccountID: ref.AccountID, Round: seal.Round, Listed: seal.Listed,
			ManifestKey: seal.Manifest.Key, ManifestBytes: seal.Manifest.Bytes, ManifestSha256: seal.Manifest.SHA256,
		}))
	})
}

// sameLists makes sure that what is sealed is what was read: a part may have been
// planned anew, or exported again, since.
func (db *DB) sameLists(ctx context.Context, tx pgx.Tx, ref offhours.RequestRef, seal offhours.Seal) error {
	parts, err := db.q.PartLists(ctx, tx, dbsqlc.PartListsParams{RequestID: ref.RequestID, Round: seal.Round})
	if err != nil {
		return err
	}
	for _, part := range parts {
		if part.State != string(offhours.PartVerified) || seal.Lists[part.Part] != orZero(part.ListSha256) {
			return offhours.ErrFenced
		}
	}
	return nil
}

func (db *DB) settleRewritten(ctx context.Context, tx pgx.Tx, ref offhours.RequestRef, source int, ids []string) error {
	if err := db.q.Supersede(ctx, tx, dbsqlc.SupersedeParams{RequestID: ref.RequestID, SourcePart: source, Ids: ids}); err != nil {
		return err
	}
	return db.q.SettleRewritten(ctx, tx, dbsqlc.SettleRewrittenParams{RequestID: ref.RequestID, SourcePart: source, AccountID: ref.AccountID})
}

// sharedLockSQL holds off the end of the request, and its seal, until COMMIT.
const sharedLockSQL = "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))"

func lockShared(ctx context.Context, tx pgx.Tx, ref offhours.RequestRef) error {
	_, err := tx.Exec(ctx, sharedLockSQL, ref.RequestID)
	return err
}

// lockExclusively waits until no delete transaction of the request is under way
// and lets none begin before the transaction ends. Deleters hold the lock
// shared; a row lock instead starves the mover under a stream of deleters.
func lockExclusively(ctx context.Context, tx pgx.Tx, ref offhours.RequestRef) error {
	_, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", ref.RequestID)
	return err
}
