package auth

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// watchedKeys tells keys that could not be fetched, an outage, from a signature
// that is wrong: the verifier's error does not. It serves one verification.
type watchedKeys struct {
	oidc.KeySet
	err error
}

// VerifySignature implements [oidc.KeySet].
func (k *watchedKeys) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := k.KeySet.VerifySignature(ctx, token)
	// Only a failed fetch wraps another error.
	k.err = errors.Unwrap(err)
	return payload, err
}

// freshFor is how long an answer of the issuer is repeated.
const freshFor = 5 * time.Second

// maxAnswerBytes is far above any real key set.
const maxAnswerBytes = 1 << 20

// frugal repeats the issuer's last good answer to a GET for a moment. Each token
// with an unknown key makes the verifier ask for the keys anew, and anybody can
// send such tokens.
type frugal struct {
	next http.RoundTripper

	mu   sync.Mutex
	last map[string]answer // by URL: the discovery document and the keys
}

type answer struct {
	body   []byte
	header http.Header
	until  time.Time
}

// RoundTrip implements [http.RoundTripper].
func (f *frugal) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	url := r.URL.String()
	if a, ok := f.last[url]; ok && time.Now().Before(a.until) {
		return a.response(r), nil
	}
	response, err := f.next.RoundTrip(r)
	if err != nil || response.StatusCode != http.StatusOK {
		return response, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	if err != nil {
		return nil, err
	}
	a := answer{body: body, header: response.Header, until: time.Now().Add(freshFor)}
	if f.last == nil {
		f.last = map[string]answer{}
	}
	f.last[url] = a
	return a.response(r), nil
}

func (a answer) response(r *http.Request) *http.Response {
	return &http.Response{
		Status:        "200 OK",
		StatusCode:    http.StatusOK,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        a.header.Clone(),
		Body:          io.NopCloser(bytes.NewReader(a.body)),
		ContentLength: int64(len(a.body)),
		Request:       r,
	}
}
