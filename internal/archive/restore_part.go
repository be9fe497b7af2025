package archive

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/offhours/offhours"
)

// partReader walks the CSV file and the list of a downloaded part in step.
type partReader struct {
	export    *Export
	part      exportPart
	csv, list *rowsFile
	keys      offhours.PartKeys // of what was read so far
}

func (e *Export) openPart(part exportPart) (*partReader, error) {
	csv, err := e.openFile(part.csv, e.Manifest.Header)
	if err != nil {
		return nil, err
	}
	list, err := e.openFile(part.list, offhours.ListHeader(offhours.ExportAndDelete))
	if err != nil {
		csv.Close()
		return nil, err
	}
	return &partReader{export: e, part: part, csv: csv, list: list}, nil
}

// openFile opens a file of rows and reads its header.
func (e *Export) openFile(file offhours.ManifestFile, header []string) (*rowsFile, error) {
	r, err := e.open(file)
	if err != nil {
		return nil, err
	}
	rows := &rowsFile{reading: r, rows: newRowReader(r.Reader, len(header))}
	if err := rows.rows.checkHeader(header); err != nil {
		r.Close()
		return nil, inFile(file.Name, corrupt(err))
	}
	return rows, nil
}

// open opens a file of the folder. A name that leads out of it is refused.
func (e *Export) open(file offhours.ManifestFile) (*reading, error) {
	f, err := os.OpenInRoot(e.dir, file.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, faultf(file.Name, "it is missing")
	}
	if err != nil {
		return nil, fmt.Errorf("open a file of the export: %w", err)
	}
	r := &reading{blob: f, sum: sha256.New()}
	r.Reader = io.TeeReader(f, r)
	return r, nil
}

func (r *partReader) close() {
	r.csv.Close()
	r.list.Close()
}

// next returns the next record; ok is false after the last one, once both files
// proved to be those of the manifest.
func (r *partReader) next() (record Exported, ok bool, err error) {
	listed, err := r.list.read()
	if errors.Is(err, io.EOF) {
		return record, false, r.finish()
	}
	if err != nil {
		return record, false, inFile(r.part.list.Name, err)
	}
	row, err := r.csv.read()
	if errors.Is(err, io.EOF) {
		return record, false, faultf(r.part.csv.Name, "it has fewer rows than its list")
	}
	if err != nil {
		return record, false, inFile(r.part.csv.Name, err)
	}
	record.File = r.part.csv.Name
	var fault string
	if record.Record, fault = recordOf(row, listed, r.export.Manifest); fault == "" {
		record.Attachments, fault = r.export.attachmentsOf(row[len(row)-1], listed[len(listed)-1], r.part.csv.Part)
	}
	if fault == "" {
		fault = r.follow(record.Record)
	}
	if fault != "" {
		return record, false, faultf(r.part.csv.Name, "line %d: %s", r.csv.rows.line, fault)
	}
	return record, true, nil
}

// follow takes the record's key and returns what is wrong with it, if anything.
func (r *partReader) follow(record offhours.Record) string {
	key := FormatTime(record.ModifiedOn) + " " + record.ID
	if key <= r.keys.Last {
		return "out of order"
	}
	if !r.export.Manifest.Request.Selection.Contains(record.ModifiedOn) {
		return "outside the selection"
	}
	if r.keys.Rows == 0 {
		r.keys.First = key
	}
	r.keys.Last = key
	r.keys.Rows++
	return ""
}

// finish compares both files as a whole with the manifest.
func (r *partReader) finish() error {
	if _, err := r.csv.read(); !errors.Is(err, io.EOF) {
		return faultf(r.part.csv.Name, "it has more rows than its list")
	}
	for _, f := range []struct {
		read *rowsFile
		want offhours.ManifestFile
	}{{r.csv, r.part.csv}, {r.list, r.part.list}} {
		if err := f.read.finish(offhours.Stored{Bytes: f.want.Bytes, SHA256: f.want.SHA256}); err != nil {
			return inFile(f.want.Name, err)
		}
		if r.keys.Rows != f.want.Rows || r.keys.First != f.want.FirstKey || r.keys.Last != f.want.LastKey {
			return faultf(f.want.Name, "it has other rows or keys than the manifest says")
		}
	}
	return nil
}
