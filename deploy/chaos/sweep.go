package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours/deploy/chaos/wire"
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
