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

func TestAttachmentsAreListedAndNeverShownByABrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.ended("success")
	w.Exec(`INSERT INTO copies (request_id, part, number, record_id, attachment_id, version, name, source_key, source_etag, bytes, file, key, sha256)
		SELECT request_id, part, 1, gen_random_uuid(), gen_random_uuid(), '7', 'a.csv', 'files/1/x', 'etag', 3, 'attachment-0001-00001.csv', 'copy', 'a1' FROM parts WHERE part = 1`)
	w.put("copy", 3)

	require.Contains(t, w.get(path+"/files").text, `{"bytes":3,"kind":"attachment","name":"attachment-0001-00001.csv","rows":0,"sha256":"a1"}`)
	a := w.get(path + "/files/attachment-0001-00001.csv")

	require.Equal(t, "abc", a.text)
	for name, value := range map[string]string{
		"Content-Type":           "application/octet-stream",
		"Content-Disposition":    "attachment; filename=attachment-0001-00001.csv",
		"X-Content-Type-Options": "nosniff",
	} {
		require.Equal(t, value, a.Header.Get(name), name)
	}
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
