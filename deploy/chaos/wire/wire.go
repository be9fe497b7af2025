// Package wire stands between a program and its servers, and knows the calls after
// which something has durably changed: a commit, an object written or removed, a
// mail accepted, a step of a workflow. It can end the program, or lose the answer,
// at any of them. It knows nothing of the product.
package wire

import "errors"

// Fate is what becomes of a call.
type Fate int

// Fates of a call.
const (
	Pass   Fate = iota
	Before      // the program ends before the call arrives
	After       // the program ends after the call was done, before it has the answer
	Lost        // the call is done, the connection ends, the program lives
)

// String names the fate as people would.
func (f Fate) String() string { return [...]string{"pass", "before", "after", "lost"}[f] }

// Watch is what a wire tells of the calls on it.
type Watch struct {
	// Met is called before each call that changes something durably, with the
	// call's name, and says what becomes of it. Names are the same in each run: they
	// hold no ids, keys and times.
	Met func(call string) Fate
	// Done is called when a call that passed was done, before its answer is given.
	Done func(call string)
	// Kill ends the program at once, and returns when it has.
	Kill func()
}

// errCut ends a connection on purpose.
var errCut = errors.New("the connection is cut")

// do carries a call out as its fate wants it. An error means that there is no
// answer to be given.
func (w Watch) do(call string, carryOut func() error) error {
	switch w.Met(call) {
	case Before:
		w.Kill()
		return errCut
	case After:
		err := carryOut()
		w.Kill()
		return errors.Join(errCut, err)
	case Lost:
		return errors.Join(errCut, carryOut())
	default:
		if err := carryOut(); err != nil {
			return err
		}
		w.Done(call)
		return nil
	}
}
