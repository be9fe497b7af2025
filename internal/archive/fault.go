package archive

import (
	"errors"
	"fmt"
	"strings"

	"github.com/offhours/offhours"
)

// Fault is what is wrong with one file of a downloaded export. It wraps
// [offhours.ErrCorrupt], and holds no value of any record.
type Fault struct {
	File   string `json:"file"`
	Detail string `json:"detail"`
}

// Error names the file.
func (f *Fault) Error() string {
	return fmt.Sprintf("%s: %v: %s", f.File, offhours.ErrCorrupt, f.Detail)
}

// Unwrap returns [offhours.ErrCorrupt].
func (f *Fault) Unwrap() error { return offhours.ErrCorrupt }

func faultf(file, format string, args ...any) error {
	return &Fault{file, fmt.Sprintf(format, args...)}
}

// inFile makes a fault of corruption that does not say in which file it was found.
// A failed read stays what it is: reading again may mend it.
func inFile(file string, err error) error {
	if err == nil || !errors.Is(err, offhours.ErrCorrupt) {
		return err
	}
	return &Fault{file, strings.TrimPrefix(err.Error(), offhours.ErrCorrupt.Error()+": ")}
}
