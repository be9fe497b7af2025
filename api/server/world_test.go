package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/api/auth"
	"github.com/offhours/offhours/api/auth/authtest"
	"github.com/offhours/offhours/api/server"
	"github.com/offhours/offhours/internal/archive"
	"github.com/offhours/offhours/internal/metrics"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

// world is an API over real HTTP, PostgreSQL, tokens and blobs.
type world struct {
	postgrestest.World
	issuer    *authtest.Issuer
	workflows *workflows
	bucket    *blob.Bucket
	url       string
	log       *log
	limits    server.Limits // of the next serve; none at first
}

func newWorld(t *testing.T) world {
	t.Helper()
	w := world{World: postgrestest.NewWorld(t), issuer: authtest.New(t), bucket: memblob.OpenBucket(nil), log: &log{}}
	t.Cleanup(func() { _ = w.bucket.Close() })
	w.workflows = &workflows{world: w.World}
	w.url = w.serve(t, w.DB)
	return w
}

// serve serves the API over a store, which may be broken.
func (w world) serve(t *testing.T, store server.Store) string {
	t.Helper()
	return w.serveFiles(t, store, archive.New(w.bucket))
}

// serveFiles serves the API over a store and files, which may be broken.
func (w world) serveFiles(t *testing.T, store server.Store, files server.Files) string {
	t.Helper()
	s := httptest.NewServer(w.handler(store, files))
	t.Cleanup(s.Close)
	return s.URL
}

func (w world) handler(store server.Store, files server.Files) http.Handler {
	logger := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	counted := metrics.New(logger)
	return server.New(server.Config{
		Store:       store,
		Workflows:   w.workflows,
		Files:       files,
		Auth:        auth.New(w.issuer.URL, authtest.Audience, logger),
		Metrics:     counted.Calls(),
		MetricsPage: counted.Handler(),
		Page:        http.HandlerFunc(page),
		Log:         logger,
		Grace:       postgrestest.Grace,
		Limits:      w.limits,
	})
}

// workflows stands where Temporal would be, to fail on demand; starter/control
// is tested against a real server.
type workflows struct {
	world postgrestest.World

	mu      sync.Mutex
	fail    error // of every call
	crash   bool
	started []string
	revoked []string // "by: reason"
	told    []string // of changed hours
}

func (f *workflows) Start(_ context.Context, ref offhours.RequestRef) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.started = append(f.started, ref.RequestID)
	return f.fail
}

func (f *workflows) Revoke(_ context.Context, ref offhours.RequestRef, by, reason string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.crash {
		panic("secret panic")
	}
	if f.fail == nil {
		f.revoked = append(f.revoked, by+": "+reason)
		f.world.Revoke(ref.RequestID)
	}
	return f.fail
}

func (f *workflows) HoursChanged(_ context.Context, ref offhours.RequestRef) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told = append(f.told, ref.RequestID)
	return f.fail
}

func (f *workflows) Ping(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fail
}

var errSecret = errors.New("secret inner error of postgres://user:password@host")

// log keeps what was logged.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// call is one call; the zero header is that of the account's administrator.
type call struct {
	method, path string
	body         string
	header       http.Header
	url          string // another server's
}

type answer struct {
	*http.Response
	text string
}

func (w world) do(c call) answer {
	w.T.Helper()
	r, err := http.NewRequestWithContext(w.T.Context(), c.method, orElse(c.url, w.url)+c.path, strings.NewReader(c.body))
	require.NoError(w.T, err)
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "Bearer "+w.issuer.Token(w.T, w.Admin.Email))
	for name, values := range c.header {
		r.Header[name] = values
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(w.T, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(w.T, err)
	keepsContract(w.T, r, response, text)
	return answer{response, string(text)}
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func (w world) get(path string) answer { w.T.Helper(); return w.do(call{method: "GET", path: path}) }

func (w world) post(path, body string) answer {
	w.T.Helper()
	return w.do(call{method: "POST", path: path, body: body})
}

func (w world) create(body, key string) answer {
	w.T.Helper()
	return w.do(call{method: "POST", path: "/api/v1/requests", body: body, header: http.Header{"Idempotency-Key": {key}}})
}

func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

// body is a request to export and delete what is older than 30 days.
func body(code int) string {
	return fmt.Sprintf(`{"activityType": %d, "requestType": "export_and_delete", "range": {"days": 30}, "confirmed": true}`, code)
}

// hours is business from and to a time on every day.
func hours(zone, from, to string) string {
	days := make([]string, 0, 7)
	for _, day := range []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} {
		days = append(days, fmt.Sprintf(`"%s": [{"from": "%s", "to": "%s"}]`, day, from, to))
	}
	return fmt.Sprintf(`{"timeZone": "%s", "businessHours": {%s}, "holidays": []}`, zone, strings.Join(days, ", "))
}

func previewBody(code int) string { return strings.Replace(body(code), `, "confirmed": true`, "", 1) }

func (w world) request(a answer) (r offhours.Request) {
	w.T.Helper()
	require.NoError(w.T, json.Unmarshal([]byte(a.text), &r), a.text)
	return r
}

type problem struct {
	Type, Title, Detail, Instance string
	Status                        int
	Code                          offhours.Code
}

// refused checks the form of a problem, and that nothing inner is in it.
func (w world) refused(a answer, status int, code offhours.Code) problem {
	w.T.Helper()
	require.Equal(w.T, status, a.StatusCode, a.text)
	require.Equal(w.T, "application/problem+json", a.Header.Get("Content-Type"), a.text)
	var p problem
	require.NoError(w.T, json.Unmarshal([]byte(a.text), &p), a.text)
	require.Equal(w.T, code, p.Code, a.text)
	require.Equal(w.T, status, p.Status)
	require.Equal(w.T, "urn:offhours:problem:"+string(code), p.Type)
	require.NotEmpty(w.T, p.Title)
	require.NotEmpty(w.T, p.Detail)
	require.Equal(w.T, "urn:uuid:"+a.Header.Get("X-Request-Id"), p.Instance)
	for _, inner := range []string{"secret", "SQLSTATE", "pgx", "dial", "127.0.0.1", "goroutine", "strconv", "json:", "relation"} {
		require.NotContains(w.T, a.text, inner)
	}
	return p
}

// routes are all routes that need a token, with a good body where one is needed.
func routes(id string) []call {
	key := http.Header{"Idempotency-Key": {uuid.NewString()}}
	return []call{
		{method: "GET", path: "/api/v1/me"},
		{method: "GET", path: "/api/v1/activity-types"},
		{method: "GET", path: "/api/v1/account"},
		{method: "PUT", path: "/api/v1/account", body: hours("UTC", "09:00", "18:00")},
		{method: "POST", path: "/api/v1/requests/preview", body: previewBody(201)},
		{method: "POST", path: "/api/v1/requests", body: body(201), header: key},
		{method: "GET", path: "/api/v1/requests"},
		{method: "GET", path: "/api/v1/requests/" + id},
		{method: "GET", path: "/api/v1/requests/" + id + "/events"},
		{method: "POST", path: "/api/v1/requests/" + id + "/revoke"},
		{method: "GET", path: "/api/v1/requests/" + id + "/files"},
		{method: "GET", path: "/api/v1/requests/" + id + "/files/records-0001.csv"},
		{method: "GET", path: "/api/v1/requests/" + id + "/report"},
	}
}

// with returns the call with more headers.
func (c call) with(header http.Header) call {
	merged := c.header.Clone()
	if merged == nil {
		merged = http.Header{}
	}
	for name, values := range header {
		merged[name] = values
	}
	c.header = merged
	return c
}

func page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, "The page.")
}
