package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours/deploy/rig"
)

// mostOverIdle is the target: the 99th percentile may be so many times that of the
// idle table.
const mostOverIdle = 2.0

// unthrottled are limits that never slow down.
var unthrottled = []string{"lock_waiters=0", "busy_sessions=0", "replica_lag_bytes=0", "replica_lag_ms=0", "wal_bytes_per_second=0", "dead_rows=0", "batch_ms=4000", "batch_records=1000", "pause_ms=0"}

// neighbourRun is one run.
type neighbourRun struct {
	settings neighbourSettings
	out      io.Writer
	dir      string
	env      map[string]string // of the stack
	db       *pgx.Conn
}

// neighbourPhase is a row of the result.
type neighbourPhase struct {
	name      string
	latencies *hdrhistogram.Histogram
	took      time.Duration
	deleting  *hdrhistogram.Histogram // of it, while records are deleted
	share     float64                 // the least that was seen
	slowedBy  map[string]bool
}

func (r *neighbourRun) measure(ctx context.Context) (held bool, err error) {
	stack, err := rig.StartDevstack(ctx, r.settings.bin, filepath.Join(r.dir, "stack"), filepath.Join(r.dir, "devstack.log"), nil,
		"--only", "temporal,postgres", "--grace", "0s", "--spread", "0s")
	if err != nil {
		return false, err
	}
	defer stack.Stop()
	r.env = maps.Clone(stack.Env)
	r.env["OFFHOURS_GRACE"], r.env["OFFHOURS_SPREAD"] = "0s", "0s"
	worker, err := r.startWorker(ctx)
	if err != nil {
		return false, err
	}
	defer worker.Stop(productPatience)
	for _, elsewhere := range []*rig.Process{stack.Process, worker} {
		if err := yield(ctx, elsewhere); err != nil {
			return false, err
		}
	}
	if r.db, err = pgx.Connect(ctx, r.env["DATABASE_URL"]+"&application_name=offhours"); err != nil {
		return false, err
	}
	defer r.db.Close(context.WithoutCancel(ctx))
	byAccount, err := r.arrange(ctx)
	if err != nil {
		return false, err
	}
	phases, err := r.phases(ctx, byAccount)
	if err != nil {
		return false, err
	}
	return r.print(phases), nil
}

// yield lets a process run only while nobody else wants to: in production worker and
// Temporal have machines of their own, and the database alone is the users', too. What
// the process has started before, as the dev stack its PostgreSQL, stays as it is.
func yield(ctx context.Context, p *rig.Process) error {
	said, err := exec.CommandContext(ctx, "chrt", "--all-tasks", "--idle", "--pid", "0", fmt.Sprint(p.PID())).CombinedOutput()
	if err != nil {
		return fmt.Errorf("chrt of %s: %w: %s", p.Name, err, said)
	}
	return nil
}

func (r *neighbourRun) startWorker(ctx context.Context) (*rig.Process, error) {
	if _, err := r.run(ctx, "migrate"); err != nil {
		return nil, err
	}
	metrics, err := freeAddress()
	if err != nil {
		return nil, err
	}
	env := maps.Clone(r.env)
	env["OFFHOURS_METRICS_ADDRESS"] = metrics
	worker, err := rig.Launch(filepath.Join(r.dir, "worker.log"), syscall.SIGKILL, rig.CleanEnvironment(env), filepath.Join(r.settings.bin, "worker"))
	if err != nil {
		return nil, err
	}
	if err := ready(ctx, "http://"+metrics+"/readyz", worker); err != nil {
		worker.Kill()
		return nil, fmt.Errorf("%w\n%s", err, rig.Tail(worker.Log))
	}
	return worker, nil
}

// run runs a program of the product to its end.
func (r *neighbourRun) run(ctx context.Context, name string, args ...string) (stdout []byte, err error) {
	cmd := exec.CommandContext(ctx, filepath.Join(r.settings.bin, name), args...)
	cmd.Env = rig.CleanEnvironment(r.env)
	var said strings.Builder
	cmd.Stderr = &said
	stdout, err = cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, said.String())
	}
	return stdout, nil
}

