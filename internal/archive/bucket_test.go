package archive

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
	_ "gocloud.dev/blob/s3blob"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/archive/archivetest"
)

var (
	ref       = offhours.RequestRef{AccountID: 7, RequestID: "5f0c6a52-6d7e-4c1e-9a54-0d8d7c1b2a3e"}
	cutoff    = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	selection = offhours.Selection{Before: cutoff}
	shape     = offhours.PartShape{
		Header: offhours.ExportHeader([]offhours.Field{{SchemaName: "mx_Custom_1", DisplayName: "Visit, \"kind\""}}),
		List:   offhours.ListHeader(offhours.ExportAndDelete),
	}
	listOnly = offhours.PartShape{List: offhours.ListHeader(offhours.DeleteOnly)}
)

// eachBucket runs a test on every kind of bucket that needs nothing but this machine.
func eachBucket(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		test(t, inMemory(t))
	})
	t.Run("file", func(t *testing.T) {
		t.Parallel()
		test(t, inFiles(t, t.TempDir()))
	})
	t.Run("S3", func(t *testing.T) {
		t.Parallel()
		s, _ := inS3(t)
		test(t, s)
	})
}

func inMemory(t testing.TB) *Store {
	s := New(memblob.OpenBucket(nil))
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func inFiles(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(context.Background(), "file://"+dir+"/archive?create_dir=true")
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	require.NoError(t, s.Ping(t.Context()))
	return s
}

func inS3(t testing.TB) (*Store, *archivetest.S3) {
	t.Helper()
	server := archivetest.NewS3(t, "archive")
	s, err := Open(context.Background(), server.URL("archive"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	require.NoError(t, s.Ping(t.Context()))
	return s, server
}

// files lists everything in the bucket, and everything on its disk.
func files(t *testing.T, s *Store) []string {
	t.Helper()
	names := listed(t, s, "")
	if s.disk != nil {
		require.Len(t, names, countFiles(t, s.disk.dir), "no temporary file is left on the disk")
	}
	return names
}

func listed(t *testing.T, s *Store, prefix string) []string {
	t.Helper()
	names := []string{}
	for list := s.bucket.List(&blob.ListOptions{Prefix: prefix}); ; {
		object, err := list.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return names
		}
		require.NoError(t, err)
		names = append(names, object.Key)
	}
}

func countFiles(t *testing.T, dir string) (n int) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			n++
		}
		return err
	}))
	return n
}

// put stores a file as it is.
func put(t *testing.T, s *Store, key, text string) offhours.Stored {
	t.Helper()
	file, err := s.Create(t.Context(), key, "text/csv")
	require.NoError(t, err)
	_, err = io.WriteString(file, text)
	require.NoError(t, err)
	stored, err := file.Commit()
	require.NoError(t, err)
	return stored
}

// get returns a stored file, and replace changes it behind the archive's back.
func get(t *testing.T, s *Store, key string) string {
	t.Helper()
	data, err := s.bucket.ReadAll(t.Context(), key)
	require.NoError(t, err)
	return string(data)
}

func replace(t *testing.T, s *Store, key, text string) {
	t.Helper()
	require.NoError(t, s.bucket.WriteAll(t.Context(), key, []byte(text), &blob.WriterOptions{ContentType: "text/csv"}))
}

// record is one row of a COPY: what differs between rows.
type record struct {
	id       string
	modified time.Time
	note     *string
	attached []offhours.Attachment
}

// attachments is how the record's attachments stand in a column.
func (r record) attachments(shown func(offhours.Attachment) offhours.Attachment) *string {
	attachments := []offhours.Attachment{}
	for _, a := range r.attached {
		attachments = append(attachments, shown(a))
	}
	column, _ := json.Marshal(attachments)
	return text(string(column))
}

func asListed(a offhours.Attachment) offhours.Attachment { return a }

func id(n int) string {
	return "00000000-0000-4000-8000-0000000000" + string("0123456789abcdef"[n/16]) + string("0123456789abcdef"[n%16])
}

func text(s string) *string { return &s }

// someRecords are n records in the order of the protocol.
func someRecords(n int) []record {
	notes := []*string{nil, text(""), text("a \"quoted\", note\r\nwith lines"), text("=1+1"), text("é")}
	records := make([]record, n)
	for i := range records {
		records[i] = record{id(i), cutoff.Add(time.Duration(i-n) * time.Microsecond), notes[i%len(notes)], nil}
	}
	return records
}

func (r record) csv() string {
	modified := text(FormatTime(r.modified))
	return string(appendRow(nil, &r.id, text("lead"), text(offhours.CustomActivityType), text("201"), nil, text("Owner"), r.note,
		modified, nil, text("Ann"), text("ann@acme.example"), modified, nil, nil, nil, text("visit"), r.attachments(offhours.Attachment.Shown)))
}

func (r record) list() string {
	return string(appendRow(nil, &r.id, text("731"), text(FormatTime(r.modified)), nil, text(`{"mx_Custom_1": "visit"}`), r.attachments(asListed)))
}

func (r record) listOnly() string {
	return string(appendRow(nil, &r.id, text("731"), text(FormatTime(r.modified)), r.attachments(func(a offhours.Attachment) offhours.Attachment {
		return offhours.Attachment{Number: a.Number, ID: a.ID, Version: a.Version}
	})))
}

// copyOf is the COPY of the records, in the columns of the shape.
func copyOf(shape offhours.PartShape, records []record) string {
	var stream strings.Builder
	for _, r := range records {
		if len(shape.Header) == 0 {
			stream.WriteString(r.listOnly())
			continue
		}
		stream.WriteString(strings.TrimSuffix(r.csv(), "\n") + "," + r.list())
	}
	return stream.String()
}

// write writes a part in one go.
func write(t testing.TB, s *Store, attempt string, shape offhours.PartShape, stream string) offhours.PartFiles {
	t.Helper()
	w, err := s.CreatePart(context.Background(), ref, 1, attempt, shape)
	require.NoError(t, err)
	_, err = io.WriteString(w, stream)
	require.NoError(t, err)
	files, err := w.Commit()
	require.NoError(t, err)
	return files
}
