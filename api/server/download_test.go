package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/archive"
)

func TestFilesAreDownloadedWholeOrInRanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := call{method: "GET", path: w.ended("success") + "/files/records-0002.csv"}

	whole := w.do(file)
	require.Equal(t, http.StatusOK, whole.StatusCode)
	require.Len(t, whole.text, 102)
	require.EqualValues(t, 102, whole.ContentLength)
	for name, value := range map[string]string{
		"Content-Type":           "text/csv; charset=utf-8",
		"Content-Disposition":    "attachment; filename=records-0002.csv",
		"Etag":                   `"c2"`,
		"Accept-Ranges":          "bytes",
		"Cache-Control":          "no-store",
		"X-Content-Type-Options": "nosniff",
	} {
		require.Equal(t, value, whole.Header.Get(name), name)
	}

	part := w.do(file.with(http.Header{"Range": {"bytes=1-3"}}))
	require.Equal(t, http.StatusPartialContent, part.StatusCode)
	require.Equal(t, "bcd", part.text)
	require.Equal(t, "bytes 1-3/102", part.Header.Get("Content-Range"))
	require.Equal(t, http.StatusNotModified, w.do(file.with(http.Header{"If-None-Match": {`"c2"`}})).StatusCode)
	resumed := w.do(file.with(http.Header{"Range": {"bytes=100-"}, "If-Range": {`"other"`}}))
	require.Equal(t, http.StatusOK, resumed.StatusCode, "of another file nothing is resumed")
}

// The server's limit is over before the file is even opened: only a download that
// moves it along comes through.
func TestADownloadThatMakesProgressIsNotCutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.ended("success")
	s := httptest.NewUnstartedServer(w.handler(w.DB, unhurriedFiles{archive.New(w.bucket), t}))
	s.Config.WriteTimeout = time.Microsecond
	s.Start()
	t.Cleanup(s.Close)

	for _, file := range []string{"/files/records-0002.csv", "/report"} {
		for _, wanted := range []string{"bytes=0-", "bytes=0-2,26-27"} {
			a := w.do(call{method: "GET", path: path + file, url: s.URL, header: http.Header{"Range": {wanted}}})
			require.Equal(t, http.StatusPartialContent, a.StatusCode)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/api/v1/requests", nil)
	require.NoError(t, err)
	r.Header = bearer(w.issuer.Token(t, w.Admin.Email))
	response, err := http.DefaultClient.Do(r)
	if err == nil {
		_ = response.Body.Close()
	}
	require.Error(t, err, "everything else has its limit")
}

// unhurriedFiles are those of a bucket, read for as long as it takes.
type unhurriedFiles struct {
	*archive.Store
	t *testing.T
}

func (f unhurriedFiles) Open(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	if _, limited := ctx.Deadline(); limited {
		f.t.Error("a download has no limit of time, as a call has")
	}
	return f.Store.Open(ctx, key)
}

func TestSeveralRangesComeInOneAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.ended("success") + "/report"
	ranges := func(wanted string) answer {
		return w.do(call{method: "GET", path: path, header: http.Header{"Range": {wanted}}})
	}

	a := ranges("bytes=0-2,26-27,-4")
	require.Equal(t, http.StatusPartialContent, a.StatusCode)
	media, parameters, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.Equal(t, "multipart/byteranges", media)
	parts := multipart.NewReader(strings.NewReader(a.text), parameters["boundary"])
	for _, want := range []struct{ at, text string }{{"bytes 0-2/400", "abc"}, {"bytes 26-27/400", "ab"}, {"bytes 396-399/400", "ghij"}} {
		part, err := parts.NextPart()
		require.NoError(t, err)
		text, err := io.ReadAll(part)
		require.NoError(t, err)
		require.Equal(t, want.at, part.Header.Get("Content-Range"))
		require.Equal(t, want.text, string(text))
	}
	_, err = parts.NextPart()
	require.ErrorIs(t, err, io.EOF)

	greedy := ranges("bytes=" + strings.TrimSuffix(strings.Repeat("0-399,", 50), ","))
	require.Equal(t, http.StatusOK, greedy.StatusCode, "more than the file has is the file, once")
	require.Len(t, greedy.text, 400)
}

