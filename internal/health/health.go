// Package health finds out whether everything that a command needs answers.
package health

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// timeout is given to each part.
	timeout = 2 * time.Second
	// Fresh is how long an answer is repeated: anybody may ask, and each question
	// goes to the database, Temporal and the bucket.
	Fresh = time.Second
)

// States of a part.
const (
	OK          = "ok"
	Unavailable = "unavailable"
)

// Parts are what a command needs, by name, with a question that each answers
// with nil. The questions may be asked at the same time.
type Parts map[string]func(context.Context) error

// Checker asks parts. It is safe for concurrent use.
type Checker struct {
	parts Parts
	log   *slog.Logger

	mu   sync.Mutex
	last Answer
	at   time.Time
}

// Answer is the state of each part, and whether all of them are OK. It is shared
// by all who asked: do not change it.
type Answer struct {
	Ready  bool
	States map[string]string
}

// New returns a checker of the parts. Why one is not OK stands in the log alone.
func New(parts Parts, log *slog.Logger) *Checker { return &Checker{parts: parts, log: log} }

// Ask asks all parts at once. Whoever asks meanwhile, or within [Fresh], gets the
// same answer.
func (c *Checker) Ask(ctx context.Context) Answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() || time.Since(c.at) >= Fresh {
		c.last = c.ask(context.WithoutCancel(ctx)) // the others want to know, too
		c.at = time.Now()
	}
	return c.last
}

func (c *Checker) ask(ctx context.Context) Answer {
	var (
		group sync.WaitGroup
		mu    sync.Mutex
	)
	answer := Answer{Ready: true, States: make(map[string]string, len(c.parts))}
	for name, ping := range c.parts {
		group.Go(func() {
			state := c.askPart(ctx, name, ping)
			mu.Lock()
			defer mu.Unlock()
			answer.States[name] = state
			answer.Ready = answer.Ready && state == OK
		})
	}
	group.Wait()
	return answer
}

func (c *Checker) askPart(ctx context.Context, name string, ping func(context.Context) error) string {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := ping(ctx); err != nil {
		c.log.WarnContext(ctx, "not ready", "part", name, "error", err)
		return Unavailable
	}
	return OK
}
