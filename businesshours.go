package offhours

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

const minutesPerDay = 24 * 60

// ClockTime is what a local clock shows, in minutes since midnight: 0 to 1440,
// where 1440 is 24:00, the end of the day.
type ClockTime int

// ParseClockTime reads a time in exactly the form 15:04, from 00:00 to 24:00.
func ParseClockTime(text string) (ClockTime, error) {
	if text == "24:00" {
		return minutesPerDay, nil
	}
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, fmt.Errorf("%.32q is not a time from 00:00 to 24:00", text)
	}
	return ClockTime(t.Hour()*60 + t.Minute()), nil
}

// String returns the time in the form 15:04.
func (c ClockTime) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// MarshalText returns the time in the form 15:04. It fails outside 00:00 to
// 24:00.
func (c ClockTime) MarshalText() ([]byte, error) {
	if c < 0 || c > minutesPerDay {
		return nil, fmt.Errorf("%d minutes is not a time from 00:00 to 24:00", int(c))
	}
	return []byte(c.String()), nil
}

// UnmarshalText reads what [ParseClockTime] reads.
func (c *ClockTime) UnmarshalText(text []byte) error {
	parsed, err := ParseClockTime(string(text))
	if err != nil {
		return err
	}
	*c = parsed
	return nil
}

// Block is a time of business hours: From belongs to it, To does not. If From
// is after To, it runs overnight into the next date. A whole day is 00:00 to
// 24:00.
type Block struct {
	From ClockTime `json:"from"`
	To   ClockTime `json:"to"`
}

// UnmarshalJSON reads a block. Both times must be there: a missing one would
// pass for midnight.
func (b *Block) UnmarshalJSON(data []byte) error {
	var given struct{ From, To *ClockTime }
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&given); err != nil {
		return err
	}
	if given.From == nil || given.To == nil {
		return errors.New("a block of business hours needs both from and to")
	}
	*b = Block{*given.From, *given.To}
	return nil
}

// endMinutes is To in minutes since midnight of the date on which b starts.
func (b Block) endMinutes() int {
	if b.From > b.To {
		return int(b.To) + minutesPerDay
	}
	return int(b.To)
}

func (b Block) problem() string {
	switch {
	case b.From < 0 || b.From >= minutesPerDay:
		return "from must be a time from 00:00 to 23:59"
	case b.To < 0 || b.To > minutesPerDay:
		return "to must be a time from 00:00 to 24:00"
	case b.From == b.To:
		return "from and to are the same; a whole day is 00:00 to 24:00"
	}
	return ""
}

// BusinessHours are the blocks that start on each day of the week, in any
// order. They may touch and overlap.
type BusinessHours struct {
	Monday    []Block `json:"monday"`
	Tuesday   []Block `json:"tuesday"`
	Wednesday []Block `json:"wednesday"`
	Thursday  []Block `json:"thursday"`
	Friday    []Block `json:"friday"`
	Saturday  []Block `json:"saturday"`
	Sunday    []Block `json:"sunday"`
}

// Day returns the blocks that start on a day of the week. It returns nil for a
// number that is no day of the week.
func (h BusinessHours) Day(day time.Weekday) []Block {
	switch day {
	case time.Monday:
		return h.Monday
	case time.Tuesday:
		return h.Tuesday
	case time.Wednesday:
		return h.Wednesday
	case time.Thursday:
		return h.Thursday
	case time.Friday:
		return h.Friday
	case time.Saturday:
		return h.Saturday
	case time.Sunday:
		return h.Sunday
	}
	return nil
}

// MarshalJSON writes every day as an array, empty if it has no blocks.
func (h BusinessHours) MarshalJSON() ([]byte, error) {
	type plain BusinessHours
	for _, day := range []*[]Block{
		&h.Monday, &h.Tuesday, &h.Wednesday, &h.Thursday, &h.Friday, &h.Saturday, &h.Sunday,
	} {
		if *day == nil {
			*day = []Block{}
		}
	}
	return json.Marshal(plain(h))
}

func (h BusinessHours) validate() error {
	for day := time.Sunday; day <= time.Saturday; day++ {
		blocks := h.Day(day)
		field := "businessHours." + strings.ToLower(day.String())
		if len(blocks) > MaxBlocksPerDay {
			return Errorf(CodeInvalidRequest, "%s: has %d blocks; at most %d are allowed.", field, len(blocks), MaxBlocksPerDay)
		}
		for i, b := range blocks {
			if problem := b.problem(); problem != "" {
				return Errorf(CodeInvalidRequest, "%s[%d]: %s.", field, i, problem)
			}
		}
	}
	return nil
}
