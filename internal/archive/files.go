package archive

import (
	"context"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// filesAtOnce is how many files of the CRM are written at the same time: each
// waits for the disk or the network, and for little else.
const filesAtOnce = 16

// newFileKey returns a key for a file of the CRM: one that was never used and
// never will be again. Anybody's file is under the folder of its account.
func newFileKey(accountID int64) string {
	return FilesPrefix(accountID) + uuid.NewString()
}

// AddFiles stores contents as new files of the CRM and returns their keys, in
// order. They are durable when it returns nil; else it removes those it wrote, as
// far as the bucket lets it.
func (s *Store) AddFiles(ctx context.Context, accountID int64, contents [][]byte) ([]string, error) {
	keys := make([]string, len(contents))
	group, writing := errgroup.WithContext(ctx)
	group.SetLimit(filesAtOnce)
	for i, content := range contents {
		keys[i] = newFileKey(accountID)
		group.Go(func() error { return s.addFile(writing, keys[i], content) })
	}
	if err := group.Wait(); err != nil {
		_ = s.Remove(context.WithoutCancel(ctx), keys...) // no row names them
		return nil, err
	}
	return keys, nil
}

func (s *Store) addFile(ctx context.Context, key string, content []byte) error {
	file, err := s.Create(ctx, key, "application/octet-stream")
	if err != nil {
		return err
	}
	if _, err := file.Write(content); err != nil {
		file.Abort()
		return err
	}
	_, err = file.Commit()
	return err
}
