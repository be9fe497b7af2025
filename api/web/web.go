// Package web is the admin page, built by `make web` from the sources in this
// folder, and how it is served. What it may load and whom it may call is fixed by
// its content security policy.
package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

// dist is the built page. Without Node there is only the placeholder.
//
//go:embed dist
var dist embed.FS

// notBuilt is what stands in the page's place then.
const notBuilt = "page not built: run make web\n"

// SignIn is how the page signs people in: authorization code with PKCE, as a
// public client.
type SignIn struct {
	// Endpoints fails while the issuer is away. The page then says so.
	Endpoints func(context.Context) (Endpoints, error)
	ClientID  string
	Audience  string // of the tokens that the API accepts
	Scopes    string
}

// Endpoints are the issuer's addresses.
type Endpoints struct {
	Issuer        string
	Authorization string
	Token         string
	EndSession    string // empty if there is none
}

// New returns the handler of the page's views and files. Every path that is no
// file is a view: the page itself tells them apart.
func New(signIn SignIn) (http.Handler, error) {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("open the page: %w", err)
	}
	return newHandler(built, signIn)
}

func newHandler(built fs.FS, signIn SignIn) (http.Handler, error) {
	index, err := fs.ReadFile(built, "index.html")
	if errors.Is(err, fs.ErrNotExist) {
		return http.HandlerFunc(sayNotBuilt), nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	view, err := template.New("index.html").Parse(string(index))
	if err != nil {
		return nil, fmt.Errorf("parse the page: %w", err)
	}
	files, err := readFiles(built)
	if err != nil {
		return nil, err
	}
	return page{signIn: signIn, view: view, files: files}, nil
}

func sayNotBuilt(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, notBuilt) // the caller may have left
}

type page struct {
	signIn SignIn
	view   *template.Template
	files  map[string]file // by path
}

func (p page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f, ok := p.files[r.URL.Path]; ok {
		f.serve(w, r)
		return
	}
	if strings.HasPrefix(r.URL.Path, assets) {
		w.Header().Set("Cache-Control", "no-store") // during an update, another instance may have it
		http.Error(w, "There is no such file: reload the page, a newer one is served.", http.StatusNotFound)
		return
	}
	p.serveView(w, r)
}

func (p page) serveView(w http.ResponseWriter, r *http.Request) {
	endpoints, err := p.signIn.Endpoints(r.Context())
	away := err != nil // the verifier has logged why
	var filled bytes.Buffer
	nonce := rand.Text()
	if err := p.view.Execute(&filled, map[string]string{"Nonce": nonce, "SignIn": p.setting(endpoints, away)}); err != nil {
		http.Error(w, "The page cannot be shown.", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store") // a nonce is for one answer
	header.Set("Content-Security-Policy", policy(endpoints, nonce))
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	_, _ = filled.WriteTo(w) // the caller may have left
}

// setting is JSON for src/app/setting.ts; empty while the issuer is away.
func (p page) setting(endpoints Endpoints, away bool) string {
	if away {
		return ""
	}
	token := "access_token"
	if p.signIn.ClientID == p.signIn.Audience {
		token = "id_token" // its audience is the client (OpenID Connect Core 1.0, 2)
	}
	text, _ := json.Marshal(map[string]string{ // texts cannot fail
		"issuer":                endpoints.Issuer,
		"authorizationEndpoint": endpoints.Authorization,
		"tokenEndpoint":         endpoints.Token,
		"endSessionEndpoint":    endpoints.EndSession,
		"clientId":              p.signIn.ClientID,
		"scopes":                p.signIn.Scopes,
		"token":                 token,
	})
	return string(text)
}

// policy allows the page its own files, the API, and the issuer's tokens; styles
// that the component library makes need the nonce. Nothing is inline, and nobody
// may frame it. (Content Security Policy Level 3)
func policy(endpoints Endpoints, nonce string) string {
	connect := []string{"'self'"}
	if u, err := url.Parse(endpoints.Token); err == nil && u.Host != "" {
		connect = append(connect, u.Scheme+"://"+u.Host)
	}
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self' 'nonce-" + nonce + "'",
		"img-src 'self'",
		"connect-src " + strings.Join(connect, " "),
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	}, "; ")
}

// assets are files with a hash in their name.
const assets = "/assets/"

// file is one of the page's, kept compressed, too: compressing it for every
// caller would let anybody keep the processor busy.
type file struct {
	path        string
	contentType string
	plain, gzip []byte
}

func readFiles(built fs.FS) (map[string]file, error) {
	files := map[string]file{}
	err := fs.WalkDir(built, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || name == "index.html" {
			return err
		}
		text, err := fs.ReadFile(built, name)
		if err != nil {
			return err
		}
		f := file{path: "/" + name, contentType: mime.TypeByExtension(path.Ext(name)), plain: text}
		f.gzip, err = compress(text)
		files[f.path] = f
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the page's files: %w", err)
	}
	return files, nil
}

func compress(text []byte) ([]byte, error) {
	var out bytes.Buffer
	writer, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = writer.Write(text)
	err = errors.Join(err, writer.Close())
	return out.Bytes(), err
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", f.contentType)
	header.Set("Vary", "Accept-Encoding")
	header.Set("Cache-Control", "public, max-age=3600")
	if strings.HasPrefix(f.path, assets) {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	text := f.plain
	if acceptsGzip(r) && len(f.gzip) < len(f.plain) {
		header.Set("Content-Encoding", "gzip")
		text = f.gzip
	}
	_, _ = w.Write(text) // the caller may have left
}

// acceptsGzip reads RFC 9110, 12.5.3, whose weights only matter where they are 0.
func acceptsGzip(r *http.Request) bool {
	return slices.ContainsFunc(strings.Split(r.Header.Get("Accept-Encoding"), ","), func(coding string) bool {
		name, weight, _ := strings.Cut(coding, ";")
		return strings.EqualFold(strings.TrimSpace(name), "gzip") && !refused.MatchString(weight)
	})
}

var refused = regexp.MustCompile(`^\s*[qQ]=0(\.0*)?\s*$`)
