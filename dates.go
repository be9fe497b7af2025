package offhours

import (
	"fmt"
	"time"
)

// Date is a date of the calendar, without a time zone. The zero Date is not
// valid. Dates can be compared with ==.
type Date struct {
	Year  int // 1 to 9999
	Month time.Month
	Day   int
}

// ParseDate reads a date in exactly the form 2006-01-02, of the years 0001 to
// 9999. It fails for dates that do not exist.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil || t.Year() < 1 {
		return Date{}, fmt.Errorf("%.32q is not a date: write YYYY-MM-DD, such as 2025-12-31", text)
	}
	return dateOfUTC(t), nil
}

// DateOf is the date that a calendar in loc shows at t.
func DateOf(t time.Time, loc *time.Location) Date {
	year, month, day := t.In(loc).Date()
	return Date{year, month, day}
}

func dateOfUTC(t time.Time) Date { return DateOf(t, time.UTC) }

// utc is the start of the date in UTC, where every date starts and has 24 hours.
func (d Date) utc() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}

// Valid reports whether the date exists and lies in the years 0001 to 9999.
func (d Date) Valid() bool {
	return d.Year >= 1 && d.Year <= 9999 && dateOfUTC(d.utc()) == d
}

// String returns the date in the form 2006-01-02.
func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalText returns the date in the form 2006-01-02. It fails for dates that
// are not valid.
func (d Date) MarshalText() ([]byte, error) {
	if !d.Valid() {
		return nil, fmt.Errorf("%v is not a valid date", d)
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads what [ParseDate] reads.
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// AddDays is the date n days later, or earlier where n is negative. It may
// leave the years that are valid.
func (d Date) AddDays(n int) Date { return dateOfUTC(d.utc().AddDate(0, 0, n)) }

// Before reports whether d is earlier than other.
func (d Date) Before(other Date) bool { return d.utc().Before(other.utc()) }

// Weekday is the day of the week of d.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// startIn is the first instant of the date in loc. For a date that loc skipped
// it is the instant at which it was skipped.
func (d Date) startIn(loc *time.Location) time.Time {
	return firstShown(readingOf(d, 0), loc)
}

// endIn is the instant from which the date in loc is later than d. Where a
// clock was set back over midnight (Newfoundland until 2011), that is after the
// first instant of the next date.
func (d Date) endIn(loc *time.Location) time.Time {
	return lastReached(readingOf(d, minutesPerDay), loc)
}

// MaxDays is the largest number of days of a [DateRange], about 273 years. It
// exists so that the cut-off stays within the years RFC 3339 can express.
const MaxDays = 100_000

// DateRange is what an admin picks: records modified inside it stay. It has one
// of two forms: the last Days days up to and including today, or the dates From
// to To, both included. Dates are those of the account's time zone.
type DateRange struct {
	Days int   `json:"days,omitempty"` // 1 to MaxDays; 0 in the other form
	From *Date `json:"from,omitempty"`
	To   *Date `json:"to,omitempty"`
}

// Validate returns an *Error with [CodeInvalidRequest] that names the field and
// why, if r is not a range that can be resolved on the date today.
func (r DateRange) Validate(today Date) error {
	switch custom := r.From != nil || r.To != nil; {
	case custom && r.Days != 0:
		return Errorf(CodeInvalidRequest, "range: give either days, or from and to, not both.")
	case custom:
		return r.validateCustom(today)
	}
	return r.validateDays(today)
}

func (r DateRange) validateDays(today Date) error {
	if r.Days < 1 || r.Days > MaxDays {
		return Errorf(CodeInvalidRequest, "range.days: give a whole number from 1 to %d, or give from and to.", MaxDays)
	}
	if !today.Valid() || !r.firstKept(today).Valid() {
		return Errorf(CodeInvalidRequest, "range.days: reaches back before the year 0001.")
	}
	return nil
}

func (r DateRange) validateCustom(today Date) error {
	switch {
	case r.From == nil:
		return Errorf(CodeInvalidRequest, "range.from: is missing; a custom range needs both from and to.")
	case r.To == nil:
		return Errorf(CodeInvalidRequest, "range.to: is missing; a custom range needs both from and to.")
	case !r.From.Valid():
		return Errorf(CodeInvalidRequest, "range.from: is not a date.")
	case !r.To.Valid():
		return Errorf(CodeInvalidRequest, "range.to: is not a date.")
	case r.To.Before(*r.From):
		return Errorf(CodeInvalidRequest, "range.from: %v must not be after range.to, %v.", r.From, r.To)
	case today.Before(*r.From):
		// Everything before from goes, so a later from would select records that
		// are modified after the request was created.
		return Errorf(CodeInvalidRequest, "range.from: %v must not be after today, %v.", r.From, today)
	}
	return nil
}

// firstKept is the first date whose records stay.
func (r DateRange) firstKept(today Date) Date {
	if r.From != nil {
		return *r.From
	}
	return today.AddDays(1 - r.Days)
}

// Label says for people which records go: "older than 30 days" or "outside
// 2025-01-01 to 2025-12-31".
func (r DateRange) Label() string {
	switch {
	case r.From != nil && r.To != nil:
		return fmt.Sprintf("outside %v to %v", r.From, r.To)
	case r.Days == 1:
		return "older than 1 day"
	}
	return fmt.Sprintf("older than %d days", r.Days)
}

// Selection says by absolute instants which records go: those modified before
// Before, and those modified from After on and before Until. It never moves once
// it is resolved. All times are UTC, in whole microseconds, which is what
// PostgreSQL keeps.
type Selection struct {
	Before time.Time  `json:"before"`
	After  *time.Time `json:"after"` // nil with Until: nothing newer goes
	Until  *time.Time `json:"until"` // the creation of the request
}

// Resolve turns the range into the selection of a request created then, by the
// calendar of loc. Nothing modified at or after created is ever selected. It
// returns the error of [DateRange.Validate].
func (r DateRange) Resolve(created time.Time, loc *time.Location) (Selection, error) {
	today := DateOf(created, loc)
	if err := r.Validate(today); err != nil {
		return Selection{}, err
	}
	s := Selection{Before: r.firstKept(today).startIn(loc)}
	if r.To == nil {
		return s, nil
	}
	after, until := r.To.endIn(loc), created.UTC().Truncate(time.Microsecond)
	if after.Before(until) {
		s.After, s.Until = &after, &until
	}
	return s, nil
}

// Contains reports whether a record modified then is selected.
func (s Selection) Contains(modified time.Time) bool {
	if modified.Before(s.Before) {
		return true
	}
	return s.After != nil && s.Until != nil &&
		!modified.Before(*s.After) && modified.Before(*s.Until)
}
