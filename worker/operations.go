package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/offhours/offhours/internal/health"
)

// operations answers operators and machines: /metrics, /healthz, /readyz. It does
// so also while the worker still waits for Temporal.
type operations struct {
	health   *health.Checker
	temporal atomic.Pointer[func(context.Context) error] // nil until it is connected
	server   *http.Server
	address  string
}

var errNotConnected = errors.New("not connected yet")

// openOperations listens at the address, or nowhere if that is empty.
func openOperations(address string, log *slog.Logger, page http.Handler, parts health.Parts) (*operations, error) {
	o := &operations{}
	parts["temporal"] = o.askTemporal
	o.health = health.New(parts, log)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", page)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": health.OK})
	})
	mux.HandleFunc("GET /readyz", o.ready)
	o.server = &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	if address == "" {
		return o, nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("OFFHOURS_METRICS_ADDRESS: %w", err)
	}
	o.address = listener.Addr().String()
	log.Info("metrics are served", "address", o.address)
	go func() { _ = o.server.Serve(listener) }() // until it is closed
	return o, nil
}

// connected tells how to ask Temporal from now on.
func (o *operations) connected(ping func(context.Context) error) { o.temporal.Store(&ping) }

func (o *operations) askTemporal(ctx context.Context) error {
	if ping := o.temporal.Load(); ping != nil {
		return (*ping)(ctx)
	}
	return errNotConnected
}

// ready answers what the API's /readyz answers.
func (o *operations) ready(w http.ResponseWriter, r *http.Request) {
	found := o.health.Ask(r.Context())
	status := http.StatusOK
	if !found.Ready {
		status = http.StatusServiceUnavailable
	}
	answer(w, status, map[string]any{"ready": found.Ready, "parts": found.States})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever asked may be gone
}

// close ends it at once: nobody waits for metrics of a worker that has stopped.
func (o *operations) close() { _ = o.server.Close() }
