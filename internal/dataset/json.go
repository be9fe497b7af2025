package dataset

const hexDigits = "0123456789abcdef"

// appendJSON appends text as a JSON string. It must be valid UTF-8 without NUL.
// encoding/json would do it too, at three times the cost of a whole record.
func appendJSON(to []byte, text string) []byte {
	to = append(to, '"')
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case b == '"' || b == '\\':
			to = append(to, '\\', b)
		case b < ' ':
			to = append(to, `\u00`...)
			to = append(to, hexDigits[b>>4], hexDigits[b&15])
		default:
			to = append(to, b)
		}
	}
	return append(to, '"')
}

// appendKey appends the key of an object's next member.
func appendKey(to []byte, key string) []byte {
	if to[len(to)-1] != '{' {
		to = append(to, ',')
	}
	return append(appendJSON(to, key), ':')
}
