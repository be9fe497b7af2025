package server

import (
	"encoding/json"
	"fmt"

	"github.com/offhours/offhours"
)

// weekdays are the fields of business hours.
var weekdays = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

// checkHours refuses business hours by the field that is missing or of a wrong
// form, which decoders do not tell. Nothing may be left out: a day that is missing
// would pass for one without business, and deletes would run in it.
func checkHours(body []byte) error {
	var given map[string]any
	if json.Unmarshal(body, &given) != nil || given == nil {
		return invalid("The body must be an object.")
	}
	if _, ok := given["timeZone"].(string); !ok {
		return invalid("timeZone: give the name of an IANA time zone, such as Asia/Kolkata.")
	}
	days, ok := given["businessHours"].(map[string]any)
	if !ok {
		return invalid("businessHours: give an object with a list of blocks for each of the seven days.")
	}
	for _, day := range weekdays {
		if err := checkDay("businessHours."+day, days[day]); err != nil {
			return err
		}
	}
	return checkHolidays(given["holidays"])
}

func checkDay(field string, value any) error {
	blocks, ok := value.([]any)
	if !ok {
		return invalid("%s: give a list of blocks; it is empty for a day without business hours.", field)
	}
	for i, block := range blocks {
		field := fmt.Sprintf("%s[%d]", field, i)
		times, ok := block.(map[string]any)
		if !ok {
			return invalid(`%s: must be an object, such as {"from": "09:00", "to": "18:00"}.`, field)
		}
		for _, end := range []string{"from", "to"} {
			text, ok := times[end].(string)
			if !ok {
				return invalid("%s.%s: give a time from 00:00 to 24:00.", field, end)
			}
			if _, err := offhours.ParseClockTime(text); err != nil {
				return invalid("%s.%s: %v.", field, end, err)
			}
		}
	}
	return nil
}

func checkHolidays(value any) error {
	holidays, ok := value.([]any)
	if !ok {
		return invalid("holidays: give a list of dates; it is empty if there are none.")
	}
	for i, holiday := range holidays {
		field := fmt.Sprintf("holidays[%d]", i)
		if _, ok := holiday.(string); !ok {
			return invalid("%s: must be a date: write YYYY-MM-DD, such as 2025-12-31.", field)
		}
		if err := checkDate(field, holiday); err != nil {
			return err
		}
	}
	return nil
}
