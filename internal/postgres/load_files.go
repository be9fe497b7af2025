package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/offhours/offhours"
)

// FileStore keeps the objects of the CRM's files.
type FileStore interface {
	// AddFiles stores contents as new objects of an account and returns their
	// keys, in order. They are durable when it returns nil.
	AddFiles(ctx context.Context, accountID int64, contents [][]byte) (keys []string, err error)

	// Remove deletes objects. Missing ones are fine.
	Remove(ctx context.Context, keys ...string) error
}

// What is held in memory of files at a time.
const (
	filesAtOnce = 500
	bytesAtOnce = 16 << 20
)

// undoPatience bounds the removal of objects after a load that failed.
const undoPatience = 30 * time.Second

// recordFile is a file with the record it belongs to.
type recordFile struct {
	recordID, typeName string
	offhours.IncomingFile
}

// batches passes the records of a source on in batches that end when their files
// have to be put away before more are read.
type batches struct {
	next  RecordSource
	files []recordFile // of the current batch
	bytes int
	ended bool // the source has no more
}

// record returns the next record of the batch, and io.EOF after its last one.
func (b *batches) record() (offhours.Incoming, error) {
	if len(b.files) >= filesAtOnce || b.bytes >= bytesAtOnce {
		return offhours.Incoming{}, io.EOF
	}
	in, err := b.next()
	b.ended = err == io.EOF
	for _, f := range in.Files {
		b.files = append(b.files, recordFile{in.Record.ID, in.TypeName, f})
		b.bytes += len(f.Content)
	}
	return in, err
}

// takeFiles returns the files of the batch and begins the next one.
func (b *batches) takeFiles() []recordFile {
	files := b.files
	b.files, b.bytes = nil, 0
	return files
}

// filing stores files for a load: first the objects, then the rows that refer to
// them. A load that breaks off leaves objects without rows at worst, never a row
// without its object.
type filing struct {
	store     FileStore
	accountID int64
	keys      []string       // of the objects that were stored
	stored    map[string]int // files, by name of their record's type
}

func newFiling(store FileStore, accountID int64) *filing {
	return &filing{store: store, accountID: accountID, stored: make(map[string]int)}
}

// add stores files whose records are there.
func (f *filing) add(ctx context.Context, tx pgx.Tx, files []recordFile) error {
	if len(files) == 0 {
		return nil
	}
	if f.store == nil {
		return errors.New("the records have files and there is no bucket to keep them")
	}
	contents := make([][]byte, len(files))
	for i, file := range files {
		contents[i] = file.Content
		f.stored[file.typeName]++
	}
	keys, err := f.store.AddFiles(ctx, f.accountID, contents)
	if err != nil {
		return fmt.Errorf("store the files: %w", err)
	}
	f.keys = append(f.keys, keys...)
	return f.insert(ctx, tx, files, keys)
}

func (f *filing) insert(ctx context.Context, tx pgx.Tx, files []recordFile, keys []string) error {
	rows := make([][]any, len(files))
	for i, key := range keys {
		rows[i] = []any{f.accountID, key}
	}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"files"}, []string{"account_id", "key"}, pgx.CopyFromRows(rows)); err != nil {
		return fmt.Errorf("insert the files: %w", err)
	}
	for i, file := range files {
		rows[i] = []any{f.accountID, file.recordID, file.Name, keys[i], fieldOrNull(file.Field)}
	}
	columns := []string{"account_id", "record_id", "name", "file_key", "field"}
	if err := copyFileRows(ctx, tx, "attachments", columns, 1, rows); err != nil {
		return fmt.Errorf("insert the attachments: %w", err)
	}
	return nil
}

// undo removes what was stored for a load that is certain to have failed. What
// cannot be removed is named by no row and takes a little space.
func (f *filing) undo(ctx context.Context) {
	if len(f.keys) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoPatience)
	defer cancel()
	_ = f.store.Remove(ctx, f.keys...)
}

// stageFiles puts files aside until it is known which of their records are new.
func stageFiles(ctx context.Context, tx pgx.Tx, files []recordFile) error {
	rows := make([][]any, len(files))
	for i, file := range files {
		rows[i] = []any{file.recordID, file.typeName, file.Name, fieldOrNull(file.Field), file.Content}
	}
	columns := []string{"record_id", "type_name", "name", "field", "content"}
	if err := copyFileRows(ctx, tx, "incoming_files", columns, 0, rows); err != nil {
		return fmt.Errorf("copy the files: %w", err)
	}
	return nil
}

// addStaged stores the files that were put aside and are still there.
func (f *filing) addStaged(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `DECLARE staged CURSOR FOR SELECT record_id::text, type_name, name, coalesce(field, ''), content FROM incoming_files`)
	if err != nil {
		return fmt.Errorf("read the files: %w", err)
	}
	for {
		rows, err := tx.Query(ctx, fmt.Sprintf("FETCH %d FROM staged", filesAtOnce))
		if err != nil {
			return fmt.Errorf("read the files: %w", err)
		}
		files, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (file recordFile, err error) {
			err = row.Scan(&file.recordID, &file.typeName, &file.Name, &file.Field, &file.Content)
			return file, err
		})
		if err != nil {
			return fmt.Errorf("read the files: %w", err)
		}
		if len(files) == 0 {
			return nil
		}
		if err := f.add(ctx, tx, files); err != nil {
			return err
		}
	}
}

// copyFileRows copies rows that have a record's id, as text, in one column.
func copyFileRows(ctx context.Context, tx pgx.Tx, table string, columns []string, idColumn int, rows [][]any) error {
	for _, row := range rows {
		var id pgtype.UUID
		if err := id.Scan(row[idColumn]); err != nil {
			return fmt.Errorf("a record has an id that is no UUID: %w", err)
		}
		row[idColumn] = id
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
	return err
}

func fieldOrNull(field string) *string {
	if field == "" {
		return nil
	}
	return &field
}
