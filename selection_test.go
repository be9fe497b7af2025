package offhours_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/offhours/offhours"
)

// The first two tests are the examples that explain the two kinds of ranges to users.

func TestOnApril30ThirtyDaysSelectExactlyWhatWasModifiedBeforeApril1(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"UTC", "Asia/Kolkata", "America/New_York", "Pacific/Auckland"} {
		loc := location(t, zone)
		midnight := time.Date(2026, 4, 1, 0, 0, 0, 0, loc)
		for _, clock := range []time.Duration{0, 12 * time.Hour, 24*time.Hour - time.Nanosecond} {
			created := time.Date(2026, 4, 30, 0, 0, 0, 0, loc).Add(clock)
			s, err := offhours.DateRange{Days: 30}.Resolve(created, loc)
			if err != nil {
				t.Fatal(err)
			}
			if !s.Contains(midnight.Add(-time.Microsecond)) || s.Contains(midnight) || s.Contains(created) {
				t.Errorf("%s, created %v: selection %+v", zone, created, s)
			}
		}
	}
}

func TestAnActivityCreatedInFebruaryAndModifiedLastWeekStays(t *testing.T) {
	t.Parallel()
	s, err := offhours.DateRange{Days: 30}.Resolve(instant(t, "2026-04-25T10:00:00Z"), time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	if created, modified := instant(t, "2026-02-15T09:00:00Z"), instant(t, "2026-04-18T09:00:00Z"); s.Contains(modified) || !s.Contains(created) {
		t.Errorf("only the time of modification may count: %+v", s)
	}
}

func TestACustomRangeKeepsWhatIsInside(t *testing.T) {
	t.Parallel()
	loc := location(t, "Europe/Berlin")
	created := instant(t, "2026-04-30T10:00:00.123456789Z")
	s, err := offhours.DateRange{From: date(t, "2025-01-01"), To: date(t, "2025-12-31")}.Resolve(created, loc)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]bool{
		"1970-01-01T00:00:00Z":           true,
		"2024-12-31T22:59:59.999999Z":    true,
		"2024-12-31T23:00:00Z":           false,
		"2025-12-31T22:59:59.999999Z":    false,
		"2025-12-31T23:00:00Z":           true,
		"2026-04-30T10:00:00.123455Z":    true,
		"2026-04-30T10:00:00.123456Z":    false, // created, in whole microseconds
		"2026-04-30T10:00:00.123456789Z": false,
		"2027-01-01T00:00:00Z":           false,
	} {
		if got := s.Contains(instant(t, at)); got != want {
			t.Errorf("modified %s: selected %v, want %v", at, got, want)
		}
	}
}

func TestACustomRangeUpToTodayHasNoNewerSide(t *testing.T) {
	t.Parallel()
	created := instant(t, "2026-04-30T00:00:00Z")
	for _, to := range []string{"2026-04-29", "2026-04-30", "2026-05-10", "9999-12-31"} {
		s, err := offhours.DateRange{From: date(t, "2025-01-01"), To: date(t, to)}.Resolve(created, time.UTC)
		if err != nil || s.After != nil || s.Until != nil {
			t.Errorf("to %s: %+v, %v", to, s, err)
		}
	}
}

func TestTheCutOffIsTheFirstInstantOfTheLocalDate(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ why, zone, from, before, date string }{
		{"midnight is an ordinary one", "America/New_York", "2026-03-08", "2026-03-08T05:00:00Z", ""},
		{"the day after has another offset", "America/New_York", "2026-03-09", "2026-03-09T04:00:00Z", ""},
		{"00:00 is skipped", "Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z", ""},
		{"00:00 is skipped", "Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00Z", ""},
		{"00:00 is skipped, time.Date says the day before", "America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z", ""},
		{"00:00 is skipped, time.Date says the day before", "America/Havana", "2026-03-08", "2026-03-08T05:00:00Z", ""},
		{"00:00 comes twice", "America/Havana", "2026-11-01", "2026-11-01T04:00:00Z", ""},
		{"23:00 of the day before comes twice", "America/Santiago", "2026-04-05", "2026-04-05T04:00:00Z", ""},
		{"the clock moves by 30 minutes", "Australia/Lord_Howe", "2026-10-05", "2026-10-04T13:00:00Z", ""},
		{"the date does not exist", "Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", "2011-12-31"},
		{"the date before does not exist", "Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z", ""},
		{"summer time ends for Ramadan", "Africa/Casablanca", "2025-02-24", "2025-02-24T00:00:00Z", ""},
		{"and comes back after it", "Africa/Casablanca", "2025-04-07", "2025-04-06T23:00:00Z", ""},
		{"Gaza in winter", "Asia/Gaza", "2025-04-12", "2025-04-11T22:00:00Z", ""},
		{"Gaza in summer", "Asia/Gaza", "2025-04-13", "2025-04-12T21:00:00Z", ""},
	} {
		t.Run(tc.zone+" "+tc.from+" "+tc.why, func(t *testing.T) {
			t.Parallel()
			loc := location(t, tc.zone)
			s, err := offhours.DateRange{From: date(t, tc.from), To: date(t, tc.from)}.Resolve(instant(t, "2027-01-01T00:00:00Z"), loc)
			if err != nil {
				t.Fatal(err)
			}
			if !s.Before.Equal(instant(t, tc.before)) {
				t.Errorf("before %v, want %s", s.Before, tc.before)
			}
			if tc.date == "" {
				tc.date = tc.from
			}
			first, last := offhours.DateOf(s.Before, loc), offhours.DateOf(s.Before.Add(-time.Microsecond), loc)
			if first.String() != tc.date || !last.Before(first) {
				t.Errorf("the date there is %v, and %v before it", first, last)
			}
		})
	}
}

