package server

import (
	"math"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"github.com/offhours/offhours"
)

// Limits are how many calls a minute each user, and all users of an account
// together, may make of this process. So many may also come at once; the
// allowance refills evenly. 0 is no limit.
type Limits struct {
	UserCalls    int
	AccountCalls int
}

// weightOf is what a call counts for: 1, or more if it is a heavy one.
var weightOf = map[string]int{
	"POST " + pathPreview:  countWeight,
	"POST " + pathRequests: countWeight,
	"PUT " + pathAccount:   countWeight, // locks and plans every live request
}

const (
	countWeight = 20
	// maxCallers are remembered, those who called last: more would let a swarm
	// of tokens fill the memory. Who was forgotten begins with a full allowance.
	maxCallers = 10_000
)

// limiter holds the allowances of callers of one kind.
type limiter[K comparable] struct {
	kind      string // in the words of the refusal
	perMinute int
	callers   *lru.Cache[K, *rate.Limiter]
}

func newLimiter[K comparable](kind string, perMinute int) *limiter[K] {
	callers, err := lru.New[K, *rate.Limiter](maxCallers)
	if err != nil {
		panic(err) // for a size below 1 only
	}
	return &limiter[K]{kind: kind, perMinute: perMinute, callers: callers}
}

// take takes a call of some weight from a caller's allowance, or returns the
// refusal and takes nothing.
func (l *limiter[K]) take(who K, weight int) error {
	_, err := l.reserve(who, weight)
	return err
}

// reserve is take for a call that may be refused for another reason yet, which then
// gives back what it took.
func (l *limiter[K]) reserve(who K, weight int) (giveBack func(), err error) {
	if l.perMinute == 0 {
		return func() {}, nil
	}
	fresh := rate.NewLimiter(rate.Limit(float64(l.perMinute)/60), max(l.perMinute, countWeight))
	allowance, known, _ := l.callers.PeekOrAdd(who, fresh)
	if !known {
		allowance = fresh
	}
	l.callers.Get(who) // was used now
	now := time.Now()
	reserved := allowance.ReserveN(now, weight)
	giveBack = func() { reserved.CancelAt(now) } // at a later time it would count as used
	if wait := reserved.DelayFrom(now); wait > 0 {
		giveBack()
		return nil, &tooMany{by: l.kind, wait: wait}
	}
	return giveBack, nil
}

// tooMany is the refusal of a call that came too early.
type tooMany struct {
	by   string
	wait time.Duration
}

func (e *tooMany) Error() string { return e.Unwrap().Error() }

// Unwrap returns the refusal that the caller is shown.
func (e *tooMany) Unwrap() error {
	return offhours.Errorf(offhours.CodeRateLimited, "Too many calls by this %s. Please try again in %s s.", e.by, e.seconds())
}

// seconds are those to wait, rounded up.
func (e *tooMany) seconds() string { return strconv.Itoa(int(math.Ceil(e.wait.Seconds()))) }

// limits are the allowances of all callers.
type limits struct {
	users    *limiter[string] // by email, so that strangers are limited before the database is asked
	accounts *limiter[int64]
}

func newLimits(l Limits) limits {
	return limits{users: newLimiter[string]("user", l.UserCalls), accounts: newLimiter[int64]("account", l.AccountCalls)}
}

// weight is what a call counts for.
func weight(c *gin.Context) int { return max(weightOf[c.Request.Method+" "+c.FullPath()], 1) }
