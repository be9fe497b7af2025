package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
)

const (
	// Workers reconcile every 15 s: two turns are in what is looked at.
	quietTime    = 30 * time.Second
	settleLimit  = 5 * time.Minute
	clockTicks   = 100 // a second, in /proc: USER_HZ
	sampleMemory = time.Second
)

// queueCost is what a queue of some depth costs: medians of calls, and what goes
// on while nobody calls.
type queueCost struct {
	Queued     int     `json:"queued"`
	Create     float64 `json:"createMilliseconds"`
	List       float64 `json:"listMilliseconds"`
	Details    float64 `json:"detailsMilliseconds"`
	Preview    float64 `json:"previewMilliseconds"`
	Backlog    float64 `json:"backlogMilliseconds"` // what a scrape of metrics asks for
	Calls      float64 `json:"temporalCallsPerMinute"`
	Statements float64 `json:"databaseTransactionsPerMinute"`
	CPU        float64 `json:"databaseCPUSecondsPerMinute"`
}

func (c queueCost) String() string {
	return fmt.Sprintf("create %.1f ms, list %.1f ms, details %.1f ms, preview %.1f ms, backlog %.1f ms; idle, a minute: %.0f calls of Temporal, %.0f transactions, %.2f s of the database's CPU",
		c.Create, c.List, c.Details, c.Preview, c.Backlog, c.Calls, c.Statements, c.CPU)
}

// settle waits until all requests that were made wait and their mails are sent.
func (r *scaleRun) settle(ctx context.Context) error {
	return rig.Poll(ctx, "mails to be sent", settleLimit, nil, func(ctx context.Context) (bool, error) {
		backlog, err := r.db.Backlog(ctx)
		return err == nil && backlog.NoticesPending == 0, err
	})
}

// cost looks at what the queue costs.
func (r *scaleRun) cost(ctx context.Context, admin *rig.Caller, queued int) (c queueCost, err error) {
	c.Queued = queued
	if err := r.settle(ctx); err != nil {
		return c, err
	}
	last := r.small[len(r.small)-1] // has records at every depth
	asLast, err := r.signIn(ctx, last)
	if err != nil {
		return c, err
	}
	form := map[string]any{"activityType": last.codes[0], "requestType": offhours.ExportAndDelete, "range": keep}
	for into, call := range map[*float64]func() error{
		&c.List:    func() error { return get(ctx, admin, "/requests") },
		&c.Details: func() error { return get(ctx, admin, "/requests/"+r.requests[0].RequestID) },
		&c.Preview: func() error {
			var answer any
			_, err := asLast.Call(ctx, http.MethodPost, "/requests/preview", "", form, &answer)
			return err
		},
		&c.Backlog: func() error { _, err := r.db.Backlog(ctx); return err },
	} {
		if *into, err = median(call); err != nil {
			return c, err
		}
	}
	return c, r.idle(ctx, &c)
}

// idle looks at what goes on while nobody calls, for less time if there are few
// accounts.
func (r *scaleRun) idle(ctx context.Context, c *queueCost) error {
	length := min(quietTime, time.Duration(len(r.small))*100*time.Millisecond)
	before, err := r.count(ctx)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(length):
	}
	after, err := r.count(ctx)
	minutes := length.Minutes()
	c.Calls, c.Statements, c.CPU = (after.calls-before.calls)/minutes, (after.transactions-before.transactions)/minutes, (after.cpu-before.cpu)/minutes
	return err
}

type counts struct{ calls, transactions, cpu float64 }

func (r *scaleRun) count(ctx context.Context) (c counts, err error) {
	for _, address := range r.metrics {
		page, err := fetch(ctx, "http://"+address+"/metrics")
		if err != nil {
			return c, err
		}
		c.calls += sum(page, "temporal_request_total{", "")
	}
	// Sessions tell what they did when they have been idle for a second.
	if err := r.pool.QueryRow(ctx, "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()").Scan(&c.transactions); err != nil {
		return c, err
	}
	c.cpu, err = postgresCPU(filepath.Join(r.dir, "stack", "postgres", "postmaster.pid"))
	return c, err
}

// sum adds the values of all lines of a page of metrics that begin so and have the
// label, if there is one.
func sum(page []byte, prefix, label string) (total float64) {
	lines := bufio.NewScanner(bytes.NewReader(page))
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, prefix) && strings.Contains(line, label) {
			value, _ := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64) // a page that is no page has no such line
			total += value
		}
	}
	return total
}

// postgresCPU is the CPU time, in seconds, of a PostgreSQL server and its sessions,
// those that have ended too. It is 0 where there is no /proc.
func postgresCPU(pidFile string) (seconds float64, err error) {
	text, err := os.ReadFile(pidFile)
	if err != nil {
		return 0, err
	}
	server, _, _ := strings.Cut(string(text), "\n")
	files, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is good
	for _, file := range files {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(after) // from the third of proc(5) on
		own := filepath.Base(filepath.Dir(file)) == server
		if len(fields) < 15 || !own && fields[1] != server {
			continue
		}
		times := fields[11:13]
		if own {
			times = fields[11:15] // and of those that have ended
		}
		for _, ticks := range times {
			n, _ := strconv.ParseFloat(ticks, 64) // the kernel writes numbers
			seconds += n / clockTicks
		}
	}
	return seconds, nil
}

func get(ctx context.Context, admin *rig.Caller, path string) error {
	var answer any
	_, err := admin.Call(ctx, http.MethodGet, path, "", nil, &answer)
	return err
}

// median is that of the times of some calls, in milliseconds.
func median(call func() error) (float64, error) {
	var took []float64
	for range probes {
		began := time.Now()
		if err := call(); err != nil {
			return 0, err
		}
		took = append(took, milliseconds(time.Since(began)))
	}
	return quantile(took, 0.5), nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func fetch(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", url, response.Status)
	}
	return io.ReadAll(response.Body)
}

// memory samples the resident memory of processes.
type memory struct {
	names   []string
	samples [][]float64 // of each process, in MB
	cancel  context.CancelFunc
	done    sync.WaitGroup
}

// watch samples until stop.
func watch(processes map[string]*rig.Process) *memory {
	ctx, cancel := context.WithCancel(context.Background())
	m := &memory{cancel: cancel}
	var watched []*rig.Process
	for _, name := range []string{"api", "worker 1", "worker 2"} {
		m.names, watched = append(m.names, name), append(watched, processes[name])
	}
	m.samples = make([][]float64, len(watched))
	ticker := time.NewTicker(sampleMemory)
	m.done.Go(func() {
		defer ticker.Stop()
		for {
			for i, p := range watched {
				if mb, ok := resident(p.PID()); ok {
					m.samples[i] = append(m.samples[i], mb)
				}
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
	return m
}

func (m *memory) stop() {
	m.cancel()
	m.done.Wait()
}

// resident is a process's memory in MB, as Linux tells it.
func resident(pid int) (mb float64, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, "VmRSS:"); found {
			kb, err := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return kb / 1024, err == nil
		}
	}
	return 0, false
}
