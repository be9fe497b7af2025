package postgres

import (
	"context"
	"fmt"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// Files returns the verified files of an Export & Delete request that ended:
// the CSV parts, the attachments, the delete lists and the manifest. It returns CodeNotFound
// like [DB.Request], CodeNotReady if the request keeps no files or has not
// ended, and CodeExportExpired after the last day of download.
func (db *DB) Files(ctx context.Context, accountID int64, id string) ([]offhours.StoredFile, offhours.Request, error) {
	request, err := db.Request(ctx, accountID, id)
	if err != nil {
		return nil, offhours.Request{}, err
	}
	if err := downloadable(request); err != nil {
		return nil, offhours.Request{}, err
	}
	parts, err := db.q.VerifiedParts(ctx, db.pool, request.ID)
	if err != nil {
		return nil, offhours.Request{}, err
	}
	results, err := db.q.ResultFiles(ctx, db.pool, request.ID)
	if err != nil {
		return nil, offhours.Request{}, err
	}
	copies, err := db.q.VerifiedCopies(ctx, db.pool, request.ID)
	if err != nil {
		return nil, offhours.Request{}, err
	}
	return exportFiles(parts, copies, results), request, nil
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

func exportFiles(parts []dbsqlc.VerifiedPartsRow, copies []dbsqlc.VerifiedCopiesRow, results dbsqlc.ResultFilesRow) []offhours.StoredFile {
	var files []offhours.StoredFile
	for _, p := range parts {
		if p.CsvKey != nil {
			files = append(files, ofPart(p, stored(offhours.CSVName(p.Part), offhours.FileCSV, p.CsvKey, p.CsvBytes, p.CsvSha256)))
		}
	}
	for _, c := range copies {
		file := stored(orZero(c.File), offhours.FileAttachment, c.Key, c.Bytes, c.Sha256)
		file.Part = c.Part
		files = append(files, file)
	}
	for _, p := range parts {
		files = append(files, ofPart(p, stored(offhours.ListName(p.Part), offhours.FileManifest, p.ListKey, p.ListBytes, p.ListSha256)))
	}
	if results.ManifestKey != nil {
		files = append(files, stored(offhours.ManifestName, offhours.FileManifest, results.ManifestKey, results.ManifestBytes, results.ManifestSha256))
	}
	return files
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
