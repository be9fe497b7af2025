package activities

import (
	"context"
	"errors"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/offhours/offhours"
)

// How attachments are copied, and their objects removed.
const (
	// So many are listed at a time.
	listedFiles = 1000
	// So many are recorded at a time: a worker that is killed loses that much work,
	// and the window is asked about as often.
	recordedFiles = 32
	// Files are small and buckets far away: one by one, they would be waited for
	// most of the time. Each takes a few megabytes.
	parallelFiles = 4
)

// copyAttachments copies the attachments of a part that are not copied yet, until
// there are none or the window closes. For Delete Only it looks at their objects
// only, so that they can be told from later ones.
func (e *Export) copyAttachments(ctx context.Context, part offhours.Part) (windowOpen bool, err error) {
	for {
		listed, err := e.Store.UncopiedAttachments(ctx, part, listedFiles)
		if err != nil || len(listed) == 0 {
			return err == nil, err
		}
		for len(listed) > 0 {
			some := listed[:min(recordedFiles, len(listed))]
			listed = listed[len(some):]
			if open, err := e.copySome(ctx, part, some); err != nil || !open {
				return false, err
			}
		}
	}
}

// copySome copies a few attachments at once and records those that were copied,
// even if others were not.
func (e *Export) copySome(ctx context.Context, part offhours.Part, some []offhours.Copy) (windowOpen bool, err error) {
	do := e.Archive.Look
	if len(part.Shape.Header) > 0 {
		attempt := attemptName(ctx, part.Epoch)
		do = func(ctx context.Context, part offhours.Part, c offhours.Copy) (offhours.Copy, error) {
			return e.Archive.Copy(ctx, part, attempt, c)
		}
	}
	done := make([]bool, len(some))
	failed := eachFile(ctx, len(some), func(i int) (err error) {
		some[i], err = do(ctx, part, some[i])
		done[i] = err == nil
		return err
	})
	var copied []offhours.Copy
	for i, c := range some {
		if done[i] {
			copied = append(copied, c)
		}
	}
	count(ctx, filesCopied, len(copyKeys(copied)))
	if windowOpen, err = e.Store.RecordCopies(ctx, part, copied); err != nil {
		e.discard(ctx, err, copyKeys(copied)...)
	}
	return windowOpen, errors.Join(failed, err)
}

func copyKeys(copies []offhours.Copy) (keys []string) {
	for _, c := range copies {
		if c.ArchiveKey != "" {
			keys = append(keys, c.ArchiveKey)
		}
	}
	return keys
}

// eachFile does something for each of n files, a few at a time. Once one fails, or
// the worker stops, no other is begun.
func eachFile(ctx context.Context, n int, do func(i int) error) error {
	var group errgroup.Group
	group.SetLimit(parallelFiles)
	var stop atomic.Bool
	for i := range n {
		group.Go(func() error {
			if stop.Load() {
				return nil
			}
			err := mayGoOn(ctx)
			if err == nil {
				err = caught(ctx, func() error { return do(i) })
			}
			if err != nil {
				stop.Store(true)
			}
			return err
		})
	}
	return group.Wait()
}
