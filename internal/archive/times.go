package archive

import "time"

// timeText is RFC 3339 in UTC with microseconds, PostgreSQL's resolution. Its
// fixed width makes the order of texts the order of times.
const timeText = "2006-01-02T15:04:05.000000Z"

// FormatTime returns t as files show it.
func FormatTime(t time.Time) string {
	var text [len(timeText)]byte
	return string(appendTime(text[:0], t))
}

// appendTime appends what Format writes for timeText, without looking at a layout.
func appendTime(to []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return t.AppendFormat(to, timeText)
	}
	hour, minute, second := t.Clock()
	to = appendDigits(to, year, 4)
	to = appendDigits(append(to, '-'), int(month), 2)
	to = appendDigits(append(to, '-'), day, 2)
	to = appendDigits(append(to, 'T'), hour, 2)
	to = appendDigits(append(to, ':'), minute, 2)
	to = appendDigits(append(to, ':'), second, 2)
	to = appendDigits(append(to, '.'), t.Nanosecond()/1000, 6)
	return append(to, 'Z')
}

// appendDigits appends the last digits of n.
func appendDigits(to []byte, n, digits int) []byte {
	to = append(to, "000000"[:digits]...)
	for i := len(to) - 1; n > 0; i-- {
		to[i] = byte('0' + n%10)
		n /= 10
	}
	return to
}

// parseTime takes a time in exactly the form of [FormatTime]: time.Parse would let
// 9:00 and a comma pass.
func parseTime(text []byte) (t time.Time, ok bool) {
	if len(text) != len(timeText) || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
		text[13] != ':' || text[16] != ':' || text[19] != '.' || text[26] != 'Z' {
		return t, false
	}
	year, month, day := 100*twoDigits(text, 0)+twoDigits(text, 2), twoDigits(text, 5), twoDigits(text, 8)
	hour, minute, second := twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)
	micros := 10000*twoDigits(text, 20) + 100*twoDigits(text, 22) + twoDigits(text, 24)
	if year >= noNumber || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59 || micros >= noNumber {
		return t, false
	}
	t = time.Date(year, time.Month(month), day, hour, minute, second, micros*1000, time.UTC)
	return t, t.Day() == day // Date makes the 30th of February a day of March
}

// noNumber is more than any of the numbers in a time.
const noNumber = 1_000_000

// twoDigits returns the number that two digits make, or noNumber.
func twoDigits(text []byte, at int) int {
	tens, ones := text[at]-'0', text[at+1]-'0'
	if tens > 9 || ones > 9 {
		return noNumber
	}
	return 10*int(tens) + int(ones)
}
