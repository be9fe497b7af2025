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
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"gocloud.dev/blob"

	"github.com/offhours/offhours/internal/archive"
)

// files is what the demo knows of the files of records before anything happens.
type files struct {
	copies string // folder with the bytes of each, under the end of its key

	shared   attachedFile // another record has it too
	lost     attachedFile // its object is missing
	replaced attachedFile // its object is replaced after it was exported
}

// deletedIDs are the records that the reports of both requests call deleted.
const deletedIDs = "(SELECT id FROM demo.reported WHERE request IN ('export', 'delete') AND outcome = 'deleted' AND id IS NOT NULL)"

// rebuiltFiles are attachments that were restored from the downloaded files alone.
type rebuiltFiles struct {
	rows          [][]any
	same, missing int // with the bytes of the copy; without any, because they were lost before
}

// checkFiles rebuilds the attachments of what the export deleted, rows and bytes,
// and compares them with the copies.
func (d *demo) checkFiles(ctx context.Context) error {
	export, err := archive.OpenExport(d.downloads)
	if err != nil {
		return err
	}
	rebuilt, err := d.rebuildFiles(ctx, export)
	if err != nil {
		return err
	}
	diff, err := d.compareAttachments(ctx, rebuilt.rows)
	if err != nil {
		return err
	}
	attachments := len(rebuilt.rows)
	d.say("Rebuilt", "%d attachments from the downloaded files, %d of them byte for byte; against the copy: %s", attachments, rebuilt.same, diff)
	d.results.equal("attachments rebuilt and copied before, EXCEPT ALL both ways", difference{}, diff)
	d.results.equal("attachments with the bytes of the copy", attachments-1, rebuilt.same)
	d.results.equal("attachments whose bytes were lost before", "1, in the manifest 1",
		fmt.Sprintf("%d, in the manifest %d", rebuilt.missing, export.Manifest.MissingAttachments))
	return nil
}

func (d *demo) rebuildFiles(ctx context.Context, export *archive.Export) (all rebuiltFiles, err error) {
	deleted, err := d.deletedFiles(ctx)
	if err != nil {
		return all, err
	}
	for record, err := range export.Records() {
		if err != nil {
			return all, err
		}
		if deleted[record.ID] != record.File {
			continue
		}
		for _, a := range record.Attachments {
			row, err := attachmentRow(export.Manifest.Request.AccountID, record.ID, a)
			if err != nil {
				return all, err
			}
			all.rows = append(all.rows, row)
			switch same, err := d.sameBytes(a); {
			case err != nil:
				return all, err
			case a.Missing:
				all.missing++
			case same:
				all.same++
			}
		}
	}
	return all, nil
}

func attachmentRow(account int64, recordID string, a archive.ExportedAttachment) ([]any, error) {
	var record, id pgtype.UUID
	if err := errors.Join(record.Scan(recordID), id.Scan(a.ID)); err != nil {
		return nil, fmt.Errorf("an id of an attachment is no UUID: %w", err)
	}
	return []any{account, record, id, a.Name, a.Key, a.Field}, nil
}

// sameBytes compares a restored file with the copy that was taken before.
func (d *demo) sameBytes(a archive.ExportedAttachment) (bool, error) {
	if a.Missing {
		return false, nil
	}
	restored, err := os.ReadFile(a.Path)
	if err != nil {
		return false, err
	}
	copied, err := os.ReadFile(filepath.Join(d.files.copies, path.Base(a.Key)))
	if err != nil {
		return false, err
	}
	return bytes.Equal(restored, copied), nil
}

// compareAttachments compares rebuilt rows with the copies of those whose records
// the export deleted.
func (d *demo) compareAttachments(ctx context.Context, rows [][]any) (diff difference, err error) {
	if err := d.exec(ctx, "CREATE TABLE demo.attachments_rebuilt (LIKE demo.attachments)"); err != nil {
		return diff, err
	}
	columns := []string{"account_id", "record_id", "id", "name", "file_key", "field"}
	if _, err := d.conn.CopyFrom(ctx, pgx.Identifier{"demo", "attachments_rebuilt"}, columns, pgx.CopyFromRows(rows)); err != nil {
		return diff, fmt.Errorf("copy the rebuilt attachments: %w", err)
	}
	return d.compareTables(ctx, "demo.attachments",
		"SELECT * FROM demo.attachments WHERE record_id IN (SELECT id FROM demo.reported WHERE request = 'export' AND outcome = 'deleted')",
		"SELECT * FROM demo.attachments_rebuilt")
}

