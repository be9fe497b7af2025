package offhours_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/offhours/offhours"
)

// blocks reads "09:00-12:00 13:00-18:00".
func blocks(t testing.TB, text string) []offhours.Block {
	t.Helper()
	var all []offhours.Block
	for _, block := range strings.Fields(text) {
		from, to, _ := strings.Cut(block, "-")
		var b offhours.Block
		if err := errors.Join(b.From.UnmarshalText([]byte(from)), b.To.UnmarshalText([]byte(to))); err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

// everyDay is a schedule with the same blocks on all seven days.
func everyDay(t testing.TB, zone, text string, holidays ...string) offhours.Schedule {
	t.Helper()
	b := blocks(t, text)
	s := offhours.Schedule{
		TimeZone: zone,
		BusinessHours: offhours.BusinessHours{
			Monday: b, Tuesday: b, Wednesday: b, Thursday: b, Friday: b, Saturday: b, Sunday: b,
		},
	}
	for _, h := range holidays {
		s.Holidays = append(s.Holidays, *date(t, h))
	}
	return s
}

func TestClockTimesAreParsedStrictly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]offhours.ClockTime{"00:00": 0, "09:05": 545, "23:59": 1439, "24:00": 1440} {
		c, err := offhours.ParseClockTime(text)
		if err != nil || c != want || c.String() != text {
			t.Errorf("ParseClockTime(%q) = %v, %v", text, c, err)
		}
	}
	for _, text := range []string{
		"", "9:00", "09:0", "09:60", "24:01", "25:00", "-1:00", "0900", "09.00", " 9:00", "09:00 ", "9:000", "09:00:00", "9 AM",
	} {
		if c, err := offhours.ParseClockTime(text); err == nil {
			t.Errorf("ParseClockTime(%q) = %v, want an error", text, c)
		}
	}
	for _, c := range []offhours.ClockTime{-1, 1441} {
		if _, err := c.MarshalText(); err == nil {
			t.Errorf("%d minutes were written", int(c))
		}
	}
}

func TestSchedulesHaveTheJSONOfTheContract(t *testing.T) {
	t.Parallel()
	const text = `{"timeZone":"Asia/Kolkata","businessHours":{"monday":[{"from":"09:00","to":"18:00"}],"tuesday":[],` +
		`"wednesday":[],"thursday":[],"friday":[],"saturday":[],"sunday":[{"from":"22:00","to":"24:00"}]},"holidays":["2026-12-25"]}`
	var s offhours.Schedule
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	if got, err := json.Marshal(s); err != nil || string(got) != text {
		t.Errorf("came back as %s, %v", got, err)
	}
	got, err := json.Marshal(offhours.Schedule{})
	if err != nil || strings.Contains(string(got), "null") {
		t.Errorf("a schedule without hours: %s, %v", got, err)
	}
}

