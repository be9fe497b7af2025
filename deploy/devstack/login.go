package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// maxLoginBody is far more than an e-mail address needs.
const maxLoginBody = 4 << 10

// loginServer gives tokens to whoever names a user: it is for scripts, which
// have no browser.
type loginServer struct {
	port  int
	users users
	sign  func(email string, now time.Time) (string, error)

	server *http.Server
}

func (l *loginServer) start() error {
	listener, err := net.Listen("tcp", address(l.port))
	if err != nil {
		return fmt.Errorf("listen for the sign-in: %w", err)
	}
	l.server = &http.Server{Handler: l.handler(), ReadHeaderTimeout: readHeaderLimit}
	go func() { _ = l.server.Serve(listener) }() // ends with stop
	return nil
}

func (l *loginServer) stop(ctx context.Context) error {
	if l.server == nil {
		return nil
	}
	return l.server.Shutdown(ctx)
}

func (l *loginServer) url() string { return "http://" + address(l.port) + "/login" }

func (l *loginServer) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", l.login)
	return mux
}

// login answers {"email"} with {"accessToken"}; 400 for a body that is not
// that, and 404 with the known addresses for a user there is not.
func (l *loginServer) login(w http.ResponseWriter, r *http.Request) {
	email, err := readEmail(http.MaxBytesReader(w, r.Body, maxLoginBody))
	if err != nil {
		answer(w, http.StatusBadRequest, map[string]any{"error": err.Error()})
		return
	}
	user, known := l.users.find(email)
	if !known {
		answer(w, http.StatusNotFound, map[string]any{"error": noUser(email), "known": l.users.emails()})
		return
	}
	token, err := l.sign(user.Email, time.Now())
	if err != nil {
		answer(w, http.StatusInternalServerError, map[string]any{"error": err.Error()})
		return
	}
	answer(w, http.StatusOK, map[string]any{"accessToken": token})
}

func readEmail(body io.Reader) (string, error) {
	var request struct {
		Email string `json:"email"`
	}
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		return "", fmt.Errorf(`want a body like {"email": "ada@acme.example"}: %w`, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return "", errors.New("there is more after the JSON object")
	}
	if request.Email == "" {
		return "", errors.New("email is missing")
	}
	return request.Email, checkEmail(request.Email)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may have left
}
