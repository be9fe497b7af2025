package archive

import (
	"crypto/sha256"
	"encoding/hex"
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
	Manifest       offhours.Manifest
	ManifestSHA256 string // hexadecimal; nothing in the folder vouches for the manifest itself

	dir    string
	parts  []exportPart
	copies map[string]offhours.ManifestFile // of attachments, by name
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
	File        string // name of the CSV file
	Attachments []ExportedAttachment
}

// ExportedAttachment is an attachment of a record as an export holds it. Its File
// is the name of the file that holds its bytes, empty if they were missing when
// it was exported.
type ExportedAttachment struct {
	offhours.Attachment
	Path string // of the file; empty if the bytes were missing
}

// OpenExport opens a downloaded export and proves that it is complete and says
// one thing: every file is there in the bytes that the manifest names, with
// strictly increasing keys inside the selection, the CSV files and their lists
// agree on every record and its attachments, each copied attachment belongs to one
// record, and there are as many of everything as the manifest says. It returns a
// [*Fault] if not.
//
// [Export.Records] takes custom fields from the list, which holds them exactly.
func OpenExport(dir string) (*Export, error) {
	e, err := readExport(dir)
	if err != nil {
		return nil, err
	}
	return e, e.prove()
}

// readExport reads the manifest alone.
func readExport(dir string) (*Export, error) {
	manifest, sum, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	e := &Export{Manifest: manifest, ManifestSHA256: sum, dir: dir}
	if e.parts, e.copies, err = pairs(manifest.Files); err != nil {
		return nil, inFile(offhours.ManifestName, err)
	}
	return e, nil
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
		if !yield(record, nil) {
			return false
		}
	}
}

// prove reads everything once.
func (e *Export) prove() error {
	distinct := map[string]struct{}{}
	named := map[string]struct{}{}
	missing := 0
	for record, err := range e.Records() {
		if err != nil {
			return err
		}
		distinct[record.ID] = struct{}{}
		for _, attachment := range record.Attachments {
			if attachment.Missing {
				missing++
				continue
			}
			if err := e.proveCopy(attachment, named); err != nil {
				return err
			}
		}
	}
	if len(distinct) != e.Manifest.Records {
		return faultf(offhours.ManifestName, "the files hold %d records, it says %d", len(distinct), e.Manifest.Records)
	}
	if len(named) != len(e.copies) || len(named) != e.Manifest.Attachments || missing != e.Manifest.MissingAttachments {
		return faultf(offhours.ManifestName, "the records have %d attachments and miss %d, it says %d and %d",
			len(named), missing, e.Manifest.Attachments, e.Manifest.MissingAttachments)
	}
	return nil
}

// proveCopy reads a copy, which one record alone may name.
func (e *Export) proveCopy(attachment ExportedAttachment, named map[string]struct{}) error {
	if _, twice := named[attachment.File]; twice {
		return faultf(attachment.File, "it belongs to two records")
	}
	named[attachment.File] = struct{}{}
	return e.same(e.copies[attachment.File])
}

// same reads a file and compares it with what the manifest says of it.
func (e *Export) same(file offhours.ManifestFile) error {
	r, err := e.open(file)
	if err != nil {
		return err
	}
	defer r.Close()
	return inFile(file.Name, r.finish(offhours.Stored{Bytes: file.Bytes, SHA256: file.SHA256}))
}

// attachmentsOf returns the attachments that the columns of both files name, and
// what is wrong with them, if anything.
func (e *Export) attachmentsOf(column, listed Value, part int) (attachments []ExportedAttachment, fault string) {
	all, err := attachmentsIn(listed)
	if err != nil || !shows(column, all) {
		return nil, "other attachments than in the list"
	}
	for _, a := range all {
		exported := ExportedAttachment{Attachment: a}
		if a.File != "" {
			exported.Path = filepath.Join(e.dir, a.File)
		}
		want, ok := e.copies[a.File]
		if a.Missing == ok || a.Missing != (a.File == "") || ok && (want.Bytes != a.Bytes || want.SHA256 != a.SHA256 || want.Part != part) {
			return nil, "an attachment that is not in the manifest"
		}
		attachments = append(attachments, exported)
	}
	return attachments, ""
}

func readManifest(dir string) (m offhours.Manifest, sum string, err error) {
	text, err := os.ReadFile(filepath.Join(dir, offhours.ManifestName))
	if err != nil {
		return m, "", fmt.Errorf("read the manifest, without which this is no export: %w", err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, "", faultf(offhours.ManifestName, "it is not the JSON of a manifest")
	}
	switch {
	case m.Version != offhours.ManifestVersion:
		return m, "", fmt.Errorf("%s: version %d is not known here, only %d", offhours.ManifestName, m.Version, offhours.ManifestVersion)
	case m.Request.RequestType != offhours.ExportAndDelete:
		return m, "", fmt.Errorf("%s: a %s request keeps no records", offhours.ManifestName, m.Request.RequestType.Label())
	case !slices.Equal(m.Header, offhours.ExportHeader(m.Fields)):
		return m, "", faultf(offhours.ManifestName, "its columns are not those of an export")
	}
	digest := sha256.Sum256(text)
	return m, hex.EncodeToString(digest[:]), nil
}

// pairs returns the files by part, each of which has a CSV file and a list, and the
// copies of attachments by name.
func pairs(files []offhours.ManifestFile) ([]exportPart, map[string]offhours.ManifestFile, error) {
	byName, copies := map[string]offhours.ManifestFile{}, map[string]offhours.ManifestFile{}
	for _, file := range files {
		byName[file.Name] = file
		if file.Kind == offhours.FileAttachment {
			copies[file.Name] = file
		}
	}
	var parts []exportPart
	for _, csv := range files {
		if csv.Kind != offhours.FileCSV {
			continue
		}
		list, ok := byName[offhours.ListName(csv.Part)]
		if !ok || csv.Name != offhours.CSVName(csv.Part) || list.Part != csv.Part || list.Rows != csv.Rows {
			return nil, nil, fmt.Errorf("%w: part %d has no CSV file with a list of as many rows", offhours.ErrCorrupt, csv.Part)
		}
		parts = append(parts, exportPart{csv, list})
	}
	if known := 2*len(parts) + len(copies); known != len(files) || len(byName) != len(files) {
		return nil, nil, fmt.Errorf("%w: %d files are named, %d belong to a part", offhours.ErrCorrupt, len(files), known)
	}
	return parts, copies, nil
}
