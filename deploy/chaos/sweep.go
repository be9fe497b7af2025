package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/chaos/wire"
	"github.com/offhours/offhours/deploy/rig"
)

// sweep plays the lives of requests again and again, and ends a program, or loses
// an answer, at each call after which something has durably changed.
type sweep struct {
	*chaos
	worker, api *victim

	mu     sync.Mutex
	scene  *scene
	life   *life
	armed  string // call at which something happens
	fate   wire.Fate
	struck bool           // it has happened
	met    map[string]int // calls of this life
	order  []string       // in which they were met first
	last   time.Time      // a call was met
	failed error          // what the scene itself could not do
}

// victim is a program all of whose wires are watched.
type victim struct {
	name     string
	run      *kept
	postgres *wire.Postgres
	temporal *wire.Temporal
	server   *http.Server // of bucket and mails
}

// scene is one kind of life of a request.
type scene struct {
	name        string
	account     int
	requestType offhours.RequestType
	impatient   bool              // whoever creates it gives up when there is no answer
	then        act               // once it was created
	at          map[string]act    // once a call was done for the first time
	ends        []offhours.Status // the first of them when nothing goes wrong
	from, until string            // calls, both included, that meet a fate; all unless given
}

// life is one request of a scene.
type life struct {
	code    int
	request string
	keys    []string
	done    map[string]bool // what scene.at has done
}

// trial is one life with one thing that goes wrong. The zero call is a life in
// which nothing does.
type trial struct {
	scene *scene
	call  string
	fate  wire.Fate
}

func (t trial) String() string { return fmt.Sprintf("%s / %s / %s", t.scene.name, t.call, t.fate) }

// alone is the command that plays nothing else. A life in which nothing goes wrong
// is played by each.
func (t trial) alone() string {
	return fmt.Sprintf(`make sweep ARGS='--only "^%s"'`, regexp.QuoteMeta(t.String()))
}

const (
	sweepGrace = "0s"
	fates      = 3
	// quiet is how long nothing is met once a request is over.
	quiet = 150 * time.Millisecond
	// lifePatience is for one life, with what is tried again in it.
	lifePatience = 90 * time.Second
)

// background is what workers do by themselves all the time, for no request.
var background = regexp.MustCompile(`turns|temporal_namespace|offhours-purge`)

// scenes are what the product does for a request, whichever way it goes.
var scenes = []*scene{
	{
		name: "export and delete", account: 1, requestType: offhours.ExportAndDelete,
		at:   map[string]act{sealing: editSome},
		ends: []offhours.Status{offhours.StatusSuccess},
	},
	{
		name: "delete only", account: 2, requestType: offhours.DeleteOnly,
		ends: []offhours.Status{offhours.StatusSuccess},
	},
	{
		name: "failure", account: 3, requestType: offhours.ExportAndDelete,
		at: map[string]act{"api: postgres: " + admits: addSome},
		// The API may have ended before it confirmed, and counted again.
		ends: []offhours.Status{offhours.StatusFailed, offhours.StatusSuccess},
	},
	{
		name: "cancellation", account: 3, requestType: offhours.ExportAndDelete,
		at: map[string]act{sealing: cancelWorkflow},
		// The workflow may have been killed before it heard of it, and gone on.
		ends: []offhours.Status{offhours.StatusFailed, offhours.StatusSuccess},
	},
	{
		name: "cancellation while deleting", account: 3, requestType: offhours.ExportAndDelete,
		at: map[string]act{deleting: cancelWorkflow}, from: deleting,
		ends: []offhours.Status{offhours.StatusFailed},
	},
	{
		name: "termination", account: 3, requestType: offhours.ExportAndDelete,
		at: map[string]act{deleting: terminateWorkflow}, from: deleting,
		ends: []offhours.Status{offhours.StatusFailed},
	},
	{
		name: "impatience", account: 2, requestType: offhours.DeleteOnly, impatient: true,
		until: "api: postgres: update requests workflow_started_on",
		ends:  []offhours.Status{offhours.StatusSuccess},
	},
	{
		name: "revoke", account: closed, requestType: offhours.ExportAndDelete, then: revoke,
		ends: []offhours.Status{offhours.StatusRevoked},
	},
}

