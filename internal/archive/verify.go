package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/offhours/offhours"
)

// reading is a fresh read of a stored file that checks its bytes as they pass.
type reading struct {
	io.Reader
	blob  io.Closer
	sum   hash.Hash
	bytes int64
}

func (s *Store) read(ctx context.Context, key string) (*reading, error) {
	blob, err := s.Open(ctx, key)
	if offhours.Is(err, offhours.CodeNotFound) {
		return nil, fmt.Errorf("%w: it is missing", offhours.ErrCorrupt)
	}
	if err != nil {
		return nil, err
	}
	r := &reading{blob: blob, sum: sha256.New()}
	r.Reader = io.TeeReader(checked{blob}, r)
	return r, nil
}

// checked reads a file of a store that keeps checksums, as S3 does: its driver
// fails where the bytes are not those of the checksum. That is no outage, which
// reading again would mend.
type checked struct{ file io.Reader }

// mismatch is how the AWS SDK words it. Its error has no type that others can name.
const mismatch = "checksum did not match"

// Read implements [io.Reader].
func (c checked) Read(p []byte) (int, error) {
	n, err := c.file.Read(p)
	if err != nil && strings.Contains(err.Error(), mismatch) {
		err = fmt.Errorf("%w: %w", offhours.ErrCorrupt, err)
	}
	return n, err
}

// Write counts and hashes what was read.
func (r *reading) Write(p []byte) (int, error) {
	r.bytes += int64(len(p))
	return r.sum.Write(p)
}

// finish compares the whole file with what was written.
func (r *reading) finish(want offhours.Stored) error {
	if err := copyAll(r.Reader); err != nil {
		return err
	}
	return r.same(want)
}

// same compares what was read, which has to be all of the file.
func (r *reading) same(want offhours.Stored) error {
	if r.bytes != want.Bytes {
		return fmt.Errorf("%w: it has %d bytes, not %d", offhours.ErrCorrupt, r.bytes, want.Bytes)
	}
	if hex.EncodeToString(r.sum.Sum(nil)) != want.SHA256 {
		return fmt.Errorf("%w: it has another SHA-256", offhours.ErrCorrupt)
	}
	return nil
}

func (r *reading) Close() error { return r.blob.Close() }

// VerifyPart reads both files of a part back, independently of how they were
// written, and proves that they hold the same records, in strictly increasing
// order of (ModifiedOn, id), all of them selected, in exactly the bytes that were
// written, and that every attachment they name was copied in exactly the bytes
// that they say. It returns an error that wraps offhours.ErrCorrupt if not.
func (s *Store) VerifyPart(ctx context.Context, files offhours.PartFiles, shape offhours.PartShape, selection offhours.Selection) (offhours.PartKeys, error) {
	list, err := s.openRows(ctx, files.List.Key, shape.List)
	if err != nil {
		return offhours.PartKeys{}, err
	}
	defer list.Close()
	var csv *rowsFile
	if files.CSV != nil {
		if csv, err = s.openRows(ctx, files.CSV.Key, shape.Header); err != nil {
			return offhours.PartKeys{}, err
		}
		defer csv.Close()
	}
	verified, copies, err := verifyRows(list, csv, newCopySet(files.Copies), selection)
	if err != nil {
		return offhours.PartKeys{}, err
	}
	if verified.Rows != files.Rows {
		return offhours.PartKeys{}, fmt.Errorf("%w: %d rows of %d", offhours.ErrCorrupt, verified.Rows, files.Rows)
	}
	if err := list.finish(files.List); err != nil {
		return offhours.PartKeys{}, err
	}
	if csv != nil {
		if err := csv.finish(*files.CSV); err != nil {
			return offhours.PartKeys{}, err
		}
	}
	for _, c := range copies {
		verified.Copies = append(verified.Copies, c.Number)
	}
	return verified, s.readBack(ctx, copies)
}

// verifyRows walks both files in step, and returns the copies that they name.
func verifyRows(list, csv *rowsFile, recorded copySet, selection offhours.Selection) (v offhours.PartKeys, copies []offhours.Copy, err error) {
	var key, last []byte
	for {
		entry, err := list.entry()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return v, nil, err
		}
		if csv != nil {
			if err := csv.showsNext(entry); err != nil {
				return v, nil, err
			}
		}
		named, fault := recorded.take(entry, csv != nil)
		if fault != "" {
			return v, nil, fmt.Errorf("%w: line %d of the list: %s", offhours.ErrCorrupt, list.rows.line, fault)
		}
		copies = append(copies, named...)
		if !selection.Contains(entry.modifiedOn) {
			return v, nil, fmt.Errorf("%w: line %d is outside the selection", offhours.ErrCorrupt, list.rows.line)
		}
		if key = entry.appendKey(key[:0]); bytes.Compare(key, last) <= 0 {
			return v, nil, fmt.Errorf("%w: line %d is out of order", offhours.ErrCorrupt, list.rows.line)
		}
		if key, last = last, key; v.Rows == 0 {
			v.First = string(last)
		}
		v.Rows++
	}
	v.Last = string(last)
	if csv != nil {
		switch _, err := csv.read(); {
		case err == nil:
			return v, nil, fmt.Errorf("%w: the CSV file has more rows than its list", offhours.ErrCorrupt)
		case !errors.Is(err, io.EOF):
			return v, nil, err
		}
	}
	return v, copies, nil
}

// rowsFile is a fresh read of a file with a header row.
type rowsFile struct {
	*reading
	rows *rowReader
}

