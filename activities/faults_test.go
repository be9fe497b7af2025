package activities_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/offhours/offhours"
)

// failingCopies lets so many copies pass and then fails, and does something once
// behind the first one.
type failingCopies struct {
	exportArchive
	calls atomic.Int64
	after int64
	then  func()
	once  sync.Once
}

func (f *failingCopies) Copy(ctx context.Context, part offhours.Part, attempt string, c offhours.Copy) (offhours.Copy, error) {
	if f.calls.Add(1) > f.after {
		return c, errors.New("the bucket is away")
	}
	copied, err := f.exportArchive.Copy(ctx, part, attempt, c)
	if f.then != nil {
		f.once.Do(f.then)
	}
	return copied, err
}