// A header has room for thousands of ranges, and each is another call to the bucket.
func TestTooManyRangesAreAnsweredWithTheFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.ended("success") + "/report"
	for many, status := range map[int]int{16: http.StatusPartialContent, 17: http.StatusOK, 200: http.StatusOK} {
		ranges := make([]string, many)
		for i := range ranges {
			ranges[i] = fmt.Sprintf("%d-%d", i, i)
		}
		a := w.do(call{method: "GET", path: path, header: http.Header{"Range": {"bytes=" + strings.Join(ranges, ",")}}})
		require.Equal(t, status, a.StatusCode, many)
		require.Equal(t, status == http.StatusOK, len(a.text) == 400, many)
	}
}

func TestConditionsDecideAboutADownload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := call{method: "GET", path: w.ended("success") + "/files/records-0002.csv"}
	for _, test := range []struct {
		header http.Header
		status int
	}{
		{http.Header{"If-Match": {`"c2"`}}, http.StatusOK},
		{http.Header{"If-Match": {`"old", "c2"`}}, http.StatusOK},
		{http.Header{"If-Match": {"*"}}, http.StatusOK},
		{http.Header{"If-Match": {`W/"c2"`}}, http.StatusPreconditionFailed},
		{http.Header{"If-Match": {`"old"`}}, http.StatusPreconditionFailed},
		{http.Header{"If-None-Match": {`W/"c2"`}}, http.StatusNotModified},
		{http.Header{"If-None-Match": {`"old"`}}, http.StatusOK},
		{http.Header{"Range": {"bytes=0-9"}, "If-Range": {`"c2"`}}, http.StatusPartialContent},
		{http.Header{"Range": {"bytes=0-9"}, "If-Range": {`"old"`}}, http.StatusOK},
		{http.Header{"Range": {"bytes=0-9"}, "If-Range": {"Thu, 01 Jan 2026 00:00:00 GMT"}}, http.StatusOK},
	} {
		a := w.do(file.with(test.header))
		require.Equal(t, test.status, a.StatusCode, test.header)
		if test.status == http.StatusPreconditionFailed {
			require.Contains(t, w.refused(a, test.status, offhours.CodeInvalidRequest).Detail, "If-Match")
			require.Empty(t, a.Header.Get("Content-Disposition"))
		}
	}
}

func TestADownloadThatTheBucketBreaksOffNeverLooksComplete(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.ended("success") + "/files/records-0002.csv"
	w.url = w.serveFiles(t, w.DB, brokenFiles{archive.New(w.bucket)})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+path, nil)
	require.NoError(t, err)
	r.Header = bearer(w.issuer.Token(t, w.Admin.Email))

	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)

	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Less(t, len(text), 102)
	require.Eventually(t, func() bool { return strings.Contains(w.log.String(), `"code":"internal"`) }, 5*time.Second, 5*time.Millisecond)
	require.Equal(t, 1, strings.Count(w.log.String(), "the disk is broken"))
}

// brokenFiles cannot be read beyond 10 bytes.
type brokenFiles struct{ *archive.Store }

func (f brokenFiles) Open(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	content, err := f.Store.Open(ctx, key)
	return &brokenFile{ReadSeekCloser: content, left: 10}, err
}

type brokenFile struct {
	io.ReadSeekCloser
	left int
}

func (f *brokenFile) Read(b []byte) (int, error) {
	if f.left == 0 {
		return 0, errors.New("the disk is broken")
	}
	n, err := f.ReadSeekCloser.Read(b[:min(f.left, len(b))])
	f.left -= n
	return n, err
}

func TestARangeThatAFileDoesNotHaveIsAProblem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.ended("success")
	for file, size := range map[string]string{"/files/records-0002.csv": "bytes */102", "/report": "bytes */400"} {
		for _, wanted := range []string{"bytes=400-", "bytes=500-600", "bytes=x", "lines=1-2"} {
			a := w.do(call{method: "GET", path: path + file, header: http.Header{"Range": {wanted}}})
			p := w.refused(a, http.StatusRequestedRangeNotSatisfiable, offhours.CodeInvalidRequest)
			require.Contains(t, p.Detail, "Range: must be bytes that the file has")
			require.Equal(t, size, a.Header.Get("Content-Range"), wanted)
			require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
			require.Equal(t, "nosniff", a.Header.Get("X-Content-Type-Options"))
			require.EqualValues(t, len(a.text), a.ContentLength)
			for _, name := range []string{"Content-Disposition", "Etag", "Accept-Ranges"} {
				require.Empty(t, a.Header.Get(name), name)
			}
		}
	}
	require.Equal(t, 8, strings.Count(w.log.String(), `"status":416`))
}