func (s *Store) openRows(ctx context.Context, key string, header []string) (*rowsFile, error) {
	r, err := s.read(ctx, key)
	if err != nil {
		return nil, err
	}
	f := &rowsFile{reading: r, rows: newRowReader(r.Reader, len(header))}
	if err := f.rows.checkHeader(header); err != nil {
		r.Close()
		return nil, corrupt(err)
	}
	return f, nil
}

// finish compares the whole file with what was written.
func (f *rowsFile) finish(want offhours.Stored) error {
	if err := readAll(f.rows.in); err != nil {
		return err
	}
	return f.same(want)
}

func (f *rowsFile) read() ([]Value, error) {
	row, err := f.rows.read()
	return row, corrupt(err)
}

// showsNext reads the next row of a CSV file, which has to be the list's entry.
func (f *rowsFile) showsNext(e entry) error {
	row, err := f.read()
	switch {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%w: the CSV file has fewer rows than its list", offhours.ErrCorrupt)
	case err != nil:
		return err
	case !bytes.Equal(row[offhours.ColumnID].text(), e.id) || !bytes.Equal(row[offhours.ColumnModifiedOn].text(), e.modified):
		return fmt.Errorf("%w: line %d of the CSV file is another record than the list has", offhours.ErrCorrupt, f.rows.line)
	case !shows(row[len(row)-1], e.attachments):
		return fmt.Errorf("%w: line %d of the CSV file has other attachments than the list", offhours.ErrCorrupt, f.rows.line)
	}
	return nil
}

// entry is a row of a delete list. Its texts are only valid until the next one is
// read; what restoring alone needs was parsed, but is not kept.
type entry struct {
	id, version, modified []byte
	modifiedOn            time.Time // that modified shows, in the form of FormatTime
	attachments           []offhours.Attachment
}

// appendKey appends the entry's key, whose order of bytes is that of the protocol.
func (e entry) appendKey(to []byte) []byte {
	return append(append(append(to, e.modified...), ' '), e.id...)
}

// entry reads the next row of a delete list.
func (f *rowsFile) entry() (e entry, err error) {
	row, err := f.read()
	if err != nil {
		return e, err
	}
	if row[0].Null || row[1].Null || row[2].Null {
		return e, fmt.Errorf("%w: line %d has no key", offhours.ErrCorrupt, f.rows.line)
	}
	e.id, e.version, e.modified = row[0].text(), row[1].text(), row[2].text()
	var ok bool
	if e.modifiedOn, ok = parseTime(e.modified); !ok {
		return e, fmt.Errorf("%w: line %d has no valid time", offhours.ErrCorrupt, f.rows.line)
	}
	if e.attachments, err = attachmentsIn(row[len(row)-1]); err != nil {
		return e, fmt.Errorf("%w: line %d: %w", offhours.ErrCorrupt, f.rows.line, err)
	}
	return e, nil
}

// corrupt marks errors of the strict parser; a failed read of the bucket stays
// what it is, because reading again may mend it.
func corrupt(err error) error {
	if err == nil {
		return nil
	}
	var malformed *malformedError
	if errors.As(err, &malformed) {
		return fmt.Errorf("%w: %w", offhours.ErrCorrupt, err)
	}
	return err
}

// Check reads a file once more and compares every byte's checksum with what was
// verified. A changed or missing file is an *offhours.Failure.
func (s *Store) Check(ctx context.Context, want offhours.Stored) error {
	return unchanged(func() error {
		r, err := s.read(ctx, want.Key)
		if err != nil {
			return err
		}
		defer r.Close()
		return r.finish(want)
	})
}

// ReadList returns the entries of a verified delete list, in order, after the
// whole file proved to be the one that was verified: its bytes are the only
// source of what is deleted. A changed or missing list is an *offhours.Failure.
func (s *Store) ReadList(ctx context.Context, want offhours.Stored, header []string) (entries []offhours.Listed, err error) {
	err = unchanged(func() (err error) {
		entries, err = s.readList(ctx, want, header)
		return err
	})
	return entries, err
}

func (s *Store) readList(ctx context.Context, want offhours.Stored, header []string) (entries []offhours.Listed, err error) {
	list, err := s.openRows(ctx, want.Key, header)
	if err != nil {
		return nil, err
	}
	defer list.Close()
	var texts texts
	for {
		entry, err := list.entry()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(entries) == cap(entries) {
			entries = slices.Grow(entries, list.rows.expect(want.Bytes))
		}
		version := ""
		if n := len(entries); n > 0 {
			version = entries[n-1].Version
		}
		if string(entry.version) != version { // one transaction writes many rows
			version = texts.keep(entry.version)
		}
		entries = append(entries, offhours.Listed{ID: texts.keep(entry.id), Version: version, ModifiedOn: entry.modifiedOn, Attachments: entry.attachments})
	}
	if err := list.finish(want); err != nil {
		return nil, err
	}
	return entries, nil
}

// texts keeps many short texts in few pieces of memory.
type texts struct{ piece strings.Builder }

func (t *texts) keep(text []byte) string {
	if t.piece.Cap()-t.piece.Len() < len(text) {
		t.piece.Reset() // what was kept stays where it is
		t.piece.Grow(max(len(text), 64<<10))
	}
	from := t.piece.Len()
	t.piece.Write(text)
	return t.piece.String()[from:]
}

// maxReads is how often a verified file may read back damaged before it is: on the
// way, too, bits flip, and what follows from a changed archive is final. It ends a
// request, and a report whose list is lost names no record.
const maxReads = 3

// unchanged reads what was verified before, and turns corruption that stays into a
// failure.
func unchanged(read func() error) (err error) {
	for range maxReads {
		if err = read(); !errors.Is(err, offhours.ErrCorrupt) {
			return err
		}
	}
	return archiveChanged()
}
