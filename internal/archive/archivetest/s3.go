// Package archivetest serves buckets to tests.
package archivetest

import (
	"encoding/xml"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// S3 is an S3-compatible store in this process.
type S3 struct {
	Endpoint string

	mu     sync.Mutex // makes looking and writing one step
	store  http.Handler
	refuse int // status of the error that answers what is written
	code   string
	damage int // so many reads of objects get a bit that is another one
}

// NewS3 serves an S3-compatible store, with one bucket, until the test ends.
func NewS3(t testing.TB, bucket string) *S3 {
	t.Helper()
	s := &S3{store: gofakes3.New(s3mem.New(), gofakes3.WithLogger(gofakes3.DiscardLog())).Server()}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.Endpoint = server.URL
	request, err := http.NewRequest(http.MethodPut, s.Endpoint+"/"+bucket, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("create the bucket: %s", answer.Status)
	}
	return s
}

// URL opens a bucket of the store with gocloud.dev/blob, without credentials.
func (s *S3) URL(bucket string) string {
	return "s3://" + bucket + "?region=us-east-1&use_path_style=true&anonymous=true&endpoint=" + url.QueryEscape(s.Endpoint)
}

// Refuse answers every write with an S3 error from now on; 0 ends it.
func (s *S3) Refuse(status int, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse, s.code = status, code
}

// Damage answers the next reads of objects with a bit flipped, beside the checksum
// of what was written.
func (s *S3) Damage(reads int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.damage = reads
}

func (s *S3) damaged() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.damage--
	return s.damage >= 0
}

// serveDamaged flips a bit in the middle of what the store answers.
func (s *S3) serveDamaged(w http.ResponseWriter, r *http.Request) {
	answer := httptest.NewRecorder()
	s.store.ServeHTTP(answer, r)
	body := answer.Body.Bytes()
	if len(body) > 0 {
		body[len(body)/2] ^= 1
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(body) // the caller may have left
}

// ServeHTTP adds what S3 does and the emulation does not: an upload in several
// parts is exclusive if its last call asks for it.
func (s *S3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && strings.Count(r.URL.Path, "/") > 1 && s.damaged() {
		s.serveDamaged(w, r)
		return
	}
	if r.Method != http.MethodPut && r.Method != http.MethodPost {
		s.store.ServeHTTP(w, r)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.refuse != 0 && strings.Count(r.URL.Path, "/") > 1:
		answerError(w, s.refuse, s.code)
	case r.Method == http.MethodPost && r.Header.Get("If-None-Match") == "*" && s.has(r.URL.Path):
		answerError(w, http.StatusPreconditionFailed, "PreconditionFailed")
	default:
		s.store.ServeHTTP(w, r)
	}
}

func (s *S3) has(path string) bool {
	look := httptest.NewRecorder()
	s.store.ServeHTTP(look, httptest.NewRequest(http.MethodHead, (&url.URL{Path: path}).String(), http.NoBody))
	return look.Code == http.StatusOK
}

func answerError(w http.ResponseWriter, status int, code string) {
	text, _ := xml.Marshal(struct { // of two strings
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: code, Message: code})
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}
