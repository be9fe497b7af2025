package offhours

import (
	"errors"
	"iter"
	"slices"
	"time"
)

// WindowHorizon is how far ahead of an instant windows are looked for. A window
// that is still open then is said to close then.
const WindowHorizon = 366 * 24 * time.Hour

// ErrNoWindow says that business hours leave no window within [WindowHorizon].
var ErrNoWindow = errors.New("offhours: business hours leave no window within 366 days")

// Window is a time in which requests may run: Open belongs to it, Close does
// not. Both are UTC, and Open is before Close.
type Window struct {
	Open  time.Time `json:"from"`
	Close time.Time `json:"to"`
}

// Contains reports whether t is in the window.
func (w Window) Contains(t time.Time) bool { return !t.Before(w.Open) && t.Before(w.Close) }

// NextWindow returns the window that t is in, from t on, or else the first one
// after t. So Open is never before t, and equals t exactly if work may run at t.
//
// Close is at most [WindowHorizon] after t: without business hours a window
// never closes, and callers ask again when the one they got does. It returns
// [ErrNoWindow], or the error of [Schedule.Location].
func (s Schedule) NextWindow(t time.Time) (Window, error) {
	windows, err := s.NextWindows(t, 1)
	if err != nil {
		return Window{}, err
	}
	return windows[0], nil
}

// NextWindows returns what [Schedule.NextWindow] returns for t, followed by the
// windows after it: n in all, or fewer if there are fewer within
// [WindowHorizon]. It returns [ErrNoWindow] if there are none at all.
func (s Schedule) NextWindows(t time.Time, n int) ([]Window, error) {
	loc, err := s.Location()
	if err != nil {
		return nil, err
	}
	var windows []Window
	for w := range s.windows(t.UTC(), loc) {
		if len(windows) == n {
			break
		}
		windows = append(windows, w)
	}
	if len(windows) == 0 {
		return nil, ErrNoWindow
	}
	return windows, nil
}

// Open reports whether work may run at t. It may not while the time zone is not
// known.
func (s Schedule) Open(t time.Time) bool {
	w, err := s.NextWindow(t)
	return err == nil && w.Open.Equal(t)
}

// windows yields what the business hours leave of the time from t to the
// horizon, in order.
func (s Schedule) windows(t time.Time, loc *time.Location) iter.Seq[Window] {
	return func(yield func(Window) bool) {
		open, horizon := t, t.Add(WindowHorizon)
		for b := range s.business(t, horizon, loc) {
			if !b.start.Before(horizon) {
				break
			}
			if open.Before(b.start) && !yield(Window{open, b.start}) {
				return
			}
			if open.Before(b.end) {
				open = b.end
			}
		}
		if open.Before(horizon) {
			yield(Window{open, horizon})
		}
	}
}

// businessTime is one block on one date: start belongs to it, end does not.
type businessTime struct{ start, end time.Time }

// business yields, day by day and ordered by start, every block that touches
// the time between from and to, and some around it.
//
// A block starts when the local clock first shows its From and ends when it
// last shows its To, so that where an hour comes twice and business hours are
// in doubt, nothing runs. A From or To that the clock skips counts as the
// instant at which it jumps; a block that is skipped whole is left out.
func (s Schedule) business(from, to time.Time, loc *time.Location) iter.Seq[businessTime] {
	return func(yield func(businessTime) bool) {
		// Two dates back: an overnight block began the date before, and a clock
		// set back over midnight may show yesterday again.
		last := DateOf(to, loc).AddDays(2)
		for d := DateOf(from, loc).AddDays(-2); d.Before(last); d = d.AddDays(1) {
			for _, b := range s.blocksOn(d) {
				bt := businessTime{
					start: firstShown(readingOf(d, int(b.From)), loc),
					end:   lastShown(readingOf(d, b.endMinutes()), loc),
				}
				if bt.start.Before(bt.end) && !yield(bt) {
					return
				}
			}
		}
	}
}

// blocksOn returns the blocks that start on d, ordered by start.
func (s Schedule) blocksOn(d Date) []Block {
	if slices.Contains(s.Holidays, d) {
		return nil
	}
	blocks := slices.Clone(s.BusinessHours.Day(d.Weekday()))
	slices.SortFunc(blocks, func(a, b Block) int { return int(a.From - b.From) })
	return blocks
}
