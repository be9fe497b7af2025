package offhours

import (
	"encoding/binary"
	"hash/fnv"
	"time"
)

// spreadShare is the part of a window that openings may be spread over: a short
// one is there for work.
const spreadShare = 10

// SpreadOpen is when the requests of an account that wait for w begin: Open and
// an offset that is always the same for the account. So accounts whose windows
// open at the same instant do not begin all at once. The offset is a whole number
// of milliseconds, less than spread and than a tenth of the window. A spread of 0
// or less is none.
func (w Window) SpreadOpen(accountID int64, spread time.Duration) time.Time {
	most := min(spread, w.Close.Sub(w.Open)/spreadShare).Milliseconds()
	if most <= 0 {
		return w.Open
	}
	hash := fnv.New64a()
	_, _ = hash.Write(binary.BigEndian.AppendUint64(nil, uint64(accountID))) // never fails
	return w.Open.Add(time.Duration(hash.Sum64()%uint64(most)) * time.Millisecond)
}

// StartWindow returns the window in which a request of an account that may begin
// from earliest on begins, as it is seen at now. Open is when: now or earliest,
// whichever is later, if the window was open at earliest, and otherwise, as the
// request waits for the window, [Window.SpreadOpen], or now if that is past.
//
// It returns the errors of [Schedule.NextWindow].
func (s Schedule) StartWindow(accountID int64, earliest, now time.Time, spread time.Duration) (Window, error) {
	from := later(earliest, now)
	// A window that opened a moment ago is looked at from its opening on.
	w, err := s.NextWindow(later(earliest, from.Add(-max(spread, 0))))
	for err == nil && !w.Close.After(from) {
		w, err = s.NextWindow(w.Close)
	}
	if err != nil {
		return Window{}, err
	}
	if w.Open.After(earliest) {
		from = later(from, w.SpreadOpen(accountID, spread))
	}
	return Window{Open: from.UTC(), Close: w.Close}, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