// arrange loads two accounts that are always in their window. In the first one two
// types are old, each for one request.
func (r *neighbourRun) arrange(ctx context.Context) ([]userKeys, error) {
	began := time.Now()
	var accounts []any
	for id := 1; id <= 2; id++ {
		accounts = append(accounts, map[string]any{
			"id": id, "name": fmt.Sprint("Account ", id), "featureEnabled": true,
			"schedule": map[string]any{"timeZone": "UTC", "businessHours": map[string]any{}, "holidays": []string{}},
			"users":    []any{map[string]any{"email": fmt.Sprintf("admin@account%d.example", id), "name": "Admin", "role": "administrator"}},
		})
	}
	text, err := json.Marshal(map[string]any{"accounts": accounts})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(r.dir, "accounts.json")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return nil, err
	}
	if _, err := r.run(ctx, "load", "accounts", file); err != nil {
		return nil, err
	}
	for _, load := range [][]string{{"1", "Old A"}, {"2", "Work"}, {"1", "Old B"}, {"1", "Work"}} {
		dates := []string{"--modified-from", "2020-01-01", "--modified-to", "2022-12-31"}
		if load[1] == "Work" {
			today := time.Now().UTC().AddDate(0, 0, -2).Format(time.DateOnly)
			dates = []string{"--modified-from", today, "--modified-to", today}
		}
		if _, err := r.run(ctx, "load", append([]string{"generate", "--account", load[0], "--type", load[1], "--records", fmt.Sprint(r.settings.records)}, dates...)...); err != nil {
			return nil, err
		}
	}
	if _, err := r.db.Exec(ctx, `VACUUM ANALYZE records`); err != nil {
		return nil, err
	}
	byAccount := make([]userKeys, 2)
	for i := range byAccount {
		if byAccount[i].current, err = r.ids(ctx, i+1, "Work"); err != nil {
			return nil, err
		}
	}
	byAccount[0].old, err = r.ids(ctx, 1, "Old%")
	fmt.Fprintf(r.out, "%d records of two accounts are loaded, in %.0f s.\n", 4*r.settings.records, time.Since(began).Seconds())
	return byAccount, err
}

func (r *neighbourRun) ids(ctx context.Context, account int, name string) ([]string, error) {
	rows, err := r.db.Query(ctx, `SELECT r.id::text FROM records r JOIN record_types t ON t.account_id = r.account_id AND t.code = r.type_code
		WHERE r.account_id = $1 AND t.name LIKE $2`, account, name)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// phases measures the idle table before each request, as it is on that machine at
// that time.
func (r *neighbourRun) phases(ctx context.Context, byAccount []userKeys) (phases []neighbourPhase, err error) {
	u, err := work(ctx, r.env["DATABASE_URL"], r.settings.clients, r.settings.rate, byAccount)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, u.end()) }()
	if err := pause(ctx, 5*time.Second); err != nil { // connections and caches are warm
		return nil, err
	}
	u.since()
	for _, measured := range []struct {
		name, kind string
		limits     []string
	}{{"throttle on", "Old A", nil}, {"throttle off", "Old B", unthrottled}} {
		if _, err := r.db.Exec(ctx, "CHECKPOINT"); err != nil {
			return nil, err
		}
		u.since()
		if err := pause(ctx, r.settings.idle); err != nil {
			return nil, err
		}
		phases = append(phases, neighbourPhase{name: "idle", latencies: u.since(), took: r.settings.idle})
		if measured.limits != nil {
			if _, err := r.run(ctx, "starter", append([]string{"limits", "set"}, measured.limits...)...); err != nil {
				return nil, err
			}
		}
		during, err := r.request(ctx, u, measured.kind)
		if err != nil {
			return nil, err
		}
		during.name = measured.name
		phases = append(phases, during)
	}
	return phases, nil
}