// closed is the account whose window does not open.
const closed = 4

// sealing is what Seal does before it commits. What others do then comes between the
// verified archive and the delete.
const sealing = "worker: bucket: PUT exports/manifest-*-*-*-*.json"

// deleting is the commit of a batch. What others do then finds a part of the records
// deleted, and their files not yet.
const deleting = "worker: postgres: delete records, delete attachments, insert tombstones, insert exceptions, insert batches, " +
	"update exceptions outcome, update parts done"

// admits is the commit of an admission.
const admits = "insert requests, insert notices, insert audit_events"

// act is what somebody else does in the middle of a life.
type act func(ctx context.Context, s *sweep, l *life) error

// editSome edits a record that is about to be deleted, and attaches to another one
// a file that a third one has: both stay, and so does the file.
func editSome(ctx context.Context, s *sweep, l *life) error {
	_, err := s.db.Exec(ctx, `UPDATE records SET note = 'edited' WHERE account_id = 1 AND type_code = $1 AND external_key = 'key 7'`, l.code)
	if err != nil {
		return err
	}
	_, err = s.db.Exec(ctx, `INSERT INTO attachments (account_id, record_id, name, file_key)
		SELECT account_id, id, 'late.txt', $2 FROM records WHERE account_id = 1 AND type_code = $1 AND external_key = 'key 8'`, l.code, l.keys[0])
	return err
}

// addSome adds records to those that were confirmed.
func addSome(ctx context.Context, s *sweep, l *life) error {
	_, err := s.db.Exec(ctx, `INSERT INTO records (account_id, id, type_code, created_on, modified_on)
		SELECT 3, gen_random_uuid(), $1, now() - interval '300 days', now() - interval '200 days' FROM generate_series(1, 3)`, l.code)
	return err
}

func cancelWorkflow(ctx context.Context, s *sweep, l *life) error {
	id, err := s.workflow(ctx, l)
	if err != nil {
		return err
	}
	return s.temporal.CancelWorkflow(ctx, id, "")
}

// terminateWorkflow lets the next reconciler look at once.
func terminateWorkflow(ctx context.Context, s *sweep, l *life) error {
	id, err := s.workflow(ctx, l)
	if err != nil {
		return err
	}
	if err := s.temporal.TerminateWorkflow(ctx, id, "", "sweep"); err != nil {
		return err
	}
	_, err = s.db.Exec(ctx, "DELETE FROM turns WHERE job = 'reconcile'")
	return err
}

func (s *sweep) workflow(ctx context.Context, l *life) (id string, err error) {
	err = s.db.QueryRow(ctx, "SELECT format('bulk/%s/%s', account_id, id) FROM requests WHERE type_code = $1", l.code).Scan(&id)
	return id, err
}

