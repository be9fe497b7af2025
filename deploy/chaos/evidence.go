package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
	"github.com/offhours/offhours/internal/archive"
)

// violation is an invariant of DESIGN.md that did not hold.
type violation struct {
	invariant string
	what      string
}

// ended is a request as it ended.
type ended struct {
	id          string
	account     int
	requestType offhours.RequestType
	status      offhours.Status
	deleted     int
}

// collect downloads what every request offers, proves it with the product's own
// offline verification, and puts what it says beside what the witness saw. It
// returns what does not verify.
func (c *chaos) collect(ctx context.Context) (violations []violation, err error) {
	rows, err := c.db.Query(ctx, "SELECT id::text, account_id, request_type, status, deleted FROM requests ORDER BY created_on")
	if err != nil {
		return nil, err
	}
	requests, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e ended, err error) {
		return e, row.Scan(&e.id, &e.account, &e.requestType, &e.status, &e.deleted)
	})
	if err != nil {
		return nil, err
	}
	for _, r := range requests {
		if !r.status.Ended() {
			violations = append(violations, violation{"I10", fmt.Sprintf("request %s has not ended, it is %s", r.id, r.status)})
			continue
		}
		if r.status != offhours.StatusRevoked {
			if err := c.collectReport(ctx, r); err != nil {
				violations = append(violations, violation{"I8", fmt.Sprintf("report of request %s: %v", r.id, err)})
			}
		}
		if keeps := r.requestType == offhours.ExportAndDelete && (r.status == offhours.StatusSuccess || r.deleted > 0); keeps {
			if err := c.collectExport(ctx, r); err != nil {
				violations = append(violations, violation{"I9", fmt.Sprintf("download of request %s: %v", r.id, err)})
			}
		}
		if running, err := c.running(ctx, r); err != nil {
			return violations, err
		} else if running {
			violations = append(violations, violation{"I10", fmt.Sprintf("request %s has ended, its workflow runs", r.id)})
		}
	}
	if err := c.collectMails(ctx); err != nil {
		return violations, err
	}
	lost, err := c.checkObjects(ctx)
	return append(violations, lost...), err
}

// collectMails reads what arrived.
func (c *chaos) collectMails(ctx context.Context) error {
	files, err := filepath.Glob(filepath.Join(c.dir, "mail", "*.eml"))
	if err != nil {
		return err
	}
	var mails [][]any
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		message, err := mail.ReadMessage(bytes.NewReader(text))
		if err != nil {
			return fmt.Errorf("mail %s: %w", filepath.Base(file), err)
		}
		number, _, _ := strings.Cut(strings.TrimPrefix(message.Header.Get("Message-ID"), "<"), "@")
		notice, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return fmt.Errorf("mail %s: %w", filepath.Base(file), err)
		}
		to, err := mail.ParseAddress(message.Header.Get("To"))
		if err != nil {
			return fmt.Errorf("mail %s: %w", filepath.Base(file), err)
		}
		mails = append(mails, []any{notice, to.Address})
	}
	_, err = c.db.CopyFrom(ctx, pgx.Identifier{"chaos", "mails"}, []string{"notice_id", "recipient"}, pgx.CopyFromRows(mails))
	return err
}

// collectReport reads the report of a request.
func (c *chaos) collectReport(ctx context.Context, r ended) error {
	in, out := io.Pipe()
	go func() {
		out.CloseWithError(c.admins[r.account].Download(ctx, "/requests/"+r.id+"/report", out))
	}()
	defer in.Close()
	var lines [][]any
	for line, err := range archive.ReadReport(in) {
		if err != nil {
			return err
		}
		lines = append(lines, []any{uuidOf(&r.id), uuidOf(line.ID), string(line.Outcome), line.File})
	}
	_, err := c.db.CopyFrom(ctx, pgx.Identifier{"chaos", "reported"}, []string{"request_id", "id", "outcome", "file"}, pgx.CopyFromRows(lines))
	return err
}

// collectExport downloads an export, opens it offline, and restores its records.
func (c *chaos) collectExport(ctx context.Context, r ended) error {
	dir := filepath.Join(c.dir, "downloads", r.id)
	if err := c.downloadExport(ctx, r, dir); err != nil {
		return err
	}
	defer os.RemoveAll(dir) // what it said is in the database
	export, err := archive.OpenExport(dir)
	if err != nil {
		return err
	}
	if export.Manifest.Request.ID != r.id || export.Manifest.Request.AccountID != int64(r.account) {
		return errors.New("the manifest is of another request")
	}
	var records, attachments [][]any
	for record, err := range export.Records() {
		if err != nil {
			return err
		}
		records = append(records, restoredRow(r, record, export.Manifest.Request.ActivityType))
		for _, a := range record.Attachments {
			attachments = append(attachments, []any{uuidOf(&r.id), a.SHA256, r.account, uuidOf(&record.ID), uuidOf(&a.ID), a.Name, a.Key, a.Field})
		}
	}
	_, err = c.db.CopyFrom(ctx, pgx.Identifier{"chaos", "restored"}, restoredColumns, pgx.CopyFromRows(records))
	if err != nil {
		return err
	}
	_, err = c.db.CopyFrom(ctx, pgx.Identifier{"chaos", "restored_attachments"},
		[]string{"request_id", "sha256", "account_id", "record_id", "id", "name", "file_key", "field"}, pgx.CopyFromRows(attachments))
	return err
}

