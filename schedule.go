package offhours

import (
	"encoding/json"
	"fmt"
	"path"
	"sync"
	"time"
	_ "time/tzdata" // for hosts and images that have no zone files
)

// Limits of a schedule. They are far above real use and bound the work of
// finding a window.
const (
	MaxBlocksPerDay = 24
	MaxHolidays     = 1000
	MaxWindowWait   = 7 * 24 * time.Hour // business hours that leave no window so soon are refused
)

// Dates is a list of dates that is an array in JSON even if it is nil.
type Dates []Date

// MarshalJSON writes the dates as an array.
func (d Dates) MarshalJSON() ([]byte, error) {
	if d == nil {
		d = Dates{}
	}
	return json.Marshal([]Date(d))
}

// Schedule says when an account does business. All other time is its window. A
// holiday cancels the blocks that start on it; a block of the night before still
// runs to its end.
type Schedule struct {
	TimeZone      string        `json:"timeZone"` // IANA name
	BusinessHours BusinessHours `json:"businessHours"`
	Holidays      Dates         `json:"holidays"`
}

// locations keeps each zone as it was first loaded: loading reads a file, and
// one process should never know two versions of a zone.
var locations sync.Map // of *time.Location, by name

// Location returns the account's time zone. It fails for names that are not in
// the IANA database, and for those that mean the server's own zone.
func (s Schedule) Location() (*time.Location, error) {
	if loc, ok := locations.Load(s.TimeZone); ok {
		return loc.(*time.Location), nil
	}
	if !looksLikeZone(s.TimeZone) {
		return nil, fmt.Errorf("%.64q is not an IANA time zone", s.TimeZone)
	}
	loc, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("%.64q is not an IANA time zone", s.TimeZone)
	}
	locations.Store(s.TimeZone, loc)
	return loc, nil
}

// looksLikeZone refuses what LoadLocation would accept though it is no zone:
// the server's own (Local, localtime), files beside the zones (posixrules, and
// right/, whose clocks count leap seconds) and other spellings of a path. The
// latter also keeps the number of names, and so of cached zones, finite.
func looksLikeZone(name string) bool {
	return name != "" && name != "Local" && name[0] >= 'A' && name[0] <= 'Z' && path.Clean(name) == name
}

// Validate returns an *Error with [CodeInvalidRequest] that names the field and
// why, if the schedule cannot be used, or leaves no window within
// [MaxWindowWait] of now.
func (s Schedule) Validate(now time.Time) error {
	if _, err := s.Location(); err != nil {
		return Errorf(CodeInvalidRequest, "timeZone: %v.", err)
	}
	if err := s.BusinessHours.validate(); err != nil {
		return err
	}
	if err := s.Holidays.validate(); err != nil {
		return err
	}
	w, err := s.NextWindow(now)
	if err != nil || !w.Open.Before(now.Add(MaxWindowWait)) {
		return Errorf(CodeInvalidRequest, "businessHours: leave no window in the next 7 days.")
	}
	return nil
}

func (d Dates) validate() error {
	if len(d) > MaxHolidays {
		return Errorf(CodeInvalidRequest, "holidays: has %d dates; at most %d are allowed.", len(d), MaxHolidays)
	}
	for i, date := range d {
		if !date.Valid() {
			return Errorf(CodeInvalidRequest, "holidays[%d]: is not a date.", i)
		}
	}
	return nil
}
