package offhours

import (
	"slices"
	"sort"
	"time"
)

// This file is the only place that turns what a local clock shows into
// instants. time.Date is not used for it: for a reading that the clock skips or
// shows twice, it does not guarantee which instant comes out, and in Santiago
// and Havana it answers a missing midnight with the day before.

// reading is what a local clock shows: the seconds from its 1970-01-01 00:00:00,
// as if it had never been moved.
type reading int64

// readingOf is the reading of a clock on d, minutes after 00:00. It may reach
// into the next date: minute 1440 of d is minute 0 of the date after it.
func readingOf(d Date, minutes int) reading {
	return reading(d.utc().Unix() + int64(minutes)*60)
}

// reach is farther than any zone's offset from UTC, in seconds. TZif files
// (RFC 8536) may hold offsets of up to 26 hours; real ones stay under 16.
const reach = 27 * 60 * 60

// clockPeriod is a time, in Unix seconds, in which a local clock runs evenly.
type clockPeriod struct{ start, end, offset int64 }

func (p clockPeriod) startShows() reading       { return reading(p.start + p.offset) }
func (p clockPeriod) endShows() reading         { return reading(p.end + p.offset) }
func (p clockPeriod) instantOf(r reading) int64 { return int64(r) - p.offset }

// periodsAround returns, latest first, the periods in which a clock in loc can
// show r. Before all of them the clock shows less than r, after them more.
func periodsAround(r reading, loc *time.Location) []clockPeriod {
	from, to := int64(r)-reach, int64(r)+reach
	periods := make([]clockPeriod, 0, 2)
	for from < to {
		p := clockPeriod{
			start:  evenSince(from, to-1, loc),
			end:    to,
			offset: offsetAt(to-1, loc),
		}
		periods = append(periods, p)
		to = p.start
	}
	return periods
}

// evenSince is the instant, not before from, since which a clock in loc runs as
// it does at the instant at.
//
// ZoneBounds alone does not do. In the years after the last change that a zone
// file lists, its ends are too early on December 31 of leap years
// (golang/go#81583), so they are not used, and its starts may come before that
// last change (Winamac on 2007-03-11), so they are checked.
func evenSince(from, at int64, loc *time.Location) int64 {
	if start, _ := time.Unix(at, 0).In(loc).ZoneBounds(); !start.IsZero() {
		from = max(from, start.Unix())
	}
	offset := offsetAt(at, loc)
	if offsetAt(from, loc) == offset {
		return from
	}
	return from + int64(sort.Search(int(at-from), func(i int) bool {
		return offsetAt(from+int64(i), loc) == offset
	}))
}

func offsetAt(at int64, loc *time.Location) int64 {
	_, offset := time.Unix(at, 0).In(loc).Zone()
	return int64(offset)
}

// firstShown is the first instant at which a clock in loc shows r. A reading
// that is skipped counts as shown when the clock jumps over it.
func firstShown(r reading, loc *time.Location) time.Time {
	for _, p := range slices.Backward(periodsAround(r, loc)) {
		if p.endShows() > r {
			return unixUTC(max(p.start, p.instantOf(r)))
		}
	}
	panic("offhours: a zone's offset is out of reach")
}

// lastShown is the last instant at which a clock in loc shows r. A reading that
// is skipped counts as shown when the clock jumps over it.
func lastShown(r reading, loc *time.Location) time.Time {
	return lastPassed(r, loc, func(p clockPeriod) bool { return p.startShows() <= r })
}

// lastReached is the instant from which a clock in loc never shows less than r.
// It differs from lastShown where the clock is set back to r exactly: in Havana
// 00:00 is shown twice, but the day before is over at the first.
func lastReached(r reading, loc *time.Location) time.Time {
	return lastPassed(r, loc, func(p clockPeriod) bool { return p.startShows() < r })
}

func lastPassed(r reading, loc *time.Location, runsUpTo func(clockPeriod) bool) time.Time {
	for _, p := range periodsAround(r, loc) {
		if runsUpTo(p) {
			return unixUTC(min(p.end, p.instantOf(r)))
		}
	}
	panic("offhours: a zone's offset is out of reach")
}

func unixUTC(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }
