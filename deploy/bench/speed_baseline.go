package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
)

// ours selects what the requests of the product select.
const ours = "account_id = 1 AND type_code = (SELECT code FROM record_types WHERE account_id = 1) AND modified_on < now() - interval '30 days'"

// oursOfR selects the same where records are called r.
const oursOfR = "r.account_id = 1 AND r.type_code = (SELECT code FROM record_types WHERE account_id = 1) AND r.modified_on < now() - interval '30 days'"

// The statements that delete attachments and what refers to their objects, before
// and after the records: their foreign key wants it so.
const (
	deleteAttachments = "DELETE FROM attachments a USING records r WHERE a.account_id = r.account_id AND a.record_id = r.id AND " + oursOfR
	deleteRecords     = "DELETE FROM records WHERE " + ours
	deleteFiles       = "DELETE FROM files f WHERE account_id = 1 AND NOT EXISTS (SELECT FROM attachments a WHERE a.account_id = f.account_id AND a.file_key = f.key)"
)

// psqlCopyAndDelete is what an operator types: COPY to a file of the client, and
// one DELETE. With attachments there are two of each, and cp and rm for objects.
func (b *bench) psqlCopyAndDelete(ctx context.Context, c cell, m *measurement) error {
	dir, err := b.downloads()
	if err != nil {
		return err
	}
	return b.timed(ctx, c, m, func() error {
		if err := b.psql(ctx, filepath.Join(dir, "records.csv"), "COPY (SELECT * FROM records WHERE "+ours+") TO STDOUT (FORMAT csv, HEADER)"); err != nil {
			return err
		}
		if c.Files {
			err := b.psql(ctx, filepath.Join(dir, "attachments.csv"), "COPY (SELECT a.* FROM attachments a JOIN records r ON r.account_id = a.account_id AND r.id = a.record_id WHERE "+oursOfR+") TO STDOUT (FORMAT csv, HEADER)")
			if err != nil {
				return err
			}
			if err := b.copyObjects(ctx, dir); err != nil {
				return err
			}
			if err := b.psql(ctx, os.DevNull, deleteAttachments); err != nil {
				return err
			}
		}
		if err := b.psql(ctx, os.DevNull, deleteRecords); err != nil || !c.Files {
			return err
		}
		if err := b.psql(ctx, os.DevNull, deleteFiles); err != nil {
			return err
		}
		return b.removeObjects()
	}, dir)
}

// oneDelete is the DELETE alone, of records that nobody wants to see again.
func (b *bench) oneDelete(ctx context.Context, c cell, m *measurement) error {
	return b.timed(ctx, c, m, func() error {
		if c.Files {
			if err := b.psql(ctx, os.DevNull, deleteAttachments); err != nil {
				return err
			}
		}
		if err := b.psql(ctx, os.DevNull, deleteRecords); err != nil || !c.Files {
			return err
		}
		return b.psql(ctx, os.DevNull, deleteFiles)
	}, "")
}

// timed measures what a baseline does, with the bytes of the CSV files that it
// leaves in a folder ("": none).
func (b *bench) timed(ctx context.Context, c cell, m *measurement, do func() error, dir string) error {
	wal, err := b.stack.walCounter(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := do(); err != nil {
		return err
	}
	m.Seconds = time.Since(began).Seconds()
	if m.WAL, err = wal(ctx); err != nil || dir == "" {
		return err
	}
	info, err := os.Stat(filepath.Join(dir, "records.csv"))
	if err != nil {
		return err
	}
	m.Bytes = info.Size()
	return nil
}

// downloads is an empty folder for what a baseline exports.
func (b *bench) downloads() (string, error) {
	dir := filepath.Join(b.dir, "downloads")
	return dir, errors.Join(os.RemoveAll(dir), os.MkdirAll(filepath.Join(dir, "objects"), 0o755))
}

// psql runs one command as an operator would, with what it prints in a file.
func (b *bench) psql(ctx context.Context, to, command string) error {
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname", b.stack.address(database), "--command", command)
	cmd.Stdout, cmd.Stderr = f, b.out
	return errors.Join(cmd.Run(), f.Close())
}

// copyObjects copies the account's objects, as cp does.
func (b *bench) copyObjects(ctx context.Context, dir string) error {
	conn, err := b.stack.connect(ctx, database)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows, err := conn.Query(ctx, "SELECT key FROM files WHERE account_id = 1")
	if err != nil {
		return err
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := copyFile(filepath.Join(b.stack.bucket(), key), filepath.Join(dir, "objects", filepath.Base(key))); err != nil {
			return err
		}
	}
	b.objects = keys
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// removeObjects removes what copyObjects has copied, as rm does.
func (b *bench) removeObjects() error {
	for _, key := range b.objects {
		if err := os.Remove(filepath.Join(b.stack.bucket(), key)); err != nil {
			return err
		}
	}
	return nil
}

// loopLimit is the LIMIT of the loop that people write.
const loopLimit = 1000

// selectAndDelete is what people usually write in Go: read a page, write it with
// csv.Writer, delete its ids, until nothing is left.
func (b *bench) selectAndDelete(ctx context.Context, c cell, m *measurement) error {
	dir, err := b.downloads()
	if err != nil {
		return err
	}
	return b.timed(ctx, c, m, func() error {
		conn, err := b.stack.connect(ctx, database)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
		f, err := os.Create(filepath.Join(dir, "records.csv"))
		if err != nil {
			return err
		}
		if c.Files {
			if err := b.copyObjects(ctx, dir); err != nil {
				return err
			}
		}
		w := csv.NewWriter(f)
		for {
			ids, err := page(ctx, conn, w)
			if err != nil {
				return err
			}
			if len(ids) == 0 {
				break
			}
			for _, statement := range []string{"DELETE FROM attachments WHERE account_id = 1 AND record_id = ANY($1)", "DELETE FROM records WHERE account_id = 1 AND id = ANY($1)"} {
				if _, err := conn.Exec(ctx, statement, ids); err != nil {
					return err
				}
			}
		}
		w.Flush()
		if err := errors.Join(w.Error(), f.Close()); err != nil || !c.Files {
			return err
		}
		if _, err := conn.Exec(ctx, deleteFiles); err != nil {
			return err
		}
		return b.removeObjects()
	}, dir)
}

// page writes the next records, and returns their ids.
func page(ctx context.Context, conn *pgx.Conn, w *csv.Writer) (ids [][16]byte, err error) {
	rows, err := conn.Query(ctx, "SELECT * FROM records WHERE "+ours+" ORDER BY modified_on, id LIMIT $1", loopLimit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	id := -1
	for i, column := range rows.FieldDescriptions() {
		if column.Name == "id" {
			id = i
		}
	}
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return nil, err
		}
		fields := make([]string, len(values))
		for i, value := range values {
			if value != nil {
				fields[i] = fmt.Sprint(value)
			}
		}
		if err := w.Write(fields); err != nil {
			return nil, err
		}
		ids = append(ids, values[id].([16]byte))
	}
	return ids, rows.Err()
}
