package offhours_test

import (
	"errors"
	"testing"
	"time"

	"github.com/offhours/offhours"
)

// zones have clocks that move in every odd way known.
var zones = []string{
	"UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Beirut", "America/Santiago",
	"Pacific/Apia", "America/Havana", "America/St_Johns", "Africa/Casablanca", "Asia/Gaza", "Asia/Kolkata", "Antarctica/Troll",
	"Europe/Dublin", "America/Nuuk",
}

// inBusiness is the naive oracle: it asks the local clock at t alone.
func inBusiness(s offhours.Schedule, t time.Time, loc *time.Location) bool {
	today := offhours.DateOf(t, loc)
	clock := offhours.ClockTime(t.In(loc).Hour()*60 + t.In(loc).Minute())
	for _, b := range blocksStarting(s, today) {
		if b.From <= clock && (clock < b.To || b.To < b.From) {
			return true
		}
	}
	for _, b := range blocksStarting(s, today.AddDays(-1)) {
		if b.To < b.From && clock < b.To {
			return true
		}
	}
	return false
}

func blocksStarting(s offhours.Schedule, d offhours.Date) []offhours.Block {
	for _, h := range s.Holidays {
		if h == d {
			return nil
		}
	}
	return s.BusinessHours.Day(d.Weekday())
}

// shownTwice finds the minutes of a clock that come twice between two instants.
func shownTwice(from, to time.Time, loc *time.Location) map[string]int {
	times := map[string]int{}
	for at := from; at.Before(to); at = at.Add(time.Minute) {
		times[at.In(loc).Format("2006-01-02 15:04")]++
	}
	return times
}

// Outside hours that come twice the windows must be exactly the naive ones;
// inside, never a window where the clock may mean business.
func TestWindowsAgreeWithTheLocalClockMinuteByMinute(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ zone, around string }{
		{"America/New_York", "2026-03-08T07:00:00Z"}, {"America/New_York", "2026-11-01T06:00:00Z"},
		{"Europe/Berlin", "2026-03-29T01:00:00Z"}, {"Europe/Berlin", "2026-10-25T01:00:00Z"},
		{"Europe/Dublin", "2026-10-25T01:00:00Z"},
		{"Australia/Lord_Howe", "2026-10-03T15:30:00Z"}, {"Australia/Lord_Howe", "2026-04-04T15:00:00Z"},
		{"Africa/Cairo", "2026-04-23T22:00:00Z"}, {"Africa/Cairo", "2026-10-29T21:00:00Z"},
		{"Asia/Beirut", "2026-03-28T22:00:00Z"}, {"Asia/Beirut", "2026-10-24T21:00:00Z"},
		{"America/Santiago", "2026-09-06T04:00:00Z"}, {"America/Santiago", "2026-04-05T03:00:00Z"},
		{"America/Havana", "2026-03-08T05:00:00Z"}, {"America/Havana", "2026-11-01T05:00:00Z"},
		{"Pacific/Apia", "2011-12-30T10:00:00Z"}, {"America/St_Johns", "2010-11-07T02:31:00Z"},
		{"Africa/Casablanca", "2025-02-23T02:00:00Z"}, {"Asia/Gaza", "2025-04-12T00:00:00Z"},
		{"Antarctica/Troll", "2026-03-29T01:00:00Z"}, {"Asia/Kolkata", "2026-01-01T00:00:00Z"},
	} {
		t.Run(tc.zone+" "+tc.around, func(t *testing.T) {
			t.Parallel()
			around := instant(t, tc.around)
			holiday := offhours.DateOf(around, location(t, tc.zone)).String()
			for _, s := range []offhours.Schedule{
				everyDay(t, tc.zone, "06:00-22:00"),
				everyDay(t, tc.zone, "00:00-00:15 00:30-01:00 01:30-02:00 02:15-02:45 03:00-23:30"),
				everyDay(t, tc.zone, "22:30-00:30 01:00-02:30", holiday),
			} {
				compareWithOracle(t, s, around.Add(-20*time.Hour), around.Add(28*time.Hour))
			}
		})
	}
}

