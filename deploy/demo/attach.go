package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	_ "gocloud.dev/blob/fileblob"

	"github.com/offhours/offhours/internal/archive"
)

// attachment is a file that the demo attaches to a record.
type attachment struct{ recordID, name, key string }

// attachedFile is a file of a record to which something happens.
type attachedFile struct{ recordID, key string }

// chosenRecord is a record that a request selects.
type chosenRecord struct {
	ID         string
	ModifiedOn time.Time
}

// leastOlder is how many older records a request has to select, for all that
// happens to them: five with files come before the middle.
const leastOlder = 8

// chosenRecords returns what a request selects, in the order of its parts.
func (d *demo) chosenRecords(ctx context.Context, p *plan) ([]chosenRecord, error) {
	rows, err := d.conn.Query(ctx, `SELECT b.id::text, b.modified_on FROM demo.before b JOIN demo.chosen c ON c.id = b.id AND c.request = $1
		ORDER BY b.modified_on, b.id`, p.name)
	if err != nil {
		return nil, fmt.Errorf("read what %s selects: %w", p.label(), err)
	}
	chosen, err := pgx.CollectRows(rows, pgx.RowToStructByPos[chosenRecord])
	if err != nil {
		return nil, fmt.Errorf("read what %s selects: %w", p.label(), err)
	}
	if p.older < leastOlder {
		return nil, fmt.Errorf("%s of %q selects %d older records; the demo needs %d", p.label(), p.typeName, p.older, leastOlder)
	}
	return chosen, nil
}

// largeFile is larger than any buffer on its way.
const largeFile = 8 << 20

// attach gives some records files, as users of the CRM do: beside those that the
// import has made, there are names that no file system would take, two of the
// same name, an empty one, a large one, one that two records share, one whose
// object is lost, and one whose object will be replaced.
func (d *demo) attach(ctx context.Context) error {
	exported, err := d.chosenRecords(ctx, &d.export)
	if err != nil {
		return err
	}
	deleted, err := d.chosenRecords(ctx, &d.delete)
	if err != nil {
		return err
	}
	var staying string
	err = d.conn.QueryRow(ctx, "SELECT id::text FROM demo.before WHERE type_code = $1 AND id NOT IN (SELECT id FROM demo.chosen) ORDER BY id LIMIT 1",
		d.export.draft.ActivityType).Scan(&staying)
	if err != nil {
		return fmt.Errorf("find a record that stays: %w", err)
	}
	contents := [][]byte{
		[]byte("first"), []byte("second"), {}, []byte("not a password\r\n\x00\xff"), bytes.Repeat([]byte("large file\n"), largeFile/11),
		[]byte("shared"), []byte("lost"), []byte("of the edited record"), []byte("of a Delete Only record"), []byte("late"),
	}
	keys, err := d.bucket.AddFiles(ctx, accountID, contents)
	if err != nil {
		return fmt.Errorf("store files: %w", err)
	}
	middle := exported[d.export.middle()].ID
	d.files.replaced, d.files.shared = attachedFile{exported[1].ID, keys[3]}, attachedFile{exported[3].ID, keys[5]}
	d.files.lost, d.edit.late = attachedFile{exported[4].ID, keys[6]}, attachedFile{exported[d.export.middle()+1].ID, keys[9]}
	err = insertAttachments(ctx, d.conn, []attachment{
		{exported[0].ID, "contract, signed.pdf", keys[0]}, {exported[0].ID, "contract, signed.pdf", keys[1]}, {exported[0].ID, "nothing.txt", keys[2]},
		{exported[1].ID, "../../etc/passwd", keys[3]}, {exported[2].ID, "領収書 \"2\"\n=1+1.PDF", keys[4]},
		{exported[3].ID, "shared.png", keys[5]}, {staying, "shared.png", keys[5]},
		{exported[4].ID, "lost.pdf", keys[6]}, {middle, "kept.txt", keys[7]}, {deleted[0].ID, "draft.txt", keys[8]},
	})
	if err != nil {
		return err
	}
	if err := d.bucket.Remove(ctx, d.files.lost.key); err != nil {
		return fmt.Errorf("lose a file: %w", err)
	}
	return d.copyFiles(ctx)
}

// session is a connection or a transaction.
type session interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// insertAttachments attaches files whose objects are there.
func insertAttachments(ctx context.Context, to session, all []attachment) error {
	for _, a := range all {
		_, err := to.Exec(ctx, `
WITH file AS (INSERT INTO public.files (account_id, key) VALUES ($1, $2) ON CONFLICT DO NOTHING)
INSERT INTO public.attachments (account_id, record_id, name, file_key) VALUES ($1, $3::text::uuid, $4, $2)`, accountID, a.key, a.recordID, a.name)
		if err != nil {
			return fmt.Errorf("attach a file: %w", err)
		}
	}
	return nil
}

// copyFiles copies every attachment, row and bytes, before anything happens.
func (d *demo) copyFiles(ctx context.Context) error {
	err := d.exec(ctx,
		fmt.Sprintf("CREATE TABLE demo.attachments AS SELECT * FROM public.attachments WHERE account_id = %d", accountID),
		"ALTER TABLE demo.attachments ADD PRIMARY KEY (record_id, id)")
	if err != nil {
		return err
	}
	d.files.copies = filepath.Join(d.scratch, "copies")
	if err := os.Mkdir(d.files.copies, 0o755); err != nil {
		return fmt.Errorf("make a folder for copies: %w", err)
	}
	keys, err := d.keys(ctx, "SELECT DISTINCT file_key FROM demo.attachments WHERE file_key <> $1", d.files.lost.key)
	if err != nil {
		return err
	}
	var bytes int64
	for _, key := range keys {
		n, err := copyObject(ctx, d.bucket, key, filepath.Join(d.files.copies, path.Base(key)))
		if err != nil {
			return fmt.Errorf("copy a file: %w", err)
		}
		bytes += n
	}
	d.say("Files", "%d attached to records, %.1f MiB, and a copy of them; one is shared, one is lost", len(keys)+1, float64(bytes)/(1<<20))
	return nil
}

func copyObject(ctx context.Context, bucket *archive.Store, key, to string) (int64, error) {
	from, err := bucket.Open(ctx, key)
	if err != nil {
		return 0, err
	}
	defer from.Close()
	f, err := os.Create(to)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(f, from)
	return n, errors.Join(err, f.Close())
}

// keys returns the file keys that a query finds.
func (d *demo) keys(ctx context.Context, sql string, args ...any) ([]string, error) {
	rows, err := d.conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read the keys of files: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
