package offhours_test

import (
	"errors"
	"testing"

	"github.com/offhours/offhours"
)

func TestWindowsAreTheTimeOutsideBusinessHours(t *testing.T) {
	t.Parallel()
	office := everyDay(t, "UTC", "09:00-18:00", "2026-12-25")
	office.BusinessHours.Saturday, office.BusinessHours.Sunday = nil, nil
	nights := everyDay(t, "UTC", "22:00-06:00", "2026-12-25")
	for _, tc := range []struct {
		name, at, open, close string
		s                     offhours.Schedule
	}{
		{"business hours wait for the evening", "2026-12-22T12:00:00Z", "2026-12-22T18:00:00Z", "2026-12-23T09:00:00Z", office},
		{"the opening belongs to the window", "2026-12-22T18:00:00Z", "2026-12-22T18:00:00Z", "2026-12-23T09:00:00Z", office},
		{"an open window starts now", "2026-12-22T23:30:00.5Z", "2026-12-22T23:30:00.5Z", "2026-12-23T09:00:00Z", office},
		{"the close does not belong to it", "2026-12-23T09:00:00Z", "2026-12-23T18:00:00Z", "2026-12-24T09:00:00Z", office},
		{"a holiday joins the weekend", "2026-12-24T20:00:00Z", "2026-12-24T20:00:00Z", "2026-12-28T09:00:00Z", office},
		{"the instant before the holiday weekend", "2026-12-24T17:59:59.999999Z", "2026-12-24T18:00:00Z", "2026-12-28T09:00:00Z", office},
		{"overnight blocks leave the day", "2026-12-22T23:00:00Z", "2026-12-23T06:00:00Z", "2026-12-23T22:00:00Z", nights},
		{"after midnight the block of yesterday counts", "2026-12-23T03:00:00Z", "2026-12-23T06:00:00Z", "2026-12-23T22:00:00Z", nights},
		{"a block runs into the holiday and none starts on it", "2026-12-24T23:00:00Z", "2026-12-25T06:00:00Z", "2026-12-26T22:00:00Z", nights},
		{"lunch is a window", "2026-12-22T10:00:00Z", "2026-12-22T12:00:00Z", "2026-12-22T13:00:00Z", everyDay(t, "UTC", "13:00-18:00 09:00-12:00")},
		{"touching blocks leave no window", "2026-12-22T10:00:00Z", "2026-12-22T18:00:00Z", "2026-12-23T09:00:00Z", everyDay(t, "UTC", "09:00-12:00 12:00-18:00")},
		{"overlapping blocks are one", "2026-12-22T10:00:00Z", "2026-12-22T18:00:00Z", "2026-12-23T08:00:00Z", everyDay(t, "UTC", "10:00-11:00 08:00-18:00 09:00-17:00")},
		{"blocks join over midnight", "2026-12-22T21:00:00Z", "2026-12-23T04:00:00Z", "2026-12-23T20:00:00Z", everyDay(t, "UTC", "20:00-24:00 00:00-04:00")},
		{"the zone counts", "2026-12-22T12:29:00Z", "2026-12-22T12:30:00Z", "2026-12-23T03:30:00Z", everyDay(t, "Asia/Kolkata", "09:00-18:00")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			at, want := instant(t, tc.at), offhours.Window{Open: instant(t, tc.open), Close: instant(t, tc.close)}
			got, err := tc.s.NextWindow(at)
			if err != nil || got != want {
				t.Fatalf("window %v, %v, want %v", got, err, want)
			}
			if tc.s.Open(at) != want.Contains(at) {
				t.Errorf("open at %v: %v", at, tc.s.Open(at))
			}
		})
	}
}

func TestAnAccountWithoutBusinessHoursIsAlwaysOpen(t *testing.T) {
	t.Parallel()
	at := instant(t, "2026-05-01T12:34:56Z")
	s := offhours.Schedule{TimeZone: "Asia/Kolkata"}
	got, err := s.NextWindows(at, 3)
	want := offhours.Window{Open: at, Close: at.Add(offhours.WindowHorizon)}
	if err != nil || len(got) != 1 || got[0] != want || !s.Open(at) {
		t.Errorf("windows %v, %v", got, err)
	}
}

func TestAnAccountThatNeverClosesItsBusinessHasNoWindow(t *testing.T) {
	t.Parallel()
	at := instant(t, "2026-05-01T12:00:00Z")
	for _, hours := range []string{"00:00-24:00", "12:00-11:00 11:00-12:00"} {
		s := everyDay(t, "America/New_York", hours)
		if w, err := s.NextWindow(at); !errors.Is(err, offhours.ErrNoWindow) || s.Open(at) {
			t.Errorf("%s: %v, %v", hours, w, err)
		}
	}
	if w, err := (offhours.Schedule{TimeZone: "Mars/Base"}).NextWindow(at); err == nil {
		t.Errorf("a zone that is not known has the window %v", w)
	}
	if (offhours.Schedule{TimeZone: "Mars/Base"}).Open(at) {
		t.Error("a zone that is not known is open")
	}
}

