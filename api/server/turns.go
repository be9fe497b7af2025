package server

import (
	"context"
	"sync"

	"github.com/gin-gonic/gin"
)

// maxHeavy is how many heavy calls of one account are worked on at once. Admissions
// of an account wait for each other in the database, each with a connection in its
// hands; without a bound, one account could have all connections wait for itself.
const maxHeavy = 4

// turns lets the heavy calls of each account wait for each other.
type turns struct {
	mu sync.Mutex
	of map[int64]*queue // of accounts with heavy calls under way
}

type queue struct {
	slots chan struct{}
	calls int // in it or through it
}

func newTurns() *turns { return &turns{of: map[int64]*queue{}} }

// take waits for a turn of the account. Give it back with the function it returns.
func (t *turns) take(ctx context.Context, accountID int64) (giveBack func(), err error) {
	q := t.join(accountID)
	select {
	case q.slots <- struct{}{}:
		return func() { <-q.slots; t.leave(accountID, q) }, nil
	case <-ctx.Done():
		t.leave(accountID, q)
		return nil, ctx.Err()
	}
}

func (t *turns) join(accountID int64) *queue {
	t.mu.Lock()
	defer t.mu.Unlock()
	q := t.of[accountID]
	if q == nil {
		q = &queue{slots: make(chan struct{}, maxHeavy)}
		t.of[accountID] = q
	}
	q.calls++
	return q
}

func (t *turns) leave(accountID int64, q *queue) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if q.calls--; q.calls == 0 {
		delete(t.of, accountID)
	}
}

// takeTurns lets a heavy call wait until others of its account are done.
func (p problems) takeTurns() gin.HandlerFunc {
	waiting := newTurns()
	return func(c *gin.Context) {
		if !isHeavy(c) {
			return
		}
		giveBack, err := waiting.take(c.Request.Context(), mustCaller(c.Request.Context()).account.ID)
		if err != nil {
			p.write(c, err)
			return
		}
		defer giveBack()
		c.Next()
	}
}

// isHeavy is for calls that hold locks or count, and for the list of an export's
// files, which has a line for each of what may be hundreds of thousands.
func isHeavy(c *gin.Context) bool {
	return isAPI(c) && (weight(c) > 1 || c.FullPath() == pathFiles)
}
