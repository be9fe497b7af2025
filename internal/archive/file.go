package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"slices"
	"syscall"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/offhours/offhours"
)

// ErrExists means that a file of this name was written before, or at the same
// time. It stays as it is.
var ErrExists = errors.New("a file of this name exists")

// File is a file being written. Nothing of it is visible before Commit returns
// nil; Abort, or cancelling the context, leaves nothing behind.
type File struct {
	key   string
	w     writer
	sum   hash.Hash
	bytes int64
	err   error // of the first write that failed
}

// writer is how a bucket takes a file: all of it at commit, or nothing. One of
// commit and abort ends it.
type writer interface {
	io.Writer
	commit() error
	abort()
}

// Create begins a file. End it with Commit or Abort. The key has to be one that
// every bucket stores as it is; see checkKey.
func (s *Store) Create(ctx context.Context, key, contentType string) (*File, error) {
	return s.create(ctx, key, blob.WriterOptions{ContentType: contentType, MaxConcurrency: 1}) // each more would take memory
}

func (s *Store) create(ctx context.Context, key string, options blob.WriterOptions) (*File, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	w, err := s.newWriter(ctx, key, options)
	if err != nil {
		return nil, explain("create", key, err)
	}
	return &File{key: key, w: w, sum: sha256.New()}, nil
}

func (s *Store) newWriter(ctx context.Context, key string, options blob.WriterOptions) (writer, error) {
	if s.disk != nil {
		return s.disk.create(ctx, key)
	}
	options.IfNotExist = true
	ctx, cancel := context.WithCancel(ctx)
	w, err := s.bucket.NewWriter(ctx, key, &options)
	if err != nil {
		cancel()
		return nil, err
	}
	return &blobWriter{Writer: w, cancel: cancel}, nil
}

// Write appends to the file.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	f.sum.Write(p[:n])
	f.bytes += int64(n)
	if err != nil {
		f.err = errors.Join(f.err, explain("write", f.key, err))
		return n, f.err
	}
	return n, nil
}

// Commit makes the file visible and durable. It ends the file, with or without
// an error: then nothing of it is visible. Only a remote bucket whose answer was
// lost may have it all the same, under a name that nobody was told.
func (f *File) Commit() (offhours.Stored, error) {
	if f.err != nil { // what follows a gap is not the file
		f.w.abort()
		return offhours.Stored{}, f.err
	}
	if err := f.w.commit(); err != nil {
		return offhours.Stored{}, explain("commit", f.key, err)
	}
	return offhours.Stored{Key: f.key, Bytes: f.bytes, SHA256: hex.EncodeToString(f.sum.Sum(nil))}, nil
}

// Abort gives the file up.
func (f *File) Abort() { f.w.abort() }

// blobWriter writes through gocloud.dev/blob. Close would publish what was
// written so far, so the context is cancelled before it on every error.
type blobWriter struct {
	*blob.Writer
	cancel context.CancelFunc
}

func (w *blobWriter) commit() error {
	defer w.cancel()
	return w.Close()
}

func (w *blobWriter) abort() {
	w.cancel()
	_ = w.Close()
}

// explain says what failed, and names the two kinds that callers tell apart.
func explain(operation, key string, err error) error {
	switch {
	case gcerrors.Code(err) == gcerrors.FailedPrecondition:
		err = fmt.Errorf("%w: %w", ErrExists, err)
	case isFull(err):
		err = fmt.Errorf("%w: %w", offhours.ErrArchiveFull, err)
	}
	return fmt.Errorf("%s %s: %w", operation, key, err)
}

// isFull reports whether a bucket has no space left, or the product's share of
// it is used up.
func isFull(err error) bool {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return true
	}
	var answer interface{ HTTPStatusCode() int } // of an S3 store
	if errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusInsufficientStorage {
		return true
	}
	var named interface{ ErrorCode() string }
	return errors.As(err, &named) && slices.Contains(fullCodes, named.ErrorCode())
}

// fullCodes are what S3 stores say instead. One that answers "unavailable" cannot
// be told from an outage.
var fullCodes = []string{"QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded"}
