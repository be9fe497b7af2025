// Package health finds out whether everything that a command needs answers.
package health

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Timeout is given to each part.
const Timeout = 2 * time.Second

// States of a part.
const (
	OK          = "ok"
	Unavailable = "unavailable"
)

// Parts are what a command needs, by name, with a question that each answers
// with nil. The questions may be asked at the same time.
type Parts map[string]func(context.Context) error

// Ask asks all parts at once, and returns the state of each and whether all of
// them are OK. Why one is not stands in the log alone.
func (p Parts) Ask(ctx context.Context, log *slog.Logger) (states map[string]string, ready bool) {
	var (
		group sync.WaitGroup
		mu    sync.Mutex
	)
	states, ready = make(map[string]string, len(p)), true
	for name, ping := range p {
		group.Go(func() {
			state := ask(ctx, log, name, ping)
			mu.Lock()
			defer mu.Unlock()
			states[name] = state
			ready = ready && state == OK
		})
	}
	group.Wait()
	return states, ready
}

func ask(ctx context.Context, log *slog.Logger, name string, ping func(context.Context) error) string {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	if err := ping(ctx); err != nil {
		log.WarnContext(ctx, "not ready", "part", name, "error", err)
		return Unavailable
	}
	return OK
}
