package mail

import (
	"strings"
	"unicode"
)

// line makes one line of any text: control characters and line breaks become
// spaces, and what would turn the direction of the text
// around it is removed. So a name can neither begin a header or a line of its
// own nor reorder the words after it.
func line(text string) string {
	visible := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp):
			return ' '
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return strings.TrimSpace(visible) // spaces inside tell one activity type from another
}

// headerLine is line for headers: it also takes apart what mail programs would
// decode as an encoded word (RFC 2047), and cuts long texts.
func headerLine(text string) string {
	return shorten(strings.ReplaceAll(line(text), "=?", "= ?"), 100)
}

// shorten cuts text to the given number of runes, the last of which is then "…".
func shorten(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return strings.TrimRight(string(runes[:limit-1]), " ") + "…"
}
