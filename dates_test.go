package offhours_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/offhours/offhours"
)

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := offhours.Schedule{TimeZone: name}.Location()
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

func date(t testing.TB, text string) *offhours.Date {
	t.Helper()
	d, err := offhours.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return &d
}

func TestDatesAreParsedStrictly(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"0001-01-01", "2024-02-29", "2025-12-31", "9999-12-31"} {
		d, err := offhours.ParseDate(text)
		if err != nil || d.String() != text || !d.Valid() {
			t.Errorf("ParseDate(%q) = %v, %v", text, d, err)
		}
	}
	for _, text := range []string{
		"", "0000-12-31", "2025-02-29", "2025-04-31", "2025-13-01", "2025-00-10", "2025-01-00",
		" 2025-01-01", "2025-01-01 ", "2025-1-01", "2025-01-1", "10000-01-01", "-001-01-01",
		"2025/01/01", "20250101", "2025-01-01T00:00:00Z", "２０２５-01-01", "today",
	} {
		if d, err := offhours.ParseDate(text); err == nil {
			t.Errorf("ParseDate(%q) = %v, want an error", text, d)
		}
	}
}

func TestDatesCountTheCalendar(t *testing.T) {
	t.Parallel()
	leap := *date(t, "2024-02-28")
	if got := leap.AddDays(2).String(); got != "2024-03-01" {
		t.Errorf("two days after February 28 of a leap year: %s", got)
	}
	if got := leap.AddDays(-59).String(); got != "2023-12-31" {
		t.Errorf("59 days earlier: %s", got)
	}
	if got := leap.Weekday(); got != time.Wednesday {
		t.Errorf("weekday: %v", got)
	}
	if !leap.Before(leap.AddDays(1)) || leap.Before(leap) || leap.AddDays(1).Before(leap) {
		t.Error("dates are not ordered")
	}
	if (offhours.Date{}).Valid() || (offhours.Date{Year: 2025, Month: 2, Day: 30}).Valid() {
		t.Error("a date that does not exist is valid")
	}
	if _, err := json.Marshal(offhours.Date{}); err == nil {
		t.Error("the zero date was written to JSON")
	}
}

func TestADateDependsOnTheZone(t *testing.T) {
	t.Parallel()
	at := instant(t, "2026-04-30T18:45:00Z")
	for zone, want := range map[string]string{
		"UTC": "2026-04-30", "Asia/Kolkata": "2026-05-01", "America/New_York": "2026-04-30",
	} {
		if got := offhours.DateOf(at, location(t, zone)).String(); got != want {
			t.Errorf("%s: %s, want %s", zone, got, want)
		}
	}
}

func TestRangesHaveTheJSONOfTheContract(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"days":30}`, `{"from":"2025-01-01","to":"2025-12-31"}`} {
		var r offhours.DateRange
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(r); err != nil || string(got) != text {
			t.Errorf("%s came back as %s, %v", text, got, err)
		}
	}
	s, err := offhours.DateRange{Days: 30}.Resolve(instant(t, "2026-04-30T12:00:00Z"), time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"before":"2026-04-01T00:00:00Z","after":null,"until":null}`
	if got, err := json.Marshal(s); err != nil || string(got) != want {
		t.Errorf("selection %s, %v, want %s", got, err, want)
	}
}

func TestRangesSayWhichFieldIsWrong(t *testing.T) {
	t.Parallel()
	today := *date(t, "2026-04-30")
	for name, tc := range map[string]struct {
		r    offhours.DateRange
		want string // in the detail; empty if the range is fine
	}{
		"nothing is given":        {offhours.DateRange{}, "range.days"},
		"negative days":           {offhours.DateRange{Days: -1}, "range.days"},
		"one day":                 {offhours.DateRange{Days: 1}, ""},
		"the most days":           {offhours.DateRange{Days: offhours.MaxDays}, ""},
		"too many days":           {offhours.DateRange{Days: offhours.MaxDays + 1}, "range.days"},
		"both forms":              {offhours.DateRange{Days: 1, From: &today, To: &today}, "not both"},
		"days and half a range":   {offhours.DateRange{Days: 1, To: &today}, "not both"},
		"from is missing":         {offhours.DateRange{To: &today}, "range.from"},
		"to is missing":           {offhours.DateRange{From: &today}, "range.to"},
		"from is no date":         {offhours.DateRange{From: &offhours.Date{}, To: &today}, "range.from"},
		"to is no date":           {offhours.DateRange{From: &today, To: &offhours.Date{}}, "range.to"},
		"today alone":             {offhours.DateRange{From: &today, To: &today}, ""},
		"to is in the future":     {offhours.DateRange{From: &today, To: date(t, "9999-12-31")}, ""},
		"from is in the future":   {offhours.DateRange{From: date(t, "2026-05-01"), To: date(t, "2026-05-02")}, "range.from"},
		"from is after to":        {offhours.DateRange{From: &today, To: date(t, "2026-04-29")}, "range.from"},
		"from is the first date":  {offhours.DateRange{From: date(t, "0001-01-01"), To: &today}, ""},
		"everything to the first": {offhours.DateRange{From: date(t, "0001-01-01"), To: date(t, "0001-01-01")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := tc.r.Validate(today)
			if tc.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil || offhours.CodeOf(err) != offhours.CodeInvalidRequest || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("%v, want %s with %q", err, offhours.CodeInvalidRequest, tc.want)
			}
		})
	}
	if err := (offhours.DateRange{Days: 2}).Validate(*date(t, "0001-01-01")); err == nil {
		t.Error("a cut-off before the year 0001 was accepted")
	}
}

func TestRangesAreLabelledForPeople(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]offhours.DateRange{
		"older than 30 days":               {Days: 30},
		"older than 1 day":                 {Days: 1},
		"outside 2025-01-01 to 2025-12-31": {From: date(t, "2025-01-01"), To: date(t, "2025-12-31")},
	} {
		if got := r.Label(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
