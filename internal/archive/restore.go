package archive

import (
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/offhours/offhours"
)

// Export is an export that somebody downloaded: a folder that holds the manifest
// and every file it names, under those names. It is read from the folder alone,
// without a bucket, a database or a network.
type Export struct {
	Manifest offhours.Manifest

	dir   string
	parts []exportPart
}

// exportPart is the two files of a part.
type exportPart struct {
	csv, list offhours.ManifestFile
}

// Exported is a record as an export holds it. A record that was rewritten while
// the request ran stands in more than one part; the report names the file that
// holds what was deleted.
type Exported struct {
	offhours.Record
	File string // name of the CSV file
}

// OpenExport opens a downloaded export and proves that it is complete and says
// one thing: every file is there in the bytes that the manifest names, with
// strictly increasing keys inside the selection, the CSV files and their lists
// agree on every record, and there are as many records as the manifest says. It
// returns an error that wraps [offhours.ErrCorrupt] if not.
//
// [Export.Records] takes custom fields from the list, which holds them exactly.
func OpenExport(dir string) (*Export, error) {
	manifest, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	e := &Export{Manifest: manifest, dir: dir}
	if e.parts, err = pairs(manifest.Files); err != nil {
		return nil, fmt.Errorf("%s: %w", offhours.ManifestName, err)
	}
	return e, e.prove()
}

// Records yields the records of all parts, in the order of the parts. After an
// error it yields nothing more: the folder was changed since it was opened, or
// cannot be read.
func (e *Export) Records() iter.Seq2[Exported, error] {
	return func(yield func(Exported, error) bool) {
		for _, part := range e.parts {
			if !e.partRecords(part, yield) {
				return
			}
		}
	}
}

func (e *Export) partRecords(part exportPart, yield func(Exported, error) bool) (more bool) {
	r, err := e.openPart(part)
	if err != nil {
		yield(Exported{}, err)
		return false
	}
	defer r.close()
	for {
		record, ok, err := r.next()
		switch {
		case err != nil:
			yield(Exported{}, err)
			return false
		case !ok:
			return true
		}
		if !yield(Exported{Record: record, File: part.csv.Name}, nil) {
			return false
		}
	}
}

// prove reads everything once.
func (e *Export) prove() error {
	distinct := map[string]struct{}{}
	for record, err := range e.Records() {
		if err != nil {
			return err
		}
		distinct[record.ID] = struct{}{}
	}
	if len(distinct) != e.Manifest.Records {
		return fmt.Errorf("%w: the files hold %d records, the manifest says %d", offhours.ErrCorrupt, len(distinct), e.Manifest.Records)
	}
	return nil
}

func readManifest(dir string) (offhours.Manifest, error) {
	var m offhours.Manifest
	text, err := os.ReadFile(filepath.Join(dir, offhours.ManifestName))
	if err != nil {
		return m, fmt.Errorf("read the manifest, without which this is no export: %w", err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %w: not JSON of a manifest", offhours.ManifestName, offhours.ErrCorrupt)
	}
	switch {
	case m.Version != offhours.ManifestVersion:
		return m, fmt.Errorf("%s: version %d is not known here, only %d", offhours.ManifestName, m.Version, offhours.ManifestVersion)
	case m.Request.RequestType != offhours.ExportAndDelete:
		return m, fmt.Errorf("%s: a %s request keeps no records", offhours.ManifestName, m.Request.RequestType.Label())
	case !slices.Equal(m.Header, offhours.ExportHeader(m.Fields)):
		return m, fmt.Errorf("%s: %w: not the columns of an export", offhours.ManifestName, offhours.ErrCorrupt)
	}
	return m, nil
}

// pairs returns the files by part, each of which has a CSV file and a list.
func pairs(files []offhours.ManifestFile) ([]exportPart, error) {
	byName := map[string]offhours.ManifestFile{}
	for _, file := range files {
		byName[file.Name] = file
	}
	var parts []exportPart
	for _, csv := range files {
		if csv.Kind != offhours.FileCSV {
			continue
		}
		list, ok := byName[offhours.ListName(csv.Part)]
		if !ok || csv.Name != offhours.CSVName(csv.Part) || list.Part != csv.Part || list.Rows != csv.Rows {
			return nil, fmt.Errorf("%w: part %d has no CSV file with a list of as many rows", offhours.ErrCorrupt, csv.Part)
		}
		parts = append(parts, exportPart{csv, list})
	}
	if 2*len(parts) != len(files) || len(byName) != len(files) {
		return nil, fmt.Errorf("%w: %d files are named, %d belong to a part", offhours.ErrCorrupt, len(files), 2*len(parts))
	}
	return parts, nil
}
