package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
)

// results is what results.json holds.
type results struct {
	Machine facts         `json:"machine"`
	Runs    []measurement `json:"runs"`
}

// facts are what the numbers depend on.
type facts struct {
	Cores      int      `json:"cores"`
	OS         string   `json:"os"`
	Go         string   `json:"go"`
	PostgreSQL string   `json:"postgresql"`
	Settings   []string `json:"settings"` // of PostgreSQL
}

// measurement is one run of a method.
type measurement struct {
	Rep int `json:"rep"`
	cell
	Method     string             `json:"method"`
	Seconds    float64            `json:"seconds"`
	Bytes      int64              `json:"bytes"`                // of the records' CSV files
	WAL        int64              `json:"walBytes"`             // of the whole server
	WorkerPeak int64              `json:"workerPeak,omitempty"` // bytes
	Events     int                `json:"events,omitempty"`     // of the workflow's history
	Stages     map[string]float64 `json:"stages,omitempty"`     // seconds
}

const resultsName = "results.json"

func readResults(dir string) (r results, err error) {
	text, err := os.ReadFile(filepath.Join(dir, resultsName))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

func (r *results) write(dir string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, resultsName), append(text, '\n'), 0o644)
}

// has reports whether a run was taken.
func (r *results) has(rep int, c cell, method string) bool {
	return slices.ContainsFunc(r.Runs, func(m measurement) bool { return m.Rep == rep && m.cell == c && m.Method == method })
}