// checkObjects compares what is left of files, in the database and in the bucket,
// with what must be: nothing of what was deleted, but all that anything else
// refers to.
func (d *demo) checkObjects(ctx context.Context) error {
	diff, err := d.compareTables(ctx, "demo.attachments",
		"SELECT * FROM demo.attachments WHERE record_id NOT IN "+deletedIDs,
		fmt.Sprintf("SELECT * FROM public.attachments WHERE account_id = %d AND file_key <> '%s'", accountID, d.edit.late.key))
	if err != nil {
		return err
	}
	d.results.equal("all attachments that were not to go", difference{}, diff)
	expected, err := d.keys(ctx, "SELECT DISTINCT file_key FROM demo.attachments WHERE record_id NOT IN "+deletedIDs)
	if err != nil {
		return err
	}
	before, err := d.keys(ctx, "SELECT DISTINCT file_key FROM demo.attachments")
	if err != nil {
		return err
	}
	expected = append(expected, d.edit.late.key)
	slices.Sort(expected)
	withReplaced := append(slices.Clone(expected), d.files.replaced.key)
	slices.Sort(withReplaced)
	rows, err := d.keys(ctx, "SELECT key FROM public.files WHERE account_id = $1 ORDER BY key COLLATE \"C\"", accountID)
	if err != nil {
		return err
	}
	objects, err := d.objects(ctx)
	if err != nil {
		return err
	}
	d.say("Files", "%d objects were deleted from the bucket, %d are left", len(before)-len(withReplaced), len(objects))
	d.results.holds("files that are left, in the database", fmt.Sprintf("exactly %d", len(expected)), len(rows), slices.Equal(expected, rows))
	d.results.holds("objects that are left, in the bucket", fmt.Sprintf("exactly %d", len(withReplaced)), len(objects), slices.Equal(withReplaced, objects))
	d.results.equal("the shared one is among them", true, slices.Contains(objects, d.files.shared.key))
	return d.checkReasons(ctx)
}

// withBucket opens the bucket past the product.
func (d *demo) withBucket(ctx context.Context, use func(*blob.Bucket) error) error {
	bucket, err := blob.OpenBucket(ctx, d.stack.Env["OFFHOURS_BUCKET_URL"])
	if err != nil {
		return fmt.Errorf("open the bucket: %w", err)
	}
	defer bucket.Close()
	return use(bucket)
}

// replaceObject puts other bytes in the place of a file that was exported.
func (d *demo) replaceObject(ctx context.Context) error {
	return d.withBucket(ctx, func(bucket *blob.Bucket) error {
		if err := bucket.WriteAll(ctx, d.files.replaced.key, []byte("put here after the export"), nil); err != nil {
			return fmt.Errorf("replace a file: %w", err)
		}
		return nil
	})
}

// objects lists the bucket's files of the account.
func (d *demo) objects(ctx context.Context) (keys []string, err error) {
	err = d.withBucket(ctx, func(bucket *blob.Bucket) error {
		for list := bucket.List(&blob.ListOptions{Prefix: archive.FilesPrefix(accountID)}); ; {
			object, err := list.Next(ctx)
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return fmt.Errorf("list the bucket: %w", err)
			}
			keys = append(keys, object.Key)
		}
	})
	slices.Sort(keys)
	return keys, err
}

// checkReasons checks that the report speaks of what became of single files.
func (d *demo) checkReasons(ctx context.Context) error {
	for _, c := range []struct{ step, id, want string }{
		{"report: record with a shared file", d.files.shared.recordID, "another record refers"},
		{"report: record with a lost file", d.files.lost.recordID, "missing"},
		{"report: record with a replaced file", d.files.replaced.recordID, "replaced"},
	} {
		outcome, reason, err := d.reported(ctx, c.id)
		if err != nil {
			return err
		}
		d.results.holds(c.step, "deleted, …"+c.want+"…", outcome+", "+reason, outcome == "deleted" && strings.Contains(reason, c.want))
	}
	return nil
}
