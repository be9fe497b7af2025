// Package archive keeps exports and reports in a bucket: the only place that
// builds a blob's key, writes a file, or reads one back to prove that it is
// there. A file counts as written when Commit returns nil, and as verified only
// after a fresh read of it was checked.
package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/offhours/offhours"
)

// Store is an archive in a bucket. It is safe for concurrent use.
type Store struct {
	bucket *blob.Bucket
	disk   *disk // of a file bucket, which writes its files; nil for all others
}

// Open opens the bucket at a gocloud.dev/blob URL, such as s3://bucket or
// file:///dir. The command has to import the driver of the URL's scheme.
func Open(ctx context.Context, bucketURL string) (*Store, error) {
	u, err := url.Parse(bucketURL)
	if err != nil {
		return nil, errors.New("parse the bucket URL: not a URL")
	}
	if u.Scheme == "file" && u.Query().Has("prefix") {
		return nil, errors.New("the URL of a file bucket has a prefix: name the folder itself instead")
	}
	bucket, err := blob.OpenBucket(ctx, bucketURL)
	if err != nil {
		return nil, fmt.Errorf("open the bucket: %w", err)
	}
	store := &Store{bucket: bucket}
	if u.Scheme != "file" {
		return store, nil
	}
	if store.disk, err = openDisk(filepath.Clean(filepath.FromSlash(u.Path))); err != nil {
		return nil, fmt.Errorf("open the bucket: %w", errors.Join(err, bucket.Close()))
	}
	return store, nil
}

// New returns a store in an open bucket, for tests.
func New(bucket *blob.Bucket) *Store { return &Store{bucket: bucket} }

// Close releases the bucket.
func (s *Store) Close() error { return s.bucket.Close() }

// Ping reports whether the bucket answers.
func (s *Store) Ping(ctx context.Context) error {
	if s.disk != nil {
		return s.disk.present() // fileblob's own answer is always yes
	}
	ok, err := s.bucket.IsAccessible(ctx)
	if err == nil && !ok {
		err = errors.New("the bucket does not exist")
	}
	return err
}

// present returns an error while the folder of a file bucket is away.
func (s *Store) present() error {
	if s.disk == nil {
		return nil
	}
	return s.disk.present()
}

// Open opens a file for reading and seeking. A missing one is an
// *offhours.Error with CodeNotFound; a bucket that is missing is not.
func (s *Store) Open(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	if err := s.present(); err != nil {
		return nil, err
	}
	r, err := s.bucket.NewReader(ctx, key, nil)
	if gcerrors.Code(err) != gcerrors.NotFound {
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", key, err)
		}
		return r, nil
	}
	if err := s.Ping(ctx); err != nil { // S3 has one answer for both
		return nil, fmt.Errorf("open %s: %w", key, err)
	}
	return nil, offhours.Errorf(offhours.CodeNotFound, "The file is not in the archive.")
}

// Remove deletes files that no row points at. Missing ones are fine.
func (s *Store) Remove(ctx context.Context, keys ...string) error {
	var all error
	for _, key := range keys {
		if err := s.bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			all = errors.Join(all, fmt.Errorf("remove %s: %w", key, err))
		}
	}
	return all
}

// discardPatience is given to the removal of a file that nobody was told of.
const discardPatience = 10 * time.Second

// discard removes a file that was written in vain, even when the attempt that
// wrote it is being stopped. If that fails, it is left to whoever purges the
// folder: the error that made it useless is the one to report.
func (s *Store) discard(ctx context.Context, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), discardPatience)
	defer cancel()
	_ = s.Remove(ctx, key)
}

func archiveChanged() *offhours.Failure {
	return &offhours.Failure{Code: offhours.FailureArchiveChanged,
		Detail: "A file of the verified export is missing or was changed in the archive. Nothing was deleted after this was noticed."}
}
