package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// Files returns the verified files of an Export & Delete request that ended:
// the CSV parts, the attachments, the delete lists and the manifest. It returns CodeNotFound
// like [DB.Request], CodeNotReady if the request keeps no files or has not
// ended, and CodeExportExpired after the last day of download.
func (db *DB) Files(ctx context.Context, accountID int64, id string) ([]offhours.StoredFile, offhours.Request, error) {
	request, err := db.exported(ctx, accountID, id)
	if err != nil {
		return nil, offhours.Request{}, err
	}
	copies, err := db.q.VerifiedCopies(ctx, db.pool, request.ID)
	if err != nil {
		return nil, offhours.Request{}, err
	}
	files, err := db.exportFiles(ctx, request.ID, copies)
	return files, request, err
}

// File returns the one of [DB.Files] that has the name, or CodeNotFound. It does
// not read of the others: an export may have hundreds of thousands of attachments,
// which are downloaded one by one.
func (db *DB) File(ctx context.Context, accountID int64, id, name string) (offhours.StoredFile, error) {
	request, err := db.exported(ctx, accountID, id)
	if err != nil {
		return offhours.StoredFile{}, err
	}
	if part, number, ok := offhours.AttachmentNumber(name); ok {
		row, err := db.q.VerifiedCopy(ctx, db.pool, dbsqlc.VerifiedCopyParams{RequestID: request.ID, Part: part, Number: number, File: name})
		return ofCopy(dbsqlc.VerifiedCopiesRow(row)), notFound(err, "file")
	}
	files, err := db.exportFiles(ctx, request.ID, nil)
	if err != nil {
		return offhours.StoredFile{}, err
	}
	for _, file := range files {
		if file.Name == name {
			return file, nil
		}
	}
	return offhours.StoredFile{}, notFound(pgx.ErrNoRows, "file")
}

// exported returns a request whose files can be downloaded.
func (db *DB) exported(ctx context.Context, accountID int64, id string) (offhours.Request, error) {
	request, err := db.Request(ctx, accountID, id)
	if err == nil {
		err = downloadable(request)
	}
	return request, err
}

// Report returns the report of a request that ended with one. It returns
// CodeNotFound like [DB.Request], and CodeNotReady if there is no report.
func (db *DB) Report(ctx context.Context, accountID int64, id string) (offhours.StoredFile, offhours.Request, error) {
	request, err := db.Request(ctx, accountID, id)
	if err != nil {
		return offhours.StoredFile{}, offhours.Request{}, err
	}
	if err := reported(request); err != nil {
		return offhours.StoredFile{}, offhours.Request{}, err
	}
	row, err := db.q.ResultFiles(ctx, db.pool, request.ID)
	if err != nil {
		return offhours.StoredFile{}, offhours.Request{}, err
	}
	name := fmt.Sprintf("report-%s.csv", request.ID)
	file := stored(name, offhours.FileCSV, row.ReportKey, row.ReportBytes, row.ReportSha256)
	file.Rows = request.Records
	return file, request, nil
}

// downloadable returns why a request has no files to offer, or nil.
func downloadable(r offhours.Request) error {
	switch {
	case r.RequestType == offhours.DeleteOnly:
		return offhours.Errorf(offhours.CodeNotReady, "A Delete Only request keeps no files.")
	case !r.Status.Ended():
		return offhours.Errorf(offhours.CodeNotReady, "The files can be downloaded when the request has ended.")
	case r.Status == offhours.StatusRevoked:
		return offhours.Errorf(offhours.CodeNotReady, "The request was revoked before anything was exported.")
	case r.Status == offhours.StatusFailed && r.Outcomes.Deleted == 0:
		return offhours.Errorf(offhours.CodeNotReady, "The request failed before anything was deleted, so there is nothing to download.")
	case *r.DaysLeft == 0:
		return offhours.Errorf(offhours.CodeExportExpired, "The files could be downloaded until %s.", minute(*r.DownloadUntil))
	}
	return nil
}

// reported returns why a request has no report, or nil.
func reported(r offhours.Request) error {
	switch {
	case !r.Status.Ended():
		return offhours.Errorf(offhours.CodeNotReady, "The report can be viewed when the request has ended.")
	case r.Status == offhours.StatusRevoked:
		return offhours.Errorf(offhours.CodeNotReady, "The request was revoked before it started, so there is no report.")
	}
	return nil
}

// exportFiles puts the copies among all other files of an export.
func (db *DB) exportFiles(ctx context.Context, requestID string, copies []dbsqlc.VerifiedCopiesRow) (files []offhours.StoredFile, err error) {
	parts, err := db.q.VerifiedParts(ctx, db.pool, requestID)
	if err != nil {
		return nil, err
	}
	results, err := db.q.ResultFiles(ctx, db.pool, requestID)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		if p.CsvKey != nil {
			files = append(files, ofPart(p, stored(offhours.CSVName(p.Part), offhours.FileCSV, p.CsvKey, p.CsvBytes, p.CsvSha256)))
		}
	}
	for _, c := range copies {
		files = append(files, ofCopy(c))
	}
	for _, p := range parts {
		files = append(files, ofPart(p, stored(offhours.ListName(p.Part), offhours.FileManifest, p.ListKey, p.ListBytes, p.ListSha256)))
	}
	if results.ManifestKey != nil {
		files = append(files, stored(offhours.ManifestName, offhours.FileManifest, results.ManifestKey, results.ManifestBytes, results.ManifestSha256))
	}
	return files, nil
}

func ofCopy(c dbsqlc.VerifiedCopiesRow) offhours.StoredFile {
	file := stored(orZero(c.File), offhours.FileAttachment, c.Key, c.Bytes, c.Sha256)
	file.Part = c.Part
	return file
}

func ofPart(p dbsqlc.VerifiedPartsRow, file offhours.StoredFile) offhours.StoredFile {
	file.Part, file.Rows = p.Part, orZero(p.Rows)
	file.FirstKey, file.LastKey = orZero(p.FirstKey), orZero(p.LastKey)
	return file
}

func stored(name, kind string, key *string, bytes *int64, sha256 *string) offhours.StoredFile {
	return offhours.StoredFile{
		Key: orZero(key),
		ManifestFile: offhours.ManifestFile{
			Name:   name,
			Kind:   kind,
			Bytes:  orZero(bytes),
			SHA256: orZero(sha256),
		},
	}
}

func orZero[T any](v *T) (zero T) {
	if v == nil {
		return zero
	}
	return *v
}
