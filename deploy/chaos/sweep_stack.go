package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/offhours/offhours/deploy/chaos/wire"
	"github.com/offhours/offhours/deploy/rig"
)

// victim is a program all of whose wires are watched.
type victim struct {
	name     string
	run      *kept
	postgres *wire.Postgres
	temporal *wire.Temporal
	server   *http.Server // of bucket and mails
}

// start starts everything, with wires.
func (s *sweep) start(ctx context.Context) error {
	if err := s.startAround(ctx); err != nil {
		return err
	}
	s.stack.env["OFFHOURS_GRACE"] = sweepGrace
	environments := make([]map[string]string, 2)
	for i, v := range []*victim{s.worker, s.api} {
		var err error
		if environments[i], err = s.wires(v); err != nil {
			return err
		}
	}
	if err := s.stack.startProduct(environments[1], environments[0], 1); err != nil {
		return err
	}
	s.worker.run, s.api.run = s.stack.workers[0], s.stack.api
	return rig.Poll(ctx, "the API", startPatience, nil, func(context.Context) (bool, error) {
		return s.setHours(ctx, s.admins[closed], -4, 4) == nil, nil
	})
}

// stop ends all that was started.
func (s *sweep) stop() {
	s.chaos.stop()
	for _, v := range []*victim{s.worker, s.api} {
		if v.postgres != nil {
			_ = v.postgres.Close() // nobody is left on it
		}
		if v.temporal != nil {
			_ = v.temporal.Close()
		}
		if v.server != nil {
			_ = v.server.Close()
		}
	}
}

// wires opens the ways of a program to its servers, and returns its environment.
func (s *sweep) wires(v *victim) (environment map[string]string, err error) {
	watch := wire.Watch{
		Met:  func(call string) wire.Fate { return s.meets(v.name + ": " + call) },
		Done: func(call string) { s.play(v.name + ": " + call) },
		Kill: func() {
			v.run.kill()
			v.temporal.Abandon(context.Background())
			if err := v.run.start(); err != nil {
				s.tally.note("%s does not start: %v", v.name, err)
			}
		},
	}
	_, rest, _ := strings.Cut(s.stack.env["DATABASE_URL"], "@")
	database, _, _ := strings.Cut(rest, "/")
	if v.postgres, err = wire.OpenPostgres(database, watch); err != nil {
		return nil, err
	}
	if v.temporal, err = wire.OpenTemporal(s.stack.env["TEMPORAL_ADDRESS"], watch); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("POST /v3/mail/send", wire.HTTP(http.HandlerFunc(s.acceptMail), watch, func(*http.Request) string { return "mail: send" }))
	mux.Handle("/", wire.HTTP(serve(s.bucket.store), watch, nameOfObject))
	v.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = v.server.Serve(listener) }() // ends with stop
	return map[string]string{
		"DATABASE_URL":        strings.Replace(s.stack.env["DATABASE_URL"], database, v.postgres.Address(), 1),
		"TEMPORAL_ADDRESS":    v.temporal.Address(),
		"OFFHOURS_BUCKET_URL": bucketURL(listener.Addr()),
		"OFFHOURS_MAIL_URL":   "sendgrid://" + listener.Addr().String(),
		"SENDGRID_API_KEY":    "SG.sweep",
	}, nil
}

var unstable = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]+`)

// nameOfObject names what changes an object, without what differs from one request
// to the next.
func nameOfObject(r *http.Request) string {
	path := strings.TrimPrefix(r.URL.Path, "/"+bucketName+"/")
	kind, _, _ := strings.Cut(path, "/")
	file := path[strings.LastIndexByte(path, '/')+1:]
	switch r.Method {
	case http.MethodPut, http.MethodPost, http.MethodDelete:
		return fmt.Sprintf("bucket: %s %s/%s", r.Method, kind, unstable.ReplaceAllString(file, "*"))
	}
	return ""
}

// acceptMail is SendGrid.
func (s *sweep) acceptMail(w http.ResponseWriter, r *http.Request) {
	var mail struct {
		Personalizations []struct {
			To         []struct{ Email string }
			CustomArgs struct {
				Notice string `json:"notification_id"`
			} `json:"custom_args"`
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&mail); err != nil || len(mail.Personalizations) != 1 || len(mail.Personalizations[0].To) != 1 {
		http.Error(w, "no mail", http.StatusBadRequest)
		return
	}
	p := mail.Personalizations[0]
	if _, err := s.db.Exec(r.Context(), "INSERT INTO chaos.mails VALUES ($1::text::bigint, $2)", p.CustomArgs.Notice, p.To[0].Email); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("X-Message-Id", "sweep")
	w.WriteHeader(http.StatusAccepted)
}