// revoke asks until there is an answer. That it is revoked already is one.
func revoke(ctx context.Context, s *sweep, l *life) error {
	_, err := s.insist(ctx, closed, "/requests/"+l.request+"/revoke", "", map[string]string{"reason": "sweep"})
	if rig.Refused(err) {
		return nil
	}
	return err
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

// meets notes a call, and says what becomes of it.
func (s *sweep) meets(call string) wire.Fate {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.scene == nil || background.MatchString(call) {
		return wire.Pass
	}
	s.last = time.Now()
	if s.met[call]++; s.met[call] > 1 {
		call = fmt.Sprintf("%s #%d", call, s.met[call])
	}
	s.order = append(s.order, call)
	if call != s.armed || s.struck {
		return wire.Pass
	}
	s.struck = true
	return s.fate
}

// play does what the scene does at a call that was done.
func (s *sweep) play(call string) {
	s.mu.Lock()
	scene, life := s.scene, s.life
	if scene == nil || life == nil || scene.at[call] == nil || life.done[call] {
		s.mu.Unlock()
		return
	}
	life.done[call] = true
	s.mu.Unlock()
	if err := scene.at[call](context.Background(), s, life); err != nil {
		s.mu.Lock()
		s.failed = errors.Join(s.failed, fmt.Errorf("at %s: %w", call, err))
		s.mu.Unlock()
	}
}

// try plays one life to its end. It returns the calls that were met, in order.
func (s *sweep) try(ctx context.Context, number int, t trial) (calls []string, request string, err error) {
	ctx, cancel := context.WithTimeout(ctx, lifePatience)
	defer cancel()
	l := &life{code: 1000 + number, done: map[string]bool{}}
	if err := s.stock(ctx, t.scene.account, l); err != nil {
		return nil, "", fmt.Errorf("make records: %w", err)
	}
	s.mu.Lock()
	s.scene, s.life, s.armed, s.fate, s.struck, s.failed = t.scene, l, t.call, t.fate, false, nil
	s.met, s.order, s.last = map[string]int{}, nil, time.Now()
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.scene = nil
		s.mu.Unlock()
	}()
	if l.request, err = s.ask(ctx, t.scene, l); err != nil {
		return nil, "", fmt.Errorf("create: %w", err)
	}
	if l.request == "" {
		return nil, "", s.wantStruck(t)
	}
	if t.scene.then != nil {
		if err := t.scene.then(ctx, s, l); err != nil {
			return nil, l.request, err
		}
	}
	status, err := s.awaitEnd(ctx, l)
	s.mu.Lock()
	defer s.mu.Unlock()
	calls = slices.Clone(s.order)
	switch {
	case err != nil:
	case !slices.Contains(t.scene.ends, status), t.call == "" && status != t.scene.ends[0]:
		err = fmt.Errorf("it ended as %s", status)
	case t.call == "" && len(l.done) < len(t.scene.at):
		err = errors.New("what others do did not happen")
	case t.call != "" && !s.struck:
		err = errNotMet
	}
	return calls, l.request, errors.Join(err, s.failed)
}

// wantStruck is for a life that ended before there was a request.
func (s *sweep) wantStruck(t trial) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case t.call == "":
		return errors.New("there is no request")
	case !s.struck:
		return errNotMet
	}
	return nil
}

// errNotMet means that a life had no such call. The calls of workflows depend on
// what has come together when a worker looks.
var errNotMet = errors.New("the call was not met")