func TestABlockNeedsBothTimes(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{}`, `null`, `{"from":"09:00"}`, `{"to":"18:00"}`, `{"from":null,"to":"18:00"}`,
		`{"from":"09:00","to":"18:00","on":true}`, `{"from":9,"to":18}`, `{"from":"9:00","to":"18:00"}`,
	} {
		var b offhours.Block
		if err := json.Unmarshal([]byte(text), &b); err == nil {
			t.Errorf("%s was read as %+v", text, b)
		}
	}
}

func TestOnlyZonesOfTheDatabaseAreAccepted(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"UTC", "Etc/UTC", "Asia/Kolkata", "America/Argentina/Ushuaia", "Europe/Kiev", "Europe/Kyiv"} {
		if loc, err := (offhours.Schedule{TimeZone: zone}).Location(); err != nil || loc.String() != zone {
			t.Errorf("%q: %v, %v", zone, loc, err)
		}
	}
	for _, zone := range []string{
		"", "Local", "localtime", "posixrules", "right/Europe/Berlin", "posix/Europe/Berlin", "Europe", "Europe/", "Mars/Base",
		"UTC+5", "../etc/passwd", "/etc/localtime", "Europe/../Europe/Berlin", "Europe//Berlin", "Europe/./Berlin", " UTC", "UTC\x00",
	} {
		if loc, err := (offhours.Schedule{TimeZone: zone}).Location(); err == nil {
			t.Errorf("%q was accepted as %v", zone, loc)
		}
	}
}

func TestSchedulesSayWhichFieldIsWrong(t *testing.T) {
	t.Parallel()
	friday := instant(t, "2026-05-01T12:00:00Z")
	with := func(change func(*offhours.Schedule)) offhours.Schedule {
		s := everyDay(t, "UTC", "09:00-18:00")
		change(&s)
		return s
	}
	for name, tc := range map[string]struct {
		s    offhours.Schedule
		want string // in the detail; empty if the schedule is fine
	}{
		"an ordinary schedule":       {everyDay(t, "UTC", "09:00-18:00"), ""},
		"no hours at all":            {offhours.Schedule{TimeZone: "UTC"}, ""},
		"one minute a day is left":   {everyDay(t, "UTC", "00:00-12:00 12:01-24:00"), ""},
		"no zone":                    {offhours.Schedule{}, "timeZone"},
		"an unknown zone":            {offhours.Schedule{TimeZone: "Mars/Base"}, "timeZone"},
		"an empty block":             {with(func(s *offhours.Schedule) { s.BusinessHours.Tuesday = blocks(t, "09:00-09:00") }), "businessHours.tuesday[0]"},
		"a block that starts at end": {with(func(s *offhours.Schedule) { s.BusinessHours.Sunday = blocks(t, "09:00-10:00 24:00-06:00") }), "businessHours.sunday[1]"},
		"a time that is no time":     {with(func(s *offhours.Schedule) { s.BusinessHours.Friday = []offhours.Block{{From: -1, To: 60}} }), "businessHours.friday[0]"},
		"a time after the day":       {with(func(s *offhours.Schedule) { s.BusinessHours.Friday = []offhours.Block{{From: 0, To: 1441}} }), "businessHours.friday[0]"},
		"as many blocks as allowed":  {with(func(s *offhours.Schedule) { s.BusinessHours.Monday = blocks(t, strings.Repeat("09:00-10:00 ", 24)) }), ""},
		"too many blocks":            {with(func(s *offhours.Schedule) { s.BusinessHours.Monday = blocks(t, strings.Repeat("09:00-10:00 ", 25)) }), "businessHours.monday"},
		"as many holidays as allowed": {with(func(s *offhours.Schedule) {
			s.Holidays = make(offhours.Dates, 1000)
			for i := range s.Holidays {
				s.Holidays[i] = date(t, "2026-01-01").AddDays(i)
			}
		}), ""},
		"too many holidays":          {with(func(s *offhours.Schedule) { s.Holidays = make(offhours.Dates, 1001) }), "holidays"},
		"a holiday that is no date":  {with(func(s *offhours.Schedule) { s.Holidays = offhours.Dates{*date(t, "2026-01-01"), {}} }), "holidays[1]"},
		"business all the time":      {everyDay(t, "UTC", "00:00-24:00"), "businessHours"},
		"business in two shifts":     {everyDay(t, "UTC", "08:00-20:00 20:00-08:00"), "businessHours"},
		"a holiday six days ahead":   {everyDay(t, "UTC", "00:00-24:00", "2026-05-07"), ""},
		"a holiday eight days ahead": {everyDay(t, "UTC", "00:00-24:00", "2026-05-09"), "businessHours"},
		"a holiday in seven days":    {everyDay(t, "UTC", "00:00-24:00", "2026-05-08"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := tc.s.Validate(friday)
			if tc.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil || offhours.CodeOf(err) != offhours.CodeInvalidRequest || !strings.Contains(err.Error(), tc.want+":") {
				t.Fatalf("%v, want %s with %q", err, offhours.CodeInvalidRequest, tc.want)
			}
		})
	}
	almost := friday.Add(-12 * time.Hour) // the holiday starts when the seven days end
	if err := everyDay(t, "UTC", "00:00-24:00", "2026-05-08").Validate(almost); err == nil {
		t.Error("a window in exactly seven days was accepted")
	}
}