func (c *chaos) downloadExport(ctx context.Context, r ended, dir string) error {
	var listing struct {
		Items []offhours.ManifestFile `json:"items"`
	}
	if _, err := c.admins[r.account].Call(ctx, http.MethodGet, "/requests/"+r.id+"/files", "", nil, &listing); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, file := range listing.Items {
		if !filepath.IsLocal(file.Name) {
			return fmt.Errorf("the listing has a file named %q", file.Name)
		}
		f, err := os.Create(filepath.Join(dir, file.Name))
		if err != nil {
			return err
		}
		sum := sha256.New()
		err = c.admins[r.account].Download(ctx, "/requests/"+r.id+"/files/"+url.PathEscape(file.Name), io.MultiWriter(f, sum))
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		if got := hex.EncodeToString(sum.Sum(nil)); got != file.SHA256 {
			return fmt.Errorf("%s has the sum %s, the listing says %s", file.Name, got, file.SHA256)
		}
	}
	return nil
}

var restoredColumns = []string{
	"request_id", "file", "account_id", "id", "type_code", "external_key", "prospect_id", "status", "owner", "note",
	"created_on", "created_by", "created_by_name", "created_by_email",
	"modified_on", "modified_by", "modified_by_name", "modified_by_email", "fields",
}

func restoredRow(r ended, record archive.Exported, code int) []any {
	return []any{
		uuidOf(&r.id), record.File, r.account, uuidOf(&record.ID), code, record.ExternalKey, uuidOf(record.ProspectID), record.Status, record.Owner, record.Note,
		record.CreatedOn, uuidOf(record.CreatedBy.ID), record.CreatedBy.Name, record.CreatedBy.Email,
		record.ModifiedOn, uuidOf(record.ModifiedBy.ID), record.ModifiedBy.Name, record.ModifiedBy.Email, []byte(record.Fields),
	}
}

// uuidOf is NULL for what is no UUID, which then differs from what was deleted.
func uuidOf(text *string) (id pgtype.UUID) {
	if text != nil {
		_ = id.Scan(*text)
	}
	return id
}

// running reports whether a workflow of an ended request still runs. One that
// was deleted is not found.
func (c *chaos) running(ctx context.Context, r ended) (bool, error) {
	const patience = 30 * time.Second // the last step of a workflow follows the end of its request
	running := true
	err := rig.Poll(ctx, "Temporal", patience, nil, func(context.Context) (bool, error) {
		described, err := c.temporal.DescribeWorkflowExecution(ctx, fmt.Sprintf("bulk/%d/%s", r.account, r.id), "")
		var gone *serviceerror.NotFound
		switch {
		case errors.As(err, &gone):
			running = false
		case err == nil:
			running = described.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
		}
		return !running, nil
	})
	if running && ctx.Err() == nil {
		return true, nil
	}
	return running, err
}

// checkObjects reads every object that an attachment still refers to, and looks for
// those that are said to be removed.
func (c *chaos) checkObjects(ctx context.Context) (violations []violation, err error) {
	rows, err := c.db.Query(ctx, "SELECT DISTINCT a.file_key, coalesce(o.sha256, '') FROM attachments a LEFT JOIN chaos.objects o ON o.key = a.file_key")
	if err != nil {
		return nil, err
	}
	type object struct{ key, sum string }
	objects, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (o object, err error) { return o, row.Scan(&o.key, &o.sum) })
	if err != nil {
		return nil, err
	}
	for _, o := range objects {
		content, err := c.read(ctx, o.key)
		sum := sha256.Sum256(content)
		if err != nil || o.sum != "" && hex.EncodeToString(sum[:]) != o.sum {
			violations = append(violations, violation{"I4", fmt.Sprintf("object %s of an attachment that is there has other bytes, or none: %v", o.key, err)})
		}
	}
	left, err := c.objectsLeft(ctx)
	return append(violations, left...), err
}

// objectsLeft looks for objects that a request says it has removed.
func (c *chaos) objectsLeft(ctx context.Context) (violations []violation, err error) {
	rows, err := c.db.Query(ctx, "SELECT file_key, request_id::text FROM tombstones WHERE state = 'removed'")
	if err != nil {
		return nil, err
	}
	type object struct{ key, request string }
	removed, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (o object, err error) { return o, row.Scan(&o.key, &o.request) })
	for _, o := range removed {
		_, err := c.read(ctx, o.key)
		if !offhours.Is(err, offhours.CodeNotFound) {
			violations = append(violations, violation{"I4", fmt.Sprintf("object %s is there, and request %s says that it was removed (%v)", o.key, o.request, err)})
		}
	}
	return violations, err
}
