package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/offhours/offhours"
)

// Checked is what [CheckExport] found.
type Checked struct {
	Export    *Export  // nil if the manifest has a fault
	Faults    []*Fault // without any the export is whole
	Strangers []string // names in the folder that the manifest does not name, sorted
}

// CheckExport proves what [OpenExport] does, but names every file that is missing
// or altered, and not the first one alone. Only if all of them are the bytes of the
// manifest it compares what they say. It returns an error if something cannot be
// read, or if this is an export of a form that is not known here.
func CheckExport(ctx context.Context, dir string) (c Checked, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return c, fmt.Errorf("read the folder: %w", err)
	}
	e, err := readExport(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = faultf(offhours.ManifestName, "it is missing, and without it this is no export")
	}
	if err != nil {
		return c, c.note(err)
	}
	c.Export = e
	c.Strangers = strangers(entries, e.Manifest.Files)
	for _, file := range e.Manifest.Files {
		if err := errors.Join(ctx.Err(), c.note(e.same(file))); err != nil {
			return c, err
		}
	}
	if len(c.Faults) > 0 {
		return c, nil
	}
	return c, c.note(e.prove())
}

// note takes a fault, and returns any other error.
func (c *Checked) note(err error) error {
	var fault *Fault
	if !errors.As(err, &fault) {
		return err
	}
	c.Faults = append(c.Faults, fault)
	return nil
}

func strangers(entries []fs.DirEntry, files []offhours.ManifestFile) (names []string) {
	known := map[string]bool{offhours.ManifestName: true}
	for _, file := range files {
		known[file.Name] = true
	}
	for _, entry := range entries {
		if !known[entry.Name()] {
			names = append(names, entry.Name())
		}
	}
	return names
}

// copyIn is a record in one of the CSV files.
type copyIn struct{ id, file string }

// CheckReport compares the export with the report of its request, which is read
// strictly: every record that the report calls deleted, and no other one twice, has
// to stand in the CSV file that it names, as it was when it was deleted, and every
// record of the export has to stand in the report. It returns how many were deleted,
// and a [*Fault] of the named report if it is not so.
func (e *Export) CheckReport(name string, report io.Reader) (deleted int, err error) {
	exported := map[copyIn]time.Time{}
	for record, err := range e.Records() {
		if err != nil {
			return 0, err
		}
		exported[copyIn{record.ID, record.File}] = record.ModifiedOn
	}
	reported := map[string]bool{}
	number := 0
	for r, err := range ReadReport(report) {
		if err != nil {
			return 0, inFile(name, err)
		}
		number++
		if r.ID == nil {
			continue
		}
		if reported[*r.ID] {
			return 0, faultf(name, "record %d of it stands there twice", number)
		}
		reported[*r.ID] = true
		if r.Outcome != offhours.OutcomeDeleted {
			continue
		}
		if !holds(exported, r) {
			return 0, faultf(name, "record %d of it was deleted, but is not in the export as it was then", number)
		}
		deleted++
	}
	for record := range exported {
		if !reported[record.id] {
			return 0, faultf(name, "a record of %s is not in it: it is the report of another request, or not whole", record.file)
		}
	}
	return deleted, nil
}

func holds(exported map[copyIn]time.Time, r offhours.ReportLine) bool {
	if r.File == nil || r.ModifiedOn == nil {
		return false
	}
	modified, ok := exported[copyIn{*r.ID, *r.File}]
	return ok && modified.Equal(*r.ModifiedOn)
}
