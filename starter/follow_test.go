package main

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// reactor is an output that does something when it is told something.
type reactor struct {
	mu     sync.Mutex
	text   bytes.Buffer
	events []event
}

type event struct {
	when string
	then func()
}

func (r *reactor) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text.Write(text)
	for len(r.events) > 0 && strings.Contains(r.text.String(), r.events[0].when) {
		r.events[0].then()
		r.events = r.events[1:]
	}
	return len(text), nil
}

// lives makes a request go on each time the command has shown where it is.
func (w *world) lives(id string) *reactor {
	return &reactor{events: []event{
		{"In Queue", func() { w.Run(id, "deleting", 1, 4) }},
		{"4 of 10 records are deleted", func() { w.End(id, "failed", 4) }},
	}}
}

func (w *world) follow(out *reactor, terminal bool, args ...string) (code int, stdout string) {
	w.T.Helper()
	var quiet bytes.Buffer
	t := w.tool(&quiet, &quiet)
	t.stdout, t.terminal = out, terminal
	if terminal {
		t.stdout, t.stderr = &quiet, out
	}
	code = t.run(w.T.Context(), append([]string{"follow", "--wait", "20s"}, args...))
	require.Empty(w.T, out.events, "not everything was shown: %s", out.text.String())
	return code, quiet.String() + out.text.String()
}

func TestFollowTellsEachChangeAndEndsWithTheOutcomes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 10)
	code, said := w.follow(w.lives(id), false, id)
	require.Equal(t, exitFailed, code)
	require.Regexp(t, `(?s)^\S+  In Queue: .*\n\S+  In Progress: Deleting: 4 of 10 records are deleted\.\nFailed: 3 records are locked\.\n +4  deleted\n.* 6  not processed\n +10  records\n$`, said)
}

func TestFollowDrawsABarOnATerminal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 10)
	out := w.lives(id)
	out.events[1].when = "In Progress, deleting"
	code, said := w.follow(out, true, id)
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, "%")
	require.Contains(t, said, "Failed: 3 records are locked.\n")
}

func TestABarHasRoomForFewWordsOnly(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 4, 30, 12, 30, 0, 0, time.UTC)
	for want, r := range map[string]offhours.Request{
		"In Queue until 2026-04-30 12:30:00 UTC": {Status: offhours.StatusInQueue, StartsAt: &at},
		"In Queue":                               {Status: offhours.StatusInQueue},
		"In Progress, exporting":                 {Status: offhours.StatusInProgress, Progress: offhours.Progress{Phase: offhours.PhaseExporting}},
		"Paused until 2026-04-30 12:30 (UTC)":    {Status: offhours.StatusInProgress, StatusDetail: "Paused until 2026-04-30 12:30 (UTC) for business hours."},
	} {
		require.Equal(t, want, brief(r))
	}
}

func TestFollowAsJSONIsOneRequestALine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 10)
	out := w.lives(id)
	out.events[0].when, out.events[1].when = `"in_queue"`, `"deleted":4`
	code, said := w.follow(out, false, id, "--output", "json")
	require.Equal(t, exitFailed, code)
	lines := strings.Split(strings.TrimSpace(said), "\n")
	require.Len(t, lines, 3)
	for i, status := range []string{"in_queue", "in_progress", "failed"} {
		require.Equal(t, status, document(t, lines[i])["status"])
	}
}

func TestFollowDoesNotRepeatWhatHasNotChanged(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	for _, w := range []watcher{&lines{out: &out, notes: &out}, &documents{out: &out, notes: &out}} {
		out.Reset()
		w.away()
		w.away()
		w.show(offhours.Request{Status: offhours.StatusInQueue})
		w.show(offhours.Request{Status: offhours.StatusInQueue})
		w.finish()
		require.Equal(t, 2, strings.Count(out.String(), "\n"), out.String())
	}
}
