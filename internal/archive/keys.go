package archive

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/offhours/offhours"
)

// Keys that are built here consist of [a-z0-9/.-] only. Each attempt writes
// under a name of its own: neither a retry nor a twin that was thought dead can
// overwrite a verified file.

func exportPrefix(ref offhours.RequestRef) string {
	return fmt.Sprintf("exports/%d/%s/", ref.AccountID, ref.RequestID)
}

// CSVKey is where an attempt at a part stores its CSV file.
func CSVKey(ref offhours.RequestRef, part int, attempt string) string {
	return fmt.Sprintf("%spart-%05d-%s.csv", exportPrefix(ref), part, attempt)
}

// ListKey is where an attempt at a part stores its delete list.
func ListKey(ref offhours.RequestRef, part int, attempt string) string {
	return fmt.Sprintf("%spart-%05d-%s.list.csv", exportPrefix(ref), part, attempt)
}

// CopyKey is where an attempt at a part stores the copy of an attachment's object.
// An object that is replaced meanwhile is copied once more, to another key.
func CopyKey(ref offhours.RequestRef, part, number, try int, attempt string) string {
	return fmt.Sprintf("%spart-%05d-%s-%d-%d.bin", exportPrefix(ref), part, attempt, number, try)
}

// FilesPrefix is where the CRM keeps the objects of an account's attachments.
// Nothing outside of it is ever copied or deleted for that account.
func FilesPrefix(accountID int64) string { return fmt.Sprintf("files/%d/", accountID) }

// ManifestKey is where an attempt at sealing an export stores its manifest.
func ManifestKey(ref offhours.RequestRef, attempt string) string {
	return fmt.Sprintf("%smanifest-%s.json", exportPrefix(ref), attempt)
}

// ReportKey is where an attempt stores the report: apart from the export,
// because it is kept for ever.
func ReportKey(ref offhours.RequestRef, attempt string) string {
	return fmt.Sprintf("reports/%d/%s/report-%s.csv", ref.AccountID, ref.RequestID, attempt)
}

// ErrKey means that a file cannot be created under a key, because not every
// bucket would store it under exactly this name.
var ErrKey = errors.New("the key is not one that every bucket stores as it is")

const (
	maxKey  = 1024 // bytes, as S3 has it
	maxName = 200  // bytes between slashes: 255 on most disks, less the end of an unfinished name
)

// checkKey refuses keys that a bucket would store under another name, or not at
// all: each driver escapes others, and a disk has names of its own. The key stays
// out of the error: it may have been made of what somebody typed.
func checkKey(key string) error {
	switch {
	case key == "" || len(key) > maxKey:
		return fmt.Errorf("%w: it has %d bytes, want 1 to %d", ErrKey, len(key), maxKey)
	case !utf8.ValidString(key) || strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Errorf("%w: it holds characters that are not printable", ErrKey)
	case strings.Contains(key, "__0x"):
		return fmt.Errorf("%w: it looks like an escaped one", ErrKey)
	}
	for name := range strings.SplitSeq(key, "/") {
		switch {
		case name == "" || name == "." || strings.HasSuffix(name, ".."):
			return fmt.Errorf("%w: a name in it is empty or a step upwards", ErrKey)
		case len(name) > maxName:
			return fmt.Errorf("%w: a name in it is longer than %d bytes", ErrKey, maxName)
		case strings.HasSuffix(name, unfinished) || strings.HasSuffix(name, ".attrs"): // the latter is fileblob's
			return fmt.Errorf("%w: the ending of a name in it is taken", ErrKey)
		}
	}
	return nil
}
