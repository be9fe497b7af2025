package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/api/openapi"
)

// ListFiles lists the files of an export.
func (a api) ListFiles(ctx context.Context, r openapi.ListFilesRequestObject) (openapi.ListFilesResponseObject, error) {
	files, request, err := a.Store.Files(ctx, mustCaller(ctx).account.ID, r.Id)
	if err != nil {
		return nil, err
	}
	items := make([]openapi.File, 0, len(files))
	for _, f := range files {
		items = append(items, openapi.File{Name: f.Name, Kind: f.Kind, Rows: f.Rows, Bytes: f.Bytes, Sha256: f.SHA256})
	}
	return openapi.ListFiles200JSONResponse{
		Items:         items,
		DownloadUntil: or(request.DownloadUntil, time.Time{}),
		DaysLeft:      or(request.DaysLeft, 0),
	}, nil
}

// DownloadFile streams one file of an export.
func (a api) DownloadFile(ctx context.Context, r openapi.DownloadFileRequestObject) (openapi.DownloadFileResponseObject, error) {
	file, err := a.Store.File(ctx, mustCaller(ctx).account.ID, r.Id, r.Name)
	if err != nil {
		return nil, err
	}
	return a.download(ctx, file)
}

// DownloadReport streams the report.
func (a api) DownloadReport(ctx context.Context, r openapi.DownloadReportRequestObject) (openapi.DownloadReportResponseObject, error) {
	report, _, err := a.Store.Report(ctx, mustCaller(ctx).account.ID, r.Id)
	if err != nil {
		return nil, err
	}
	return a.download(ctx, report)
}

// download is the answer that streams a file, whole or in ranges.
type download struct {
	request *http.Request
	file    offhours.StoredFile
	content io.ReadSeekCloser
}

// download opens a file. One that is not as long as what was verified is never
// handed out: it could pass for the only copy.
func (a api) download(ctx context.Context, file offhours.StoredFile) (*download, error) {
	content, err := a.Files.Open(ctx, file.Key)
	if err != nil {
		return nil, err
	}
	size, err := content.Seek(0, io.SeekEnd)
	if err == nil && size != file.Bytes {
		err = fmt.Errorf("%s has %d bytes in the archive, not the %d that were verified", file.Key, size, file.Bytes)
	}
	if err != nil {
		_ = content.Close()
		return nil, err
	}
	c, _ := ctx.(*gin.Context) // what the generated code passes
	return &download{request: fewRanges(asSent(c.Request)), file: file, content: content}, nil
}

// maxRanges are answered at once. Each opens the file anew in an S3 bucket, and
// a header has room for thousands.
const maxRanges = 16

// fewRanges is the request without its ranges if they are too many: the whole
// file is the answer then, as RFC 9110 allows.
func fewRanges(r *http.Request) *http.Request {
	if strings.Count(r.Header.Get("Range"), ",") >= maxRanges {
		r.Header = r.Header.Clone()
		r.Header.Del("Range")
	}
	return r
}

// VisitDownloadFileResponse writes the file.
func (d *download) VisitDownloadFileResponse(w http.ResponseWriter) error { return d.serve(w) }

// VisitDownloadReportResponse writes the report.
func (d *download) VisitDownloadReportResponse(w http.ResponseWriter) error { return d.serve(w) }

// serve writes the file, or nothing at all if it is refused. An error of the
// archive breaks the file off, which its length tells the client.
func (d *download) serve(w http.ResponseWriter) error {
	content := &patient{content: d.content, connection: http.NewResponseController(w)}
	defer func() { _ = content.end() }()
	header, before := w.Header(), w.Header().Clone()
	header.Set("Content-Type", contentType(d.file))
	header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.file.Name}))
	header.Set("ETag", `"`+d.file.SHA256+`"`)
	watched := &refusalWatch{ResponseWriter: w}
	http.ServeContent(watched, d.request, "", time.Time{}, content)
	if watched.refused == nil {
		return content.end()
	}
	clear(header) // of what belongs to the file
	maps.Copy(header, before)
	if watched.refused == errBadRange {
		header.Set("Content-Range", fmt.Sprintf("bytes */%d", d.file.Bytes))
	}
	return watched.refused
}

// refusalWatch keeps the answer away that net/http refuses a range or a condition
// with, so that a problem can be told instead.
type refusalWatch struct {
	http.ResponseWriter
	refused error
}

// WriteHeader implements [http.ResponseWriter].
func (w *refusalWatch) WriteHeader(status int) {
	switch status {
	case http.StatusRequestedRangeNotSatisfiable:
		w.refused = errBadRange
	case http.StatusPreconditionFailed:
		w.refused = errAnotherFile
	default:
		w.ResponseWriter.WriteHeader(status)
	}
}

// Write implements [http.ResponseWriter].
func (w *refusalWatch) Write(b []byte) (int, error) {
	if w.refused != nil {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// contentType says what a file of ours is. An attachment is somebody's upload, and
// no browser is told what to do with it, whatever its name says.
func contentType(file offhours.StoredFile) string {
	switch {
	case file.Kind == offhours.FileAttachment:
		return "application/octet-stream"
	case path.Ext(file.Name) == ".csv":
		return "text/csv; charset=utf-8"
	case path.Ext(file.Name) == ".json":
		return "application/json"
	}
	return "application/octet-stream"
}

// stall is how long a client may take for what was last read for it.
const stall = time.Minute

// patient moves the deadline of a connection along as it makes progress, so
// that a long download is not cut off and a dead one is.
//
// net/http reads several ranges in a goroutine of its own, which goes on when the
// client has gone. Once the file has ended it is told so: by then the connection
// may serve another call.
type patient struct {
	connection *http.ResponseController

	mu      sync.Mutex
	content io.ReadSeekCloser
	ended   bool
	failed  error // of the archive
}

// Read implements [io.Reader].
func (p *patient) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return 0, net.ErrClosed
	}
	_ = p.connection.SetWriteDeadline(time.Now().Add(stall)) // not every writer has deadlines
	n, err := p.content.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		p.failed = err
	}
	return n, err
}

// Seek implements [io.Seeker].
func (p *patient) Seek(offset int64, whence int) (int64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return 0, net.ErrClosed
	}
	return p.content.Seek(offset, whence)
}

// end waits for the read under way, if any, closes the file and returns the error
// of the archive that broke it off. It may be called again.
func (p *patient) end() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		p.ended = true
		_ = p.content.Close()
	}
	return p.failed
}
