// Package archive keeps exports and reports in a bucket: the only place that
// builds a blob's key, writes a file, or reads one back to prove that it is
// there. A file counts as written when Write returns nil, and as verified only
// after a fresh read of it was checked.
package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/offhours/offhours"
)

// Store is an archive in a bucket. It is safe for concurrent use.
type Store struct {
	bucket *blob.Bucket
	dir    string      // of a file bucket, to be synced; empty for all others
	home   os.FileInfo // of dir, when it was opened
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
	store.dir = filepath.Clean(filepath.FromSlash(u.Path))
	if err := syncPath(filepath.Dir(store.dir)); err != nil { // it names the bucket's folder
		return nil, fmt.Errorf("open the bucket: %w", err)
	}
	if store.home, err = os.Stat(store.dir); err != nil {
		return nil, fmt.Errorf("open the bucket: %w", err)
	}
	return store, nil
}

// present returns an error while the folder of a file bucket is not the one that
// was opened. gocloud.dev/blob/fileblob would take a file in a folder that is
// away, or a volume that is not mounted, for one that does not exist, and would
// write new files in its place.
func (s *Store) present() error {
	if s.dir == "" {
		return nil
	}
	now, err := os.Stat(s.dir)
	if err == nil && !os.SameFile(now, s.home) {
		err = errors.New("another folder is in its place")
	}
	if err != nil {
		return fmt.Errorf("the bucket is away: %w", err)
	}
	return nil
}

// New returns a store in an open bucket, for tests.
func New(bucket *blob.Bucket) *Store { return &Store{bucket: bucket} }

// Close releases the bucket.
func (s *Store) Close() error { return s.bucket.Close() }

// Ping reports whether the bucket answers.
func (s *Store) Ping(ctx context.Context) error {
	if s.dir != "" {
		return s.present() // fileblob's own answer is always yes
	}
	ok, err := s.bucket.IsAccessible(ctx)
	if err == nil && !ok {
		err = errors.New("the bucket does not exist")
	}
	return err
}

// File is a file being written. Nothing of it is visible before Commit returns
// nil; Abort, or cancelling the context, leaves nothing behind.
type File struct {
	store  *Store
	key    string
	w      *blob.Writer
	cancel context.CancelFunc
	sum    hash.Hash
	bytes  int64
}

// Create begins a file. End it with Commit or Abort.
func (s *Store) Create(ctx context.Context, key, contentType string) (*File, error) {
	if err := s.present(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	w, err := s.bucket.NewWriter(ctx, key, &blob.WriterOptions{ContentType: contentType, IfNotExist: true})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("create %s: %w", key, err)
	}
	return &File{store: s, key: key, w: w, cancel: cancel, sum: sha256.New()}, nil
}

// Write appends to the file.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	f.sum.Write(p[:n])
	f.bytes += int64(n)
	if err != nil {
		return n, fmt.Errorf("write %s: %w", f.key, err)
	}
	return n, nil
}

// Commit makes the file visible and durable.
func (f *File) Commit() (offhours.Stored, error) {
	defer f.cancel()
	if err := f.w.Close(); err != nil {
		return offhours.Stored{}, fmt.Errorf("commit %s: %w", f.key, err)
	}
	if err := f.store.sync(f.key); err != nil {
		return offhours.Stored{}, err
	}
	return offhours.Stored{Key: f.key, Bytes: f.bytes, SHA256: hex.EncodeToString(f.sum.Sum(nil))}, nil
}

// Abort gives the file up. The context is cancelled before Close, because Close
// alone would publish what was written so far.
func (f *File) Abort() {
	f.cancel()
	_ = f.w.Close()
}

// sync brings a file of a file bucket, and the folders that name it, to the
// disk: gocloud.dev/blob/fileblob never does, and a power cut after the delete
// was committed would lose the only copy.
func (s *Store) sync(key string) error {
	if s.dir == "" {
		return nil
	}
	for path := filepath.Join(s.dir, filepath.FromSlash(key)); ; path = filepath.Dir(path) {
		if err := syncPath(path); err != nil {
			return fmt.Errorf("sync %s: %w", key, err)
		}
		if len(path) <= len(s.dir) {
			return nil
		}
	}
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Open opens a file for reading and seeking. A missing one is an
// *offhours.Error with CodeNotFound.
func (s *Store) Open(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	if err := s.present(); err != nil {
		return nil, err
	}
	r, err := s.bucket.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, offhours.Errorf(offhours.CodeNotFound, "The file is not in the archive.")
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", key, err)
	}
	return r, nil
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

func archiveChanged() *offhours.Failure {
	return &offhours.Failure{Code: offhours.FailureArchiveChanged,
		Detail: "A file of the verified export is missing or was changed in the archive. Nothing was deleted after this was noticed."}
}

// timeText is RFC 3339 in UTC with microseconds, PostgreSQL's resolution. Its
// fixed width makes the order of texts the order of times.
const timeText = "2006-01-02T15:04:05.000000Z"

// FormatTime returns t as files show it.
func FormatTime(t time.Time) string { return t.UTC().Format(timeText) }
