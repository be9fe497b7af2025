package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/archive"
	"github.com/offhours/offhours/internal/postgres"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

// shelf is a bucket for the files of a load. Calls can be looked at, and broken.
type shelf struct {
	*archive.Store
	bucket *blob.Bucket
	added  int
	before func() error // each AddFiles
}

func newShelf(t *testing.T) *shelf {
	bucket := memblob.OpenBucket(nil)
	t.Cleanup(func() { _ = bucket.Close() })
	return &shelf{Store: archive.New(bucket), bucket: bucket, before: func() error { return nil }}
}

func (s *shelf) AddFiles(ctx context.Context, accountID int64, contents [][]byte) ([]string, error) {
	if err := s.before(); err != nil {
		return nil, err
	}
	s.added += len(contents)
	return s.Store.AddFiles(ctx, accountID, contents)
}

// objects returns what is in the bucket, by key.
func (s *shelf) objects(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for list := s.bucket.List(nil); ; {
		object, err := list.Next(t.Context())
		if err == io.EOF {
			return all
		}
		require.NoError(t, err)
		content, err := s.bucket.ReadAll(t.Context(), object.Key)
		require.NoError(t, err)
		all[object.Key] = string(content)
	}
}

// holds checks that every file in the database has its object, every object its
// file, and every attachment the content that its record and name stand for.
func (s *shelf) holds(t *testing.T, w postgrestest.World, attachments int) {
	t.Helper()
	objects := s.objects(t)
	require.Len(t, objects, attachments)
	require.Equal(t, attachments, w.Count("files"))
	require.Equal(t, attachments, w.Count("attachments"))
	rows, err := w.Conn.Query(t.Context(), "SELECT file_key, record_id::text || '/' || name || '/' || coalesce(field, '') FROM attachments")
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var key, content string
		require.NoError(t, rows.Scan(&key, &content))
		require.Equal(t, content, objects[key])
		require.Contains(t, key, fmt.Sprintf("files/%d/", w.Account.ID))
	}
	require.NoError(t, rows.Err())
}

// withFiles is a record with files that [shelf.holds] knows.
func withFiles(name string, files ...offhours.IncomingFile) typed {
	row := bare(name, visit(nil))
	for _, f := range files {
		f.Content = []byte(row.record.ID + "/" + f.Name + "/" + f.Field)
		row.files = append(row.files, f)
	}
	return row
}

var (
	scan  = offhours.IncomingFile{Name: "scan \"1\",\n.pdf"}
	photo = offhours.IncomingFile{Name: "a.png", Field: "mx_Custom_3~mx_CustomObject_1"}
)

// loads are both ways to load records of the type Visit.
var loads = map[string]func(t *testing.T, w postgrestest.World, s postgres.RecordSource, store postgres.FileStore) (postgres.LoadResult, error){
	"compared": func(t *testing.T, w postgrestest.World, s postgres.RecordSource, store postgres.FileStore) (postgres.LoadResult, error) {
		return w.DB.LoadRecords(t.Context(), w.Account.ID, custom, s, store)
	},
	"fresh": func(t *testing.T, w postgrestest.World, s postgres.RecordSource, store postgres.FileStore) (postgres.LoadResult, error) {
		return w.DB.LoadFreshRecords(t.Context(), w.Account.ID, "Visit", custom, s, store)
	},
}

func TestFilesAreLoadedWithTheirRecords(t *testing.T) {
	t.Parallel()
	for name, load := range loads {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, store := postgrestest.NewWorld(t), newShelf(t)
			var rows []typed
			for range 600 { // more than are held at a time
				rows = append(rows, withFiles("Visit", scan, photo), bare("Visit", visit(nil)))
			}
			result, err := load(t, w, source(io.EOF, rows...), store)
			require.NoError(t, err)
			require.Equal(t, 1200, result.Inserted())
			require.Equal(t, 1200, result.Files())
			store.holds(t, w, 1200)
			var fields string
			w.Scan(&fields, "SELECT string_agg(DISTINCT coalesce(field, 'none'), ' ') FROM attachments")
			require.Equal(t, "mx_Custom_3~mx_CustomObject_1 none", fields)
		})
	}
}

func TestLoadingTwiceStoresNoFileAgain(t *testing.T) {
	t.Parallel()
	w, store := postgrestest.NewWorld(t), newShelf(t)
	rows := []typed{withFiles("Visit", scan), withFiles("Call", scan, photo), bare("Call", visit(nil))}
	_, err := w.DB.LoadRecords(t.Context(), w.Account.ID, custom, source(io.EOF, rows...), store)
	require.NoError(t, err)
	before := store.objects(t)
	_, err = w.DB.LoadRecords(t.Context(), w.Account.ID, custom, source(io.EOF, rows...), store)
	require.NoError(t, err)
	require.Equal(t, 3, store.added)
	require.Equal(t, before, store.objects(t))

	rows = append(rows, withFiles("Visit", photo))
	result, err := w.DB.LoadRecords(t.Context(), w.Account.ID, custom, source(io.EOF, rows...), store)
	require.NoError(t, err)
	require.Equal(t, []postgres.LoadedType{
		{Code: 201, Name: "Visit", Inserted: 1, Unchanged: 1, Files: 1},
		{Code: 202, Name: "Call", Unchanged: 2},
	}, result.Types)
	store.holds(t, w, 4)

	_, err = w.DB.LoadFreshRecords(t.Context(), w.Account.ID, "Visit", custom, source(io.EOF, rows[0]), store)
	require.ErrorIs(t, err, postgres.ErrAlreadyLoaded)
	require.Equal(t, 4, store.added)
}

// A crash after an object was stored and before the commit leaves an object that
// no row names. The reverse would be a file that cannot be exported.
func TestObjectsAreThereBeforeTheRowsThatReferToThem(t *testing.T) {
	t.Parallel()
	for name, load := range loads {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, store := postgrestest.NewWorld(t), newShelf(t)
			store.before = func() error {
				require.Zero(t, w.Count("attachments"), "nothing is committed before the last object is there")
				require.Zero(t, w.Count("files"))
				return nil
			}
			_, err := load(t, w, source(io.EOF, withFiles("Visit", scan)), store)
			require.NoError(t, err)
			require.Equal(t, 1, store.added)
		})
	}
}

func TestALoadThatFailsKeepsNoFile(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	var rows []typed
	for range 600 {
		rows = append(rows, withFiles("Visit", scan))
	}
	for name, load := range loads {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, store := postgrestest.NewWorld(t), newShelf(t)
			_, err := load(t, w, source(broken, rows...), store)
			require.ErrorIs(t, err, broken)
			store.holds(t, w, 0)

			store.before = func() error {
				if store.added > 0 {
					return broken
				}
				return nil
			}
			store.added = 0
			_, err = load(t, w, source(io.EOF, rows...), store)
			require.ErrorIs(t, err, broken)
			require.Equal(t, 500, store.added)
			store.holds(t, w, 0)
			require.Zero(t, w.Count("records"))

			_, err = load(t, w, source(io.EOF, rows...), nil)
			require.ErrorContains(t, err, "no bucket to keep them")
			require.Zero(t, w.Count("records"))
		})
	}
}
