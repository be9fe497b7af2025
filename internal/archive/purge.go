package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/offhours/offhours"
)

var requestID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// PurgeExport removes everything in the folder of a request's export, also what
// killed attempts left there, and returns how many files it was. It may be called
// again, and goes on where it was. Reports lie elsewhere and stay.
func (s *Store) PurgeExport(ctx context.Context, ref offhours.RequestRef) (files int, err error) {
	if files, err = s.purge(ctx, ref, nil); err != nil {
		return files, err
	}
	return files, s.removeFolder(exportPrefix(ref))
}

// PurgeExcept removes everything in the folder of a request's export but the
// files to be kept.
func (s *Store) PurgeExcept(ctx context.Context, ref offhours.RequestRef, keep []string) error {
	_, err := s.purge(ctx, ref, keep)
	return err
}

func (s *Store) purge(ctx context.Context, ref offhours.RequestRef, keep []string) (files int, err error) {
	if ref.AccountID <= 0 || !requestID.MatchString(ref.RequestID) {
		return 0, errors.New("purge: not a request") // a short prefix would reach others
	}
	prefix := exportPrefix(ref)
	if err := s.present(); err != nil {
		return 0, err
	}
	for list := s.bucket.List(&blob.ListOptions{Prefix: prefix}); ; {
		object, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return files, fmt.Errorf("list %s: %w", prefix, err)
		}
		if !strings.HasPrefix(object.Key, prefix) {
			return files, fmt.Errorf("purge: the list of %s names another folder", prefix)
		}
		if slices.Contains(keep, object.Key) {
			continue
		}
		if err := s.bucket.Delete(ctx, object.Key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			return files, fmt.Errorf("remove %s: %w", object.Key, err)
		}
		files++
	}
}

// removeFolder removes what a list does not show of a file bucket: the folder
// itself, and unfinished files of attempts that were killed. An empty list may
// have come from a bucket that went away, which is an outage.
func (s *Store) removeFolder(prefix string) error {
	if s.disk == nil {
		return nil
	}
	root, err := s.disk.open()
	if err != nil {
		return err
	}
	defer root.Close()
	folder := filepath.FromSlash(strings.TrimSuffix(prefix, "/"))
	if err := root.RemoveAll(folder); err != nil {
		return fmt.Errorf("remove the folder %s: %w", prefix, err)
	}
	return s.disk.forgotten(folder)
}
