package main

import (
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"
)

// What is demanded of a run.
const (
	mostOverFairShare  = 3.0
	mostMemoryGrowth   = 1.2
	mostCostGrowth     = 1.5
	mostInBusiestTenth = 0.2 // of the accounts, in a tenth of the spread
	enoughToSpread     = 200 // accounts: fewer lie where chance has them
	// Differences of so little are noise.
	noiseCall   = 2.0 // ms
	noiseMemory = 8.0 // MB
	noiseCalls  = 60  // of Temporal, a minute
	noiseCPU    = 1.0 // s of the database, a minute
)

// scaleVerdict is whether a target was held.
type scaleVerdict struct {
	Target string `json:"target"`
	Found  string `json:"found"`
	Held   bool   `json:"held"`
}

// machine is what it was measured on.
type machine struct {
	Cores int    `json:"cores"`
	OS    string `json:"os"`
	Go    string `json:"go"`
}

func thisMachine() machine {
	return machine{Cores: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
}

// judgeScale holds the run with fairness against the targets. The one without it
// is there for comparison, and has to come to its end as well.
func judgeScale(s scaleSettings, results scaleResults) (verdicts []scaleVerdict) {
	for _, o := range []*scaleOutcome{results.Fair, results.Unfair} {
		if o != nil {
			verdicts = append(verdicts, scaleVerdict{
				"every request ends as Success", fmt.Sprintf("%v", o.Requests),
				len(o.Requests) == 1 && o.Requests["success"] == s.accounts+s.types,
			})
		}
	}
	o := results.Fair
	if o == nil {
		return verdicts
	}
	verdicts = append(verdicts,
		scaleVerdict{
			fmt.Sprintf("no small account takes more than %.0f × its fair share", mostOverFairShare),
			fmt.Sprintf("%.2f × (p95 %.2f ×)", o.Ratio.Max, o.Ratio.P95), o.Ratio.Max <= mostOverFairShare,
		},
		scaleVerdict{
			fmt.Sprintf("accounts begin spread over %s: none before its offset, at most %.0f %% in a tenth of it", s.spread, 100*mostInBusiestTenth),
			fmt.Sprintf("%d before, %.0f %%", o.Early, 100*o.Busiest),
			o.Early == 0 && (o.Busiest <= mostInBusiestTenth || s.accounts < enoughToSpread),
		})
	for _, m := range o.Memory {
		verdicts = append(verdicts, scaleVerdict{
			fmt.Sprintf("memory of %s is flat: last quarter at most %.1f × the second", m.Process, mostMemoryGrowth),
			fmt.Sprintf("%.0f MB, then %.0f MB", m.Second, m.Last),
			m.Last <= max(mostMemoryGrowth*m.Second, m.Second+noiseMemory),
		})
	}
	return append(verdicts, judgeCosts(o.Costs)...)
}

// judgeCosts compares the cost of one request in the deepest queue with that in
// the shallowest.
func judgeCosts(costs []queueCost) (verdicts []scaleVerdict) {
	first, last := costs[0], costs[len(costs)-1]
	for _, c := range []struct {
		what, unit         string
		before, now, noise float64
		each               bool // of the queued requests costs so much
	}{
		{"a create", "ms", first.Create, last.Create, noiseCall, false},
		{"a list", "ms", first.List, last.List, noiseCall, false},
		{"details", "ms", first.Details, last.Details, noiseCall, false},
		{"a preview", "ms", first.Preview, last.Preview, noiseCall, false},
		{"the backlog", "ms", first.Backlog, last.Backlog, noiseCall, false},
		{"an idle minute of Temporal", "calls for each", first.Calls, last.Calls, noiseCalls, true},
		{"an idle minute of the database", "s of CPU for each", first.CPU, last.CPU, noiseCPU, true},
	} {
		if c.each {
			c.before, c.now, c.noise = c.before/float64(first.Queued), c.now/float64(last.Queued), c.noise/float64(last.Queued)
		}
		verdicts = append(verdicts, scaleVerdict{
			fmt.Sprintf("%s costs with %d queued at most %.1f × what it does with %d", c.what, last.Queued, mostCostGrowth, first.Queued),
			fmt.Sprintf("%.4g, then %.4g %s", c.before, c.now, c.unit),
			c.now <= max(mostCostGrowth*c.before, c.before+c.noise),
		})
	}
	return verdicts
}

func printScale(out io.Writer, results scaleResults) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(what string, of func(o *scaleOutcome) string) {
		fmt.Fprint(table, what)
		for _, o := range []*scaleOutcome{results.Fair, results.Unfair} {
			if o != nil {
				fmt.Fprintf(table, "\t%s", of(o))
			}
		}
		fmt.Fprintln(table)
	}
	fmt.Fprintln(out)
	row("fairness", func(o *scaleOutcome) string { return onOff(o == results.Fair) })
	row("requests", func(o *scaleOutcome) string { return fmt.Sprint(o.Requests) })
	row("records", func(o *scaleOutcome) string { return fmt.Sprint(o.Records) })
	row("opening to last end", func(o *scaleOutcome) string { return fmt.Sprintf("%.1f s", o.Total) })
	row("records a second", func(o *scaleOutcome) string { return fmt.Sprintf("%.0f", float64(o.Records)/o.Total) })
	row("heavy account, start to end", func(o *scaleOutcome) string { return fmt.Sprintf("%.1f s", o.HeavyTotal) })
	for _, line := range []struct {
		what, unit string
		of         func(o *scaleOutcome) spread
	}{
		{"opening to start", " s", func(o *scaleOutcome) spread { return o.Spread }},
		{"  of it behind the account's offset", " s", func(o *scaleOutcome) spread { return o.Late }},
		{"small accounts, start to end", " s", func(o *scaleOutcome) spread { return o.Small }},
		{"  of it waiting for a slot", " s", func(o *scaleOutcome) spread { return o.Waited }},
		{"  by fair share", " s", func(o *scaleOutcome) spread { return o.Fair }},
		{"  ratio of both", " ×", func(o *scaleOutcome) spread { return o.Ratio }},
	} {
		row(line.what+": p50 / p95 / max", func(o *scaleOutcome) string {
			v := line.of(o)
			return fmt.Sprintf("%.2f / %.2f / %.2f%s", v.P50, v.P95, v.Max, line.unit)
		})
	}
	row("steps at work while others waited", func(o *scaleOutcome) string { return fmt.Sprintf("%.1f", o.Capacity) })
	row("history events: small / heavy", func(o *scaleOutcome) string { return fmt.Sprintf("%d / %d", o.Events[0], o.Events[1]) })
	row("Temporal actions: small / heavy", func(o *scaleOutcome) string { return fmt.Sprintf("%d / %d", o.Actions[0], o.Actions[1]) })
	row("CPU of the database", func(o *scaleOutcome) string { return fmt.Sprintf("%.1f s", o.CPU) })
	for i := range 1 + scaleWorkers {
		row("memory: least / median / most", func(o *scaleOutcome) string {
			m := o.Memory[i]
			return fmt.Sprintf("%s: %.0f / %.0f / %.0f MB", m.Process, m.Least, m.Median, m.Most)
		})
	}
	_ = table.Flush() // to where the rest is printed
	fmt.Fprintln(out)
	for _, v := range results.Targets {
		fmt.Fprintf(out, "%-8s  %s: %s\n", map[bool]string{true: "held", false: "NOT HELD"}[v.Held], v.Target, v.Found)
	}
}