// request runs a request from its creation to its end.
func (r *neighbourRun) request(ctx context.Context, u *users, kind string) (p neighbourPhase, err error) {
	if _, err := r.run(ctx, "starter", "create", "--account", "1", "--as", "admin@account1.example", "--type", kind, "--days", "30", "--confirm"); err != nil {
		return p, err
	}
	u.since()
	began := time.Now()
	p.latencies, p.share, p.slowedBy = newHistogram(), 1, map[string]bool{}
	for {
		var status, phase string
		var share float64
		var slowedBy []string
		err := r.db.QueryRow(ctx, `SELECT r.status, coalesce(r.phase, ''), coalesce(p.share, 1), coalesce(p.slowed_by, '{}') FROM requests r LEFT JOIN paces p ON p.request_id = r.id
			ORDER BY r.created_on DESC LIMIT 1`).Scan(&status, &phase, &share, &slowedBy)
		if err != nil {
			return p, err
		}
		p.share = min(p.share, share)
		for _, reason := range slowedBy {
			p.slowedBy[reason] = true
		}
		switch {
		case phase == "deleting" && p.deleting == nil:
			p.latencies.Merge(u.since())
			p.deleting = newHistogram()
		case phase != "deleting" && p.deleting != nil, status != "in_queue" && status != "in_progress":
			if p.deleting == nil { // it was over between two looks
				p.deleting = newHistogram()
			}
			p.deleting.Merge(u.since())
			p.latencies.Merge(p.deleting)
			p.took = time.Since(began)
			return p, r.ended(ctx)
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return p, err
		}
	}
}

// ended waits for the report and wants Success.
func (r *neighbourRun) ended(ctx context.Context) error {
	for {
		var status string
		if err := r.db.QueryRow(ctx, `SELECT status FROM requests ORDER BY created_on DESC LIMIT 1`).Scan(&status); err != nil {
			return err
		}
		switch status {
		case "success":
			return nil
		case "failed":
			return errors.New("the request failed")
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// print prints all phases, and whether the target is held: by the request with the
// throttle on, against the idle table before it.
func (r *neighbourRun) print(phases []neighbourPhase) (held bool) {
	fmt.Fprintf(r.out, "\n%d sessions, %d transactions a second, requests of %d records\n\n", r.settings.clients, r.settings.rate, r.settings.records)
	fmt.Fprintf(r.out, "%-28s %8s %10s %10s %10s %10s %7s\n", "", "seconds", "n", "p50 ms", "p95 ms", "p99 ms", "ratio")
	var idle float64
	for _, p := range phases {
		against := idle
		if p.deleting == nil {
			against = 0
		}
		p99 := r.row(p.name, p.took, p.latencies, against)
		switch {
		case p.deleting == nil:
			idle = p99
			continue
		case p.name == "throttle on":
			held = p99 <= mostOverIdle*idle
		}
		r.row("  of it while it deletes", 0, p.deleting, idle)
		fmt.Fprintf(r.out, "  slowed to %.2f of full speed at least, by: %s\n", p.share, strings.Join(slices.Sorted(maps.Keys(p.slowedBy)), ", "))
	}
	verdict := "not held"
	if held {
		verdict = "held"
	}
	fmt.Fprintf(r.out, "\nTarget: with the throttle on, p99 at most %.1f times that of the idle table: %s\n", mostOverIdle, verdict)
	return held
}

func (r *neighbourRun) row(name string, took time.Duration, h *hdrhistogram.Histogram, idle float64) (p99 float64) {
	ms := func(percentile float64) float64 { return float64(h.ValueAtPercentile(percentile)) / 1000 }
	p99 = ms(99)
	seconds, ratio := "", ""
	if took > 0 {
		seconds = fmt.Sprintf("%.1f", took.Seconds())
	}
	if idle > 0 && h.TotalCount() > 0 {
		ratio = fmt.Sprintf("%.2f", p99/idle)
	}
	fmt.Fprintf(r.out, "%-28s %8s %10d %10.2f %10.2f %10.2f %7s\n", name, seconds, h.TotalCount(), ms(50), ms(95), p99, ratio)
	return p99
}
