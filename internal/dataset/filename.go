package dataset

import (
	"fmt"
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxFileName is the longest name of a file, in bytes, without the number that
	// keeps it apart.
	maxFileName = 100
	// maxExtension is the longest end of a name that is kept when it is cut.
	maxExtension = 12
)

// fileName is the name of the file that a reference, an URL, a path or a name,
// leads to: its last segment, with everything replaced that could hurt in a
// folder, a header or a list of names. The reference itself is never followed.
func fileName(reference string) string {
	reference = strings.TrimSpace(reference)
	if u, err := url.Parse(reference); err == nil && strings.Contains(reference, "://") {
		reference = u.Path
	}
	name := path.Base(strings.ReplaceAll(reference, `\`, "/"))
	name = strings.Trim(strings.Map(harmless, name), "._- ")
	if name == "" {
		return "file"
	}
	stem, extension := splitName(name)
	return cut(stem, maxFileName-len(extension)) + extension
}

// harmless replaces a character of a name unless it is harmless everywhere.
func harmless(r rune) rune {
	if unicode.In(r, unicode.Letter, unicode.Mark, unicode.Number) && r != utf8.RuneError || strings.ContainsRune("._- ()", r) {
		return r
	}
	return '_'
}

func splitName(name string) (stem, extension string) {
	extension = path.Ext(name)
	if len(extension) > maxExtension {
		extension = ""
	}
	return strings.TrimSuffix(name, extension), extension
}

// cut shortens a text to some bytes, between characters.
func cut(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	for bytes > 0 && !utf8.RuneStart(text[bytes]) {
		bytes--
	}
	return text[:bytes]
}

// nameSet keeps the names of a record's files apart.
type nameSet map[string]bool

// add returns the name, with a number if a file of the record has it already.
// Capital and small letters count as equal: many file systems confuse them.
func (s nameSet) add(name string) string {
	stem, extension := splitName(name)
	for n := 2; s[strings.ToLower(name)]; n++ {
		name = fmt.Sprintf("%s-%d%s", stem, n, extension)
	}
	s[strings.ToLower(name)] = true
	return name
}
