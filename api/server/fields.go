package server

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/offhours/offhours"
)

// maxNesting is how deep objects and arrays of a body may lie in each other.
// The contract needs four levels.
const maxNesting = 16

// inputFields are the names of all fields that bodies of the contract have.
// Which of them an object may have is told by its type.
var inputFields = map[string]bool{
	"activityType": true,
	"requestType":  true,
	"range":        true,
	"days":         true,
	"from":         true,
	"to":           true,
	"confirmed":    true,
	"reason":       true,

	"timeZone":      true,
	"businessHours": true,
	"holidays":      true,
	"monday":        true,
	"tuesday":       true,
	"wednesday":     true,
	"thursday":      true,
	"friday":        true,
	"saturday":      true,
	"sunday":        true,
}

// checkFields refuses what decoders let pass: a field that is given twice, of
// which the last would count, and a name in other letters than the contract's.
// What was confirmed must have one reading only. The body must be valid JSON.
func checkFields(body []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // how large a number may be is told by its type
	return checkValue(decoder, 1)
}

// checkValue checks the value that comes next, which lies at the level.
func checkValue(decoder *json.Decoder, level int) error {
	token, err := decoder.Token()
	if err != nil {
		return bodyRefusal(err)
	}
	opening, ok := token.(json.Delim)
	switch {
	case !ok:
		return nil
	case level > maxNesting:
		return invalid("The body is nested deeper than %d levels.", maxNesting)
	case opening == '{':
		err = checkObject(decoder, level)
	default:
		err = checkArray(decoder, level)
	}
	if err != nil {
		return err
	}
	return skipToken(decoder) // the closing delimiter
}

func checkObject(decoder *json.Decoder, level int) error {
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return bodyRefusal(err)
		}
		name, _ := token.(string) // as no other token comes here
		switch {
		case !inputFields[name]:
			return unknownField(name)
		case seen[name]:
			return invalid("%s: this field is given twice.", name)
		}
		seen[name] = true
		if err := checkValue(decoder, level+1); err != nil {
			return err
		}
	}
	return nil
}

func checkArray(decoder *json.Decoder, level int) error {
	for decoder.More() {
		if err := checkValue(decoder, level+1); err != nil {
			return err
		}
	}
	return nil
}

func skipToken(decoder *json.Decoder) error {
	if _, err := decoder.Token(); err != nil {
		return bodyRefusal(err)
	}
	return nil
}

// checkDates refuses texts that are no dates by the field that they are in,
// which decoders do not tell. Everything else about a range is left to them.
func checkDates(body []byte) error {
	var draft struct {
		Range struct {
			From any `json:"from"`
			To   any `json:"to"`
		} `json:"range"`
	}
	if json.Unmarshal(body, &draft) != nil {
		return nil // not even an object, which the decoder says better
	}
	if err := checkDate("range.from", draft.Range.From); err != nil {
		return err
	}
	return checkDate("range.to", draft.Range.To)
}

func checkDate(field string, value any) error {
	text, ok := value.(string)
	if !ok {
		return nil
	}
	if _, err := offhours.ParseDate(text); err != nil {
		return invalid("%s: %s.", field, strings.TrimSuffix(err.Error(), "."))
	}
	return nil
}

// unknownField says what [bodyRefusal] says of a field that its type lacks.
func unknownField(name string) *offhours.Error {
	return invalid("The body is not accepted: unknown field %.180q.", name)
}