func compareWithOracle(t *testing.T, s offhours.Schedule, from, to time.Time) {
	t.Helper()
	loc := location(t, s.TimeZone)
	times := shownTwice(from, to, loc)
	for at := from; at.Before(to); at = at.Add(time.Minute) {
		open, business := s.Open(at), inBusiness(s, at, loc)
		if doubtful := times[at.In(loc).Format("2006-01-02 15:04")] > 1; open && business || open == business && !doubtful {
			t.Fatalf("%v: open %v, business %v", at.In(loc), open, business)
		}
	}
}

func FuzzWindow(f *testing.F) {
	f.Add([]byte{1, 9, 0, 18, 0, 2, 9, 30, 12, 0}, int64(1772953200), uint8(1))
	f.Add([]byte{0, 22, 0, 6, 0, 6, 1, 30, 2, 30}, int64(1793509200), uint8(2))
	f.Add([]byte{5, 0, 0, 24, 0, 7, 100, 0, 0, 0}, int64(1325239200), uint8(7))
	f.Add([]byte{3, 1, 0, 23, 0}, int64(2240568000), uint8(2))
	f.Add([]byte{}, int64(0), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, seconds int64, zone uint8) {
		s := scheduleOf(zones[int(zone)%len(zones)], data)
		at := time.Unix(seconds%(1<<33), seconds%1e9).UTC()
		invalid := s.Validate(at)
		windows, err := s.NextWindows(at, 5)
		if err != nil {
			if !errors.Is(err, offhours.ErrNoWindow) || invalid == nil {
				t.Fatalf("%v, though validation says %v", err, invalid)
			}
			return
		}
		checkWindows(t, s, at, windows)
	})
}

// scheduleOf reads five bytes at a time: a day and a block, or a holiday.
func scheduleOf(zone string, data []byte) offhours.Schedule {
	s := offhours.Schedule{TimeZone: zone}
	days := []*[]offhours.Block{
		&s.BusinessHours.Sunday, &s.BusinessHours.Monday, &s.BusinessHours.Tuesday, &s.BusinessHours.Wednesday,
		&s.BusinessHours.Thursday, &s.BusinessHours.Friday, &s.BusinessHours.Saturday,
	}
	for ; len(data) >= 5; data = data[5:] {
		if data[0]%8 == 7 {
			d := offhours.Date{Year: 1970 + int(data[1])%100, Month: 1, Day: 1}
			s.Holidays = append(s.Holidays, d.AddDays(int(data[2])+int(data[3])))
			continue
		}
		b := offhours.Block{
			From: offhours.ClockTime(int(data[1])%24*60 + int(data[2])%60),
			To:   offhours.ClockTime(int(data[3])%24*60 + int(data[4])%61),
		}
		if day := days[data[0]%8]; b.From != b.To {
			*day = append(*day, b)
		}
	}
	return s
}

func checkWindows(t *testing.T, s offhours.Schedule, at time.Time, windows []offhours.Window) {
	t.Helper()
	loc := location(t, s.TimeZone)
	if s.Open(at) != windows[0].Contains(at) {
		t.Fatalf("open at %v: %v, but the window is %v", at, s.Open(at), windows[0])
	}
	edge := at.Add(-1)
	for i, w := range windows {
		if !edge.Before(w.Open) || !w.Open.Before(w.Close) {
			t.Fatalf("window %d is out of order: %v", i, windows)
		}
		edge = w.Close
		step := max(w.Close.Sub(w.Open)/97, 1)
		for inside := w.Open; inside.Before(w.Close); inside = inside.Add(step) {
			if inBusiness(s, inside, loc) {
				t.Fatalf("window %v has business at %v", w, inside.In(loc))
			}
		}
		if last := w.Close.Add(-1); inBusiness(s, last, loc) || !s.Open(last) {
			t.Fatalf("window %v is closed at its end", w)
		}
		if w.Close.Sub(at) < offhours.WindowHorizon && s.Open(w.Close) {
			t.Fatalf("window %v is open at its close", w)
		}
	}
}
