package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

const bucketName = "offhours"

// bucket is one S3-compatible store with two doors: an honest one, for the API,
// the CRM and the checker, and a hostile one, for the workers.
type bucket struct {
	honest, hostile string // URLs of gocloud.dev/blob
	servers         []*http.Server
	store           gofakes3.Backend

	mu      sync.Mutex
	fault   kind // "" for none
	dice    uint64
	touched int             // calls that met the fault
	seen    map[string]bool // keys of objects that were read during it
}

func openBucket() (*bucket, error) {
	b := &bucket{seen: map[string]bool{}, store: s3mem.New()}
	if err := b.store.CreateBucket(bucketName); err != nil {
		return nil, err
	}
	for _, door := range []struct {
		url     *string
		handler func() http.Handler
	}{
		{&b.honest, func() http.Handler { return serve(b.store) }},
		{&b.hostile, func() http.Handler { return b.refusing(serve(&hostile{Backend: b.store, bucket: b})) }},
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, errors.Join(err, b.close())
		}
		server := &http.Server{Handler: door.handler(), ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)} // gofakes3 answers some errors twice
		b.servers = append(b.servers, server)
		go func() { _ = server.Serve(listener) }() // ends with close
		*door.url = bucketURL(listener.Addr())
	}
	return b, nil
}

// bucketURL is what gocloud.dev/blob calls the bucket behind an address.
func bucketURL(address net.Addr) string {
	return "s3://" + bucketName + "?region=us-east-1&use_path_style=true&anonymous=true&endpoint=" + url.QueryEscape("http://"+address.String())
}

func serve(backend gofakes3.Backend) http.Handler {
	return gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
}

func (b *bucket) close() error {
	var errs []error
	for _, server := range b.servers {
		errs = append(errs, server.Close())
	}
	return errors.Join(errs...)
}

// turn makes the workers' door hostile for a while.
func (b *bucket) turn(ctx context.Context, f fault) error {
	b.set(f.kind, f.dice)
	pause(ctx, f.length)
	if b.set("", 0) == 0 {
		return errNothing
	}
	return nil
}

// set returns how many calls met what was before.
func (b *bucket) set(k kind, dice uint64) (touched int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	touched = b.touched
	b.fault, b.dice, b.touched, b.seen = k, dice, 0, map[string]bool{}
	return touched
}

// first reports whether an object is read for the first time during a fault.
func (b *bucket) first(key string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	seen := b.seen[key]
	b.seen[key] = true
	return !seen
}

// meets reports whether a call meets a fault of the kind.
func (b *bucket) meets(k kind) (dice uint64, yes bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fault != k {
		return 0, false
	}
	b.touched++
	return b.dice, true
}

// refusing answers calls for objects with errors, as a store does that is
// overloaded or full.
func (b *bucket) refusing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		object := strings.Count(r.URL.Path, "/") > 1
		if _, yes := b.meetsIf(object, bucketBusy); yes {
			answerError(w, http.StatusServiceUnavailable, "SlowDown")
			return
		}
		if _, yes := b.meetsIf(object && (r.Method == http.MethodPut || r.Method == http.MethodPost), bucketFull); yes {
			answerError(w, http.StatusInsufficientStorage, "XMinioStorageFull")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (b *bucket) meetsIf(candidate bool, k kind) (dice uint64, yes bool) {
	if !candidate {
		return 0, false
	}
	return b.meets(k)
}

func answerError(w http.ResponseWriter, status int, code string) {
	text, _ := xml.Marshal(struct { // of two strings
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: code, Message: code})
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = w.Write(text) // the caller may have left
}

// hostile says that it did what it did not.
type hostile struct {
	gofakes3.Backend
	bucket *bucket
}

// PutObject stores something else, or nothing, and says that all is well.
func (h *hostile) PutObject(bucket, key string, meta map[string]string, input io.Reader, size int64, conditions *gofakes3.PutConditions) (gofakes3.PutObjectResult, error) {
	if _, yes := h.bucket.meets(bucketLies); yes {
		_, err := io.Copy(io.Discard, input)
		return gofakes3.PutObjectResult{}, err
	}
	if dice, yes := h.bucket.meets(writesTruncated); yes {
		content, err := io.ReadAll(input)
		if err != nil {
			return gofakes3.PutObjectResult{}, err
		}
		size = int64(dice % uint64(len(content)+1))
		input = bytes.NewReader(content[:size])
	}
	if dice, yes := h.bucket.meets(writesFlipped); yes {
		content, err := io.ReadAll(input)
		if err != nil {
			return gofakes3.PutObjectResult{}, err
		}
		input = bytes.NewReader(flip(content, dice))
	}
	return h.Backend.PutObject(bucket, key, meta, input, size, conditions)
}

// GetObject answers with other bytes when an object is read for the first time
// during a fault: what is written wrongly stays, what is read wrongly does not. Those of the CRM's own files are left alone:
// who reads a file for the first time has nothing to compare it with.
func (h *hostile) GetObject(bucket, key string, part *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	object, err := h.Backend.GetObject(bucket, key, part)
	if err != nil || !strings.HasPrefix(key, "exports/") {
		return object, err
	}
	if dice, yes := h.bucket.meetsIf(h.bucket.first(key), readsFlipped); yes {
		content, err := io.ReadAll(object.Contents)
		if err := errors.Join(err, object.Contents.Close()); err != nil {
			return nil, err
		}
		object.Contents = io.NopCloser(bytes.NewReader(flip(content, dice)))
	}
	return object, nil
}

// flip changes one bit.
func flip(content []byte, dice uint64) []byte {
	if len(content) == 0 {
		return content
	}
	flipped := bytes.Clone(content)
	flipped[dice%uint64(len(content))] ^= 1 << (dice % 8)
	return flipped
}