func TestWindowsFollowOneAnother(t *testing.T) {
	t.Parallel()
	s := everyDay(t, "Europe/Berlin", "09:00-12:00 13:00-18:00")
	got, err := s.NextWindows(instant(t, "2026-03-28T11:30:00Z"), 3)
	want := []offhours.Window{
		{Open: instant(t, "2026-03-28T11:30:00Z"), Close: instant(t, "2026-03-28T12:00:00Z")},
		{Open: instant(t, "2026-03-28T17:00:00Z"), Close: instant(t, "2026-03-29T07:00:00Z")},
		{Open: instant(t, "2026-03-29T10:00:00Z"), Close: instant(t, "2026-03-29T11:00:00Z")},
	}
	if err != nil || len(got) != len(want) {
		t.Fatalf("windows %v, %v", got, err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("window %d: %v, want %v", i, got[i], want[i])
		}
	}
}

// Each case is the window of the night in which a clock moves. Business hours
// are the rest of the day.
func TestWindowsAreRightWhenClocksMove(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, zone, business, at, open, close string
	}{
		{"the night is an hour shorter", "America/New_York", "06:00-22:00", "2026-03-08T03:00:00Z", "2026-03-08T03:00:00Z", "2026-03-08T10:00:00Z"},
		{"the night is an hour longer", "America/New_York", "06:00-22:00", "2026-11-01T02:00:00Z", "2026-11-01T02:00:00Z", "2026-11-01T11:00:00Z"},
		{"Cairo's night is an hour shorter", "Africa/Cairo", "06:00-22:00", "2026-04-23T20:00:00Z", "2026-04-23T20:00:00Z", "2026-04-24T03:00:00Z"},
		{"Lord Howe's night is half an hour shorter", "Australia/Lord_Howe", "06:00-22:00", "2026-10-03T11:30:00Z", "2026-10-03T11:30:00Z", "2026-10-03T19:00:00Z"},
		{"it opens after the gap", "America/New_York", "06:00-02:30", "2026-03-08T05:00:00Z", "2026-03-08T07:00:00Z", "2026-03-08T10:00:00Z"},
		{"it closes at the gap", "America/New_York", "02:30-22:00", "2026-03-08T03:00:00Z", "2026-03-08T03:00:00Z", "2026-03-08T07:00:00Z"},
		{"it closes at the gap in Berlin", "Europe/Berlin", "02:30-22:00", "2026-03-28T21:00:00Z", "2026-03-28T21:00:00Z", "2026-03-29T01:00:00Z"},
		{"it opens after half an hour's gap", "Australia/Lord_Howe", "06:00-02:15", "2026-10-03T15:00:00Z", "2026-10-03T15:30:00Z", "2026-10-03T19:00:00Z"},
		{"it opens at the second 01:30", "America/New_York", "06:00-01:30", "2026-11-01T05:00:00Z", "2026-11-01T06:30:00Z", "2026-11-01T11:00:00Z"},
		{"it closes at the first 01:30", "America/New_York", "01:30-22:00", "2026-11-01T02:00:00Z", "2026-11-01T02:00:00Z", "2026-11-01T05:30:00Z"},
		{"it opens at the second 02:30 in Berlin", "Europe/Berlin", "06:00-02:30", "2026-10-25T00:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T05:00:00Z"},
		{"it closes at the first 02:30 in Berlin", "Europe/Berlin", "02:30-22:00", "2026-10-24T20:00:00Z", "2026-10-24T20:00:00Z", "2026-10-25T00:30:00Z"},
		{"it opens where midnight is missing", "Asia/Beirut", "08:00-24:00", "2026-03-28T20:00:00Z", "2026-03-28T22:00:00Z", "2026-03-29T05:00:00Z"},
		{"it closes where midnight is missing", "America/Santiago", "00:00-20:00", "2026-09-06T00:00:00Z", "2026-09-06T00:00:00Z", "2026-09-06T04:00:00Z"},
		{"it opens at the second midnight", "America/Havana", "08:00-24:00", "2026-11-01T03:00:00Z", "2026-11-01T05:00:00Z", "2026-11-01T13:00:00Z"},
		{"it closes at the first midnight", "America/Havana", "00:00-20:00", "2026-11-01T01:00:00Z", "2026-11-01T01:00:00Z", "2026-11-01T04:00:00Z"},
		{"Winamac skips two hours", "America/Indiana/Winamac", "06:00-03:30", "2007-03-11T06:00:00Z", "2007-03-11T08:00:00Z", "2007-03-11T10:00:00Z"},
		{"a date that is skipped has no business", "Pacific/Apia", "09:00-17:00", "2011-12-30T04:00:00Z", "2011-12-30T04:00:00Z", "2011-12-30T19:00:00Z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			want := offhours.Window{Open: instant(t, tc.open), Close: instant(t, tc.close)}
			got, err := everyDay(t, tc.zone, tc.business).NextWindow(instant(t, tc.at))
			if err != nil || got != want {
				t.Errorf("window %v, %v, want %v", got, err, want)
			}
		})
	}
}

// Go gives wrong ends of zone periods on this day (golang/go#81583).
func TestTheLastDayOfALeapYearHasItsWindows(t *testing.T) {
	t.Parallel()
	for _, year := range []string{"2028", "2040", "2096"} {
		got, err := everyDay(t, "America/New_York", "09:00-18:00").NextWindow(instant(t, year+"-12-31T15:00:00Z"))
		if err != nil || !got.Open.Equal(instant(t, year+"-12-31T23:00:00Z")) || got.Close.Sub(got.Open).Hours() != 15 {
			t.Errorf("window %v, %v", got, err)
		}
	}
}
