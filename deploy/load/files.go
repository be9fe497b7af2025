package main

import (
	"context"
	"errors"
	"fmt"

	_ "gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/s3blob"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/archive"
	"github.com/offhours/offhours/internal/postgres"
)

var errNoBucket = errors.New("OFFHOURS_BUCKET_URL is not set, and there are records with files: give the URL of the product's bucket, the same as for api and worker")

// bucket keeps the files of records. It is opened when the first record with
// files comes, so that others need none.
type bucket struct {
	url    string
	store  *archive.Store
	stored func(files int) // told of progress
}

// records passes records on, once the bucket is open for their files.
func (b *bucket) records(ctx context.Context, next postgres.RecordSource) postgres.RecordSource {
	return func() (offhours.Incoming, error) {
		in, err := next()
		if err == nil && len(in.Files) > 0 && b.store == nil {
			err = b.open(ctx)
		}
		return in, err
	}
}

func (b *bucket) open(ctx context.Context) (err error) {
	if b.url == "" {
		return errNoBucket
	}
	if b.store, err = archive.Open(ctx, b.url); err != nil {
		return err
	}
	if err := b.store.Ping(ctx); err != nil {
		return fmt.Errorf("reach the bucket: %w", err)
	}
	return nil
}

func (b *bucket) close() {
	if b.store != nil {
		_ = b.store.Close() // what it keeps is durable
	}
}

// AddFiles implements [postgres.FileStore].
func (b *bucket) AddFiles(ctx context.Context, accountID int64, contents [][]byte) ([]string, error) {
	keys, err := b.store.AddFiles(ctx, accountID, contents)
	b.stored(len(keys))
	return keys, err
}

// Remove implements [postgres.FileStore].
func (b *bucket) Remove(ctx context.Context, keys ...string) error {
	return b.store.Remove(ctx, keys...)
}