// Newfoundland set its clocks back from 00:01 to 23:01, so the last hour of
// November 6, 2010 came in two parts with a minute of November 7 between them.
func TestNoPartOfADayInTheRangeIsSelected(t *testing.T) {
	t.Parallel()
	loc := location(t, "America/St_Johns")
	day := date(t, "2010-11-06")
	s, err := offhours.DateRange{From: day, To: day}.Resolve(instant(t, "2010-12-01T00:00:00Z"), loc)
	if err != nil {
		t.Fatal(err)
	}
	for at := instant(t, "2010-11-06T00:00:00Z"); at.Before(instant(t, "2010-11-08T00:00:00Z")); at = at.Add(15 * time.Second) {
		if offhours.DateOf(at, loc) == *day && s.Contains(at) {
			t.Fatalf("selected %v", at.In(loc))
		}
	}
	if want := instant(t, "2010-11-07T03:30:00Z"); !s.After.Equal(want) {
		t.Errorf("after %v, want %v", s.After, want)
	}
}

func FuzzDateRange(f *testing.F) {
	f.Add(`{"days":30}`, int64(1777550400), int64(0), uint8(0))
	f.Add(`{"from":"2025-01-01","to":"2025-12-31"}`, int64(1777550400), int64(999), uint8(3))
	f.Add(`{"from":"2011-12-30","to":"2011-12-30"}`, int64(1325239200), int64(1), uint8(7))
	f.Add(`{"from":"0001-01-01","to":"9999-12-31"}`, int64(0), int64(999999999), uint8(9))
	f.Add(`{"days":100000,"to":null}`, int64(-62135596800), int64(0), uint8(1))
	f.Fuzz(func(t *testing.T, text string, seconds, nanoseconds int64, zone uint8) {
		var r offhours.DateRange
		if json.Unmarshal([]byte(text), &r) != nil {
			return
		}
		_ = r.Label()
		loc := location(t, zones[int(zone)%len(zones)])
		created := time.Unix(seconds%(1<<37), nanoseconds%1e9).UTC()
		s, err := r.Resolve(created, loc)
		if err != nil {
			if offhours.CodeOf(err) != offhours.CodeInvalidRequest {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		checkSelection(t, r, s, created, loc)
	})
}

func checkSelection(t *testing.T, r offhours.DateRange, s offhours.Selection, created time.Time, loc *time.Location) {
	t.Helper()
	if s.Before.After(created) {
		t.Fatalf("before %v is later than the creation %v", s.Before, created)
	}
	if (s.After == nil) != (s.Until == nil) || s.After != nil && (s.After.Before(s.Before) || !s.After.Before(*s.Until) || s.Until.After(created)) {
		t.Fatalf("sides out of order: %+v", s)
	}
	for _, d := range []time.Duration{0, 1, time.Microsecond, time.Hour, 1 << 60} {
		if s.Contains(created.Add(d)) {
			t.Fatalf("selected what is modified %v after the creation", d)
		}
	}
	for _, at := range []time.Time{s.Before.Add(-1), s.Before, s.Before.Add(12 * time.Hour), created.Add(-time.Hour)} {
		if s.Contains(at) && inside(r, offhours.DateOf(at, loc), offhours.DateOf(created, loc)) {
			t.Fatalf("selected %v, which is inside %s", at.In(loc), r.Label())
		}
	}
	if _, err := json.Marshal(s); err != nil {
		t.Fatalf("selection has no JSON: %v", err)
	}
}

func inside(r offhours.DateRange, d, today offhours.Date) bool {
	if r.From != nil {
		return !d.Before(*r.From) && !r.To.Before(d)
	}
	return !d.Before(today.AddDays(1-r.Days)) && !today.Before(d)
}