// stock makes a type with records on both sides of a range, so that there are two
// parts, some with attachments.
func (s *sweep) stock(ctx context.Context, account int, l *life) error {
	contents := make([][]byte, 3)
	for i := range contents {
		contents[i] = fmt.Appendf(nil, "%d of %d", i, l.code)
	}
	var err error
	if l.keys, err = s.store.AddFiles(ctx, int64(account), contents); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		for i, key := range l.keys {
			if err := noteObject(ctx, tx, key, contents[i]); err != nil {
				return err
			}
		}
		for _, sql := range []string{
			`INSERT INTO record_types (account_id, code, name, category) VALUES ($1, $2, 'Type ' || $2::int, 'custom')`,
			`INSERT INTO records (account_id, id, type_code, external_key, note, created_on, modified_on)
			 SELECT $1, gen_random_uuid(), $2, 'key ' || n, 'note ' || n, now() - interval '300 days', now() - CASE WHEN n % 2 = 0 THEN interval '200 days' ELSE interval '50 days' END
			   FROM generate_series(1, 8) n`,
		} {
			if _, err := tx.Exec(ctx, sql, account, l.code); err != nil {
				return err
			}
		}
		for i, key := range l.keys {
			if _, err := tx.Exec(ctx, "INSERT INTO files (account_id, key) VALUES ($1, $2)", account, key); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO attachments (account_id, record_id, name, file_key)
				SELECT account_id, id, 'a.txt', $3 FROM records WHERE account_id = $1 AND type_code = $2 AND external_key = 'key ' || $4::int`, account, l.code, key, i+1); err != nil {
				return err
			}
		}
		return nil
	})
}

// ask creates the request, as often as it takes. Nobody who gives up has to find
// one: the id is empty then.
func (s *sweep) ask(ctx context.Context, scene *scene, l *life) (id string, err error) {
	day := func(days int) string { return time.Now().UTC().AddDate(0, 0, -days).Format(time.DateOnly) }
	body := map[string]any{
		"activityType": l.code, "requestType": scene.requestType, "confirmed": true,
		"range": map[string]string{"from": day(150), "to": day(100)},
	}
	key := fmt.Sprintf("sweep-%d", l.code)
	if !scene.impatient {
		// The API counts again what it has not promised yet.
		return s.insist(ctx, scene.account, "/requests", key, body)
	}
	admin := s.admins[scene.account]
	err = rig.Poll(ctx, "the API", startPatience, nil, func(ctx context.Context) (bool, error) {
		var account any
		_, err := admin.Call(ctx, http.MethodGet, "/account", "", nil, &account)
		return err == nil, nil
	})
	if err != nil {
		return "", err
	}
	var r offhours.Request
	if _, err := admin.Call(ctx, http.MethodPost, "/requests", key, body, &r); err == nil || rig.Refused(err) {
		return r.ID, err
	}
	err = s.db.QueryRow(ctx, "SELECT id::text FROM requests WHERE type_code = $1", l.code).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return id, err
}

// insist calls until there is an answer.
func (s *sweep) insist(ctx context.Context, account int, path, key string, body any) (id string, err error) {
	for {
		var r offhours.Request
		_, err := s.admins[account].Call(ctx, http.MethodPost, path, key, body, &r)
		if err == nil || rig.Refused(err) || ctx.Err() != nil {
			return r.ID, err
		}
		pause(ctx, 20*time.Millisecond)
	}
}

// awaitEnd waits until a request has ended, and all that follows is done.
func (s *sweep) awaitEnd(ctx context.Context, l *life) (status offhours.Status, err error) {
	err = rig.Poll(ctx, "the end of the request", lifePatience, nil, func(context.Context) (bool, error) {
		var pending int
		err := s.db.QueryRow(ctx, `SELECT r.status, (SELECT count(*) FROM notices n WHERE n.request_id = r.id AND n.state = 'pending')
			FROM requests r WHERE id = $1`, l.request).Scan(&status, &pending)
		s.mu.Lock()
		still := time.Since(s.last) > quiet
		s.mu.Unlock()
		return err == nil && status.Ended() && pending == 0 && still && s.worker.temporal.Busy() == 0, nil
	})
	return status, err
}

// trials are all lives of a scene in which something goes wrong, at the calls of a
// life in which nothing did. Of calls of one kind the first two are enough.
func trials(scene *scene, calls []string) (all []trial) {
	if i := slices.Index(calls, scene.from); i > 0 {
		calls = calls[i:]
	}
	if i := slices.Index(calls, scene.until); i >= 0 {
		calls = calls[:i+1]
	}
	for _, call := range calls {
		if strings.Contains(call, "#") && !strings.HasSuffix(call, "#2") {
			continue
		}
		for _, fate := range [fates]wire.Fate{wire.Before, wire.After, wire.Lost} {
			all = append(all, trial{scene, call, fate})
		}
	}
	return all
}

// newSweep prepares a sweep in a folder.
func newSweep(settings settings, dir string, out io.Writer) (*sweep, error) {
	c, err := newChaos(settings, dir, out)
	return &sweep{chaos: c, worker: &victim{name: "worker"}, api: &victim{name: "api"}}, err
}

// swept is what a sweep came to.
type swept struct {
	calls, played, unmet int
	met                  []string // calls of the lives in which nothing went wrong
	wrong                []string
	alone                []string // commands that play again what went wrong
}

// blame keeps that something went wrong in a trial.
func (o *swept) blame(t trial, what string) {
	o.wrong = append(o.wrong, fmt.Sprintf("%s (%s)", what, t))
	if command := t.alone(); !slices.Contains(o.alone, command) {
		o.alone = append(o.alone, command)
	}
}

// all plays every share-th trial whose name the pattern matches, beginning where
// the seed says.
func (s *sweep) all(ctx context.Context, pattern *regexp.Regexp, share int) (o swept, err error) {
	names := map[string]trial{} // by request
	one := func(t trial) ([]string, error) {
		o.played++
		began := time.Now()
		calls, request, err := s.try(ctx, o.played, t)
		names[request] = t
		s.tally.note("%s: %s, %s, %v", t, request, time.Since(began).Round(time.Millisecond), err)
		if err != nil && !errors.Is(err, errNotMet) && ctx.Err() == nil {
			o.blame(t, err.Error())
			s.say("WRONG %s", o.wrong[len(o.wrong)-1])
		}
		return calls, err
	}
	var todo []trial
	for _, scene := range scenes {
		calls, _ := one(trial{scene: scene})
		o.met = append(o.met, calls...)
		for _, t := range trials(scene, calls) {
			if pattern.MatchString(t.String()) {
				todo = append(todo, t)
			}
		}
	}
	o.calls = len(todo) / fates
	s.say("%d calls change something. Each meets %d fates; one of %d trials is played.", o.calls, fates, share)
	for i, t := range todo {
		if ctx.Err() != nil {
			break
		}
		if i%share != int(s.settings.seed)%share {
			continue
		}
		_, err := one(t)
		if errors.Is(err, errNotMet) {
			_, err = one(t)
		}
		if errors.Is(err, errNotMet) {
			o.unmet++
		}
		if o.played%50 == 0 {
			s.say("%d of %d", i+1, len(todo))
		}
	}
	if ctx.Err() != nil {
		return o, ctx.Err()
	}
	violations, err := s.check(ctx)
	for _, v := range violations {
		what, blamed := v.invariant+": "+v.what, false
		for request, t := range names {
			if request != "" && strings.Contains(v.what, request) {
				o.blame(t, what)
				blamed = true
			}
		}
		if !blamed {
			o.wrong = append(o.wrong, what)
		}
	}
	return o, errors.Join(err, s.sentAgain(ctx, names, &o))
}

// sentAgain blames what was mailed twice where nobody was killed, and no answer
// of the mail server, or of the database that keeps it, was lost. (PRODUCT.md §6)
func (s *sweep) sentAgain(ctx context.Context, names map[string]trial, o *swept) error {
	rows, err := s.db.Query(ctx, `SELECT n.request_id::text FROM chaos.mails m JOIN notices n ON n.id = m.notice_id GROUP BY n.id HAVING count(*) > 1`)
	if err != nil {
		return err
	}
	requests, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, request := range requests {
		t := names[request]
		if t.call == "" || t.fate == wire.Lost && !strings.Contains(t.call, "mail: ") && !strings.Contains(t.call, "notices") {
			o.blame(t, "I11: a mail was sent again: "+request)
		}
	}
	return err
}

// print shows what a sweep came to.
func (o swept) print(out io.Writer, seed uint64, share int) {
	fmt.Fprintf(out, "calls that change something  %d, each by %d fates\n", o.calls, fates)
	fmt.Fprintf(out, "lives played                 %d (share 1/%d, seed %d)\n", o.played, share, seed)
	fmt.Fprintf(out, "calls not met again          %d\n", o.unmet)
	fmt.Fprintf(out, "wrong                        %d\n", len(o.wrong))
	for _, w := range o.wrong {
		fmt.Fprintf(out, "VIOLATION of %s\n", w)
	}
	for _, command := range o.alone {
		fmt.Fprintf(out, "Alone: %s\n", command)
	}
}