// facts asks the server what it is.
func (s *stack) facts(ctx context.Context) (f facts, err error) {
	conn, err := s.connect(ctx, "postgres")
	if err != nil {
		return f, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	f = facts{Cores: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
	names := []string{"fsync", "synchronous_commit", "full_page_writes", "data_checksums"}
	for _, setting := range serverSettings {
		name, _, _ := strings.Cut(setting, "=")
		names = append(names, name)
	}
	err = conn.QueryRow(ctx, `SELECT current_setting('server_version'), array_agg(name || '=' || current_setting(name) ORDER BY name)
		FROM pg_settings WHERE name = ANY($1)`, names).Scan(&f.PostgreSQL, &f.Settings)
	return f, err
}

// median is the middle of what a method of a cell was measured at, and whether it
// was measured at all.
func (r *results) median(c cell, method string, of func(measurement) float64) (float64, bool) {
	var all []float64
	for _, m := range r.Runs {
		if m.cell == c && m.Method == method {
			all = append(all, of(m))
		}
	}
	if len(all) == 0 {
		return 0, false
	}
	slices.Sort(all)
	half := len(all) / 2
	if len(all)%2 == 0 {
		return (all[half-1] + all[half]) / 2, true
	}
	return all[half], true
}

func seconds(m measurement) float64 { return m.Seconds }

// cells are those with a run, small ones first.
func (r *results) cells() (all []cell) {
	for _, m := range r.Runs {
		if !slices.Contains(all, m.cell) {
			all = append(all, m.cell)
		}
	}
	slices.SortFunc(all, func(a, b cell) int {
		if a.Files != b.Files {
			return map[bool]int{false: -1, true: 1}[a.Files]
		}
		return a.Size - b.Size
	})
	return all
}

// beside is the baseline that a method is compared with.
func beside(method string) string {
	if method == deleteOnly || method == plainDelete {
		return plainDelete
	}
	return psqlExport
}

// print prints the table and the targets, and reports whether all that were
// measured held.
func (r *results) print(out io.Writer) bool {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\nmedians\truns\ttime\tratio\trecords/s\tMB/s\tWAL/record\tworker\tevents\t")
	for _, c := range r.cells() {
		fmt.Fprintf(w, "%s\t\t\t\t\t\t\t\t\t\n", c)
		for _, m := range methods {
			r.printMethod(w, c, m)
		}
	}
	_ = w.Flush() // out is a terminal or a file
	for _, c := range r.cells() {
		for _, method := range []string{exportAndDelete, deleteOnly} {
			if line := r.stageLine(c, method); line != "" {
				fmt.Fprintf(out, "%s, %s: %s\n", c, title(method), line)
			}
		}
	}
	held := true
	for _, t := range r.targets() {
		word := "held"
		if !t.held {
			word, held = "NOT held", false
		}
		fmt.Fprintf(out, "%-8s  %s: %s\n", word, t.want, t.is)
	}
	return held
}

func (r *results) printMethod(w io.Writer, c cell, m method) {
	took, ok := r.median(c, m.name, seconds)
	if !ok {
		return
	}
	runs := 0
	for _, taken := range r.Runs {
		if taken.cell == c && taken.Method == m.name {
			runs++
		}
	}
	ratio := ""
	if base, ok := r.median(c, beside(m.name), seconds); ok {
		ratio = fmt.Sprintf("%.2f", took/base)
	}
	bytes, _ := r.median(c, m.name, func(m measurement) float64 { return float64(m.Bytes) })
	wal, _ := r.median(c, m.name, func(m measurement) float64 { return float64(m.WAL) })
	peak, _ := r.median(c, m.name, func(m measurement) float64 { return float64(m.WorkerPeak) })
	events, _ := r.median(c, m.name, func(m measurement) float64 { return float64(m.Events) })
	fmt.Fprintf(w, "%s\t%d\t%.2f s\t%s\t%.0f\t%s\t%.0f B\t%s\t%s\t\n", m.title, runs, took, ratio, float64(c.Size)/took,
		unlessZero("%.1f", bytes/took/1e6), wal/float64(c.Size), unlessZero("%.0f MB", peak/1e6), unlessZero("%.0f", events))
}

func unlessZero(format string, n float64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(format, n)
}

var stageOrder = []string{"plan", archiveStage, "export", "verify", "delete", "prove", "report", otherStage, engineStage}

// stageLine is the shares of the stages, of the sum of their medians.
func (r *results) stageLine(c cell, method string) string {
	sum, all := 0.0, map[string]float64{}
	for _, stage := range stageOrder {
		all[stage], _ = r.median(c, method, func(m measurement) float64 { return m.Stages[stage] })
		sum += all[stage]
	}
	if sum == 0 {
		return ""
	}
	var words []string
	for _, stage := range stageOrder {
		if all[stage] > 0 {
			words = append(words, fmt.Sprintf("%s %.2f s (%.0f %%)", stage, all[stage], 100*all[stage]/sum))
		}
	}
	return strings.Join(words, ", ")
}

// target is a promise, and what was measured.
type target struct {
	want, is string
	held     bool
}

const (
	small, large = 20_000, 200_000
	peakLimit    = 150e6 // bytes
	eventLimit   = 500
)

// targets are those for which there are runs.
func (r *results) targets() (all []target) {
	plain := cell{Size: large}
	took, measured := r.median(plain, exportAndDelete, seconds)
	if base, ok := r.median(plain, psqlExport, seconds); ok && measured {
		all = append(all, target{"Export & Delete of 200,000 in at most 1.5 times psql's time", fmt.Sprintf("%.2f times", took/base), took <= 1.5*base})
	}
	if before, ok := r.median(cell{Size: small}, exportAndDelete, seconds); ok && measured {
		growth := took / large / (before / small)
		all = append(all, target{"a record costs at most 1.2 times as much among 200,000 as among 20,000", fmt.Sprintf("%.2f times", growth), growth <= 1.2})
	}
	if base, ok := r.median(plain, plainDelete, seconds); ok {
		if took, ok := r.median(plain, deleteOnly, seconds); ok {
			all = append(all, target{"Delete Only of 200,000 in at most 3 times the DELETE's time and 0.5 s", fmt.Sprintf("%.2f s, DELETE %.2f s", took, base), took <= 3*base+0.5})
		}
	}
	var peak int64
	events := 0
	for _, m := range r.Runs {
		peak, events = max(peak, m.WorkerPeak), max(events, m.Events)
	}
	if peak > 0 {
		all = append(all,
			target{"the worker never has more than 150 MB", fmt.Sprintf("%.0f MB", float64(peak)/1e6), peak <= peakLimit},
			target{"a history has at most 500 events", fmt.Sprint(events), events <= eventLimit})
	}
	return all
}
