package archive

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
	"golang.org/x/sync/errgroup"

	"github.com/offhours/offhours"
)

const (
	// An object that is replaced while it is copied is copied again so often
	// before the attempt gives up.
	maxCopies = 3
	// Files are small and a bucket far away: reading them one by one would wait
	// most of the time. Each takes a buffer, so more would cost memory.
	parallelFiles = 4
	// S3 takes 10,000 parts an upload, none below 5 MiB.
	uploadParts = 9000
	uploadPart  = 5 << 20
)

// errReplaced means that an object was not the same from beginning to end.
var errReplaced = errors.New("the object kept being replaced while it was copied")

// object is what a bucket says of an object: enough to tell it from another one
// under the same key.
type object struct {
	etag  string
	bytes int64
}

// look returns nil if there is no object.
func (s *Store) look(ctx context.Context, accountID int64, key string) (*object, error) {
	if !strings.HasPrefix(key, FilesPrefix(accountID)) || path.Clean(key) != key {
		return nil, &offhours.Failure{Code: offhours.FailureUnexportable,
			Detail: "An attachment refers to a file outside of its account's folder. Ask your operator to look at the attachments."}
	}
	attributes, err := s.bucket.Attributes(ctx, key)
	if gcerrors.Code(err) == gcerrors.NotFound {
		// Missing, unless the whole bucket is away, or was and came back before it
		// could be asked.
		if err := s.Ping(ctx); err != nil {
			return nil, err
		}
		if attributes, err = s.bucket.Attributes(ctx, key); gcerrors.Code(err) == gcerrors.NotFound {
			return nil, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("look at an attachment: %w", err)
	}
	etag := attributes.ETag
	if etag == "" {
		etag = FormatTime(attributes.ModTime)
	}
	return &object{etag: etag, bytes: attributes.Size}, nil
}

// Look records what is known of an attachment's object without copying it.
func (s *Store) Look(ctx context.Context, part offhours.Part, c offhours.Copy) (offhours.Copy, error) {
	found, err := s.look(ctx, part.AccountID, c.Key)
	if err != nil {
		return c, err
	}
	if c.Missing = found == nil; found != nil {
		c.ETag, c.Bytes = found.etag, found.bytes
	}
	return c, nil
}

// Copy copies an attachment's object into the export of its part, as a stream,
// and returns what became of it. A missing object is marked so. The copy is of
// one state of the object: the one whose ETag is returned.
func (s *Store) Copy(ctx context.Context, part offhours.Part, attempt string, c offhours.Copy) (offhours.Copy, error) {
	for try := range maxCopies {
		found, err := s.look(ctx, part.AccountID, c.Key)
		if err != nil {
			return c, err
		}
		if found == nil {
			c.Missing = true
			return c, nil
		}
		stored, err := s.copy(ctx, part.AccountID, c.Key, *found, CopyKey(part.RequestRef, part.Number, c.Number, try, attempt))
		if errors.Is(err, errReplaced) {
			continue
		}
		c.ETag, c.ArchiveKey, c.Bytes, c.SHA256 = found.etag, stored.Key, stored.Bytes, stored.SHA256
		c.File = offhours.AttachmentName(part.Number, c.Number, c.Name)
		return c, err
	}
	return c, errReplaced
}

// copy copies one state of an object, or returns errReplaced.
func (s *Store) copy(ctx context.Context, accountID int64, from string, is object, to string) (offhours.Stored, error) {
	stored, err := s.stream(ctx, from, is.bytes, to)
	if err != nil {
		return offhours.Stored{}, err
	}
	after, err := s.look(ctx, accountID, from)
	if err != nil {
		return offhours.Stored{}, err
	}
	// One that has gone since is the better copied.
	if stored.Bytes == is.bytes && (after == nil || *after == is) {
		return stored, nil
	}
	if err := s.Remove(ctx, to); err != nil {
		return offhours.Stored{}, err
	}
	return offhours.Stored{}, errReplaced
}

func (s *Store) stream(ctx context.Context, from string, bytes int64, to string) (offhours.Stored, error) {
	in, err := s.bucket.NewReader(ctx, from, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return offhours.Stored{}, errReplaced
	}
	if err != nil {
		return offhours.Stored{}, fmt.Errorf("open an attachment: %w", err)
	}
	defer in.Close()
	out, err := s.create(ctx, to, blob.WriterOptions{
		ContentType:    "application/octet-stream",
		BufferSize:     int(max(uploadPart, bytes/uploadParts)),
		MaxConcurrency: 1,
	})
	if err != nil {
		return offhours.Stored{}, err
	}
	err = buffered(in, func(b *bufio.Reader) error {
		_, err := b.WriteTo(out)
		return err
	})
	if err != nil {
		out.Abort()
		return offhours.Stored{}, fmt.Errorf("copy an attachment: %w", err)
	}
	return out.Commit()
}

// CheckCopies reads copies once more, like Check.
func (s *Store) CheckCopies(ctx context.Context, copies []offhours.Copy) error {
	return unchanged(func() error { return s.readBack(ctx, copies) })
}

// readBack reads every byte of copies and compares it with what was written.
func (s *Store) readBack(ctx context.Context, copies []offhours.Copy) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelFiles)
	for _, c := range copies {
		if c.File == "" {
			continue
		}
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			r, err := s.read(ctx, c.ArchiveKey)
			if err != nil {
				return err
			}
			defer r.Close()
			return r.finish(c.Stored())
		})
	}
	return group.Wait()
}

// RemoveFile removes an object of the CRM if it still is the one with the ETag,
// and returns what became of it. Only files that no row names may be removed.
func (s *Store) RemoveFile(ctx context.Context, accountID int64, key, etag string) (state offhours.FileState, err error) {
	found, err := s.look(ctx, accountID, key)
	switch {
	case err != nil:
		return "", err
	case found == nil:
		state = offhours.FileMissing // or removed, by whoever crashed then
	case found.etag != etag:
		return offhours.FileReplaced, nil
	default:
		state, err = offhours.FileRemoved, s.Remove(ctx, key)
	}
	if err == nil && s.disk != nil {
		err = s.disk.forgotten(filepath.FromSlash(key))
	}
	return state, err
}
