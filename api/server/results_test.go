package server_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// ended arranges an export that ended, with its files in the bucket.
func (w world) ended(status string) (path string) {
	w.T.Helper()
	id := w.Queue(201, 20)
	w.Run(id, "deleting", 2, 10)
	w.End(id, status, 20)
	for key, size := range map[string]int{"csv/1": 101, "csv/2": 102, "list/1": 201, "list/2": 202, "manifest": 300, "report": 400} {
		w.put(key, size)
	}
	return "/api/v1/requests/" + id
}

// put stores the letters of the alphabet, over and over.
func (w world) put(key string, size int) {
	w.T.Helper()
	letters := bytes.Repeat([]byte("abcdefghijklmnopqrstuvwxyz"), size/26+1)
	require.NoError(w.T, w.bucket.WriteAll(w.T.Context(), key, letters[:size], nil))
}

func TestAnExportListsItsFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	a := w.get(w.ended("success") + "/files")

	require.Equal(t, http.StatusOK, a.StatusCode, a.text)
	require.Contains(t, a.text, `{"bytes":101,"kind":"csv","name":"records-0001.csv","rows":10,"sha256":"c1"}`)
	require.Contains(t, a.text, `"name":"manifest.json"`)
	require.Contains(t, a.text, `"daysLeft":30,"downloadUntil":"`)
	require.NotContains(t, a.text, "csv/1", "keys are never shown")
}

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

func TestAFailedRequestOffersWhatItDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.ended("failed")
	require.Equal(t, http.StatusOK, w.get(path+"/files/manifest.json").StatusCode)
	require.Equal(t, http.StatusOK, w.get(path+"/report").StatusCode)
}

func TestTheReportIsDownloaded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.ended("success")

	a := w.get(path + "/report")

	require.Equal(t, http.StatusOK, a.StatusCode)
	require.Len(t, a.text, 400)
	require.Equal(t, "text/csv; charset=utf-8", a.Header.Get("Content-Type"))
	id := strings.TrimPrefix(path, "/api/v1/requests/")
	require.Equal(t, "attachment; filename=report-"+id+".csv", a.Header.Get("Content-Disposition"))
}

func TestResultsThatAreNotThereSaySo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	queued := "/api/v1/requests/" + w.Queue(202, 5)
	w.refused(w.get(queued+"/files"), http.StatusConflict, offhours.CodeNotReady)
	w.refused(w.get(queued+"/files/records-0001.csv"), http.StatusConflict, offhours.CodeNotReady)
	w.refused(w.get(queued+"/report"), http.StatusConflict, offhours.CodeNotReady)

	path := w.ended("success")
	for _, name := range []string{"records-0003.csv", "csv%2f1", "..", "report"} {
		w.refused(w.get(path+"/files/"+name), http.StatusNotFound, offhours.CodeNotFound)
	}
	w.Age(strings.TrimPrefix(path, "/api/v1/requests/"), "720 hours")
	w.refused(w.get(path+"/files"), http.StatusGone, offhours.CodeExportExpired)
	w.refused(w.get(path+"/files/records-0001.csv"), http.StatusGone, offhours.CodeExportExpired)
	require.Equal(t, http.StatusOK, w.get(path+"/report").StatusCode, "the report stays")
}

func TestAFileThatIsNotWhatWasVerifiedIsNeverHandedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.ended("success")
	w.put("csv/1", 100)
	w.refused(w.get(path+"/files/records-0001.csv"), http.StatusInternalServerError, offhours.CodeInternal)
	require.NoError(t, w.bucket.Delete(t.Context(), "csv/2"))
	w.refused(w.get(path+"/files/records-0002.csv"), http.StatusNotFound, offhours.CodeNotFound)
}
