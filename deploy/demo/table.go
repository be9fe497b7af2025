package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// results is what was expected and what was seen, in the order of events.
type results struct{ lines []result }

type result struct {
	step, expected, seen string
	ok                   bool
}

// equal notes a step that holds if both look the same.
func (r *results) equal(step string, expected, seen any) {
	e, s := fmt.Sprint(expected), fmt.Sprint(seen)
	r.lines = append(r.lines, result{step, e, s, e == s})
}

// holds notes a step that was judged already.
func (r *results) holds(step, expected string, seen any, ok bool) {
	r.lines = append(r.lines, result{step, expected, fmt.Sprint(seen), ok})
}

// print shows the table and then what failed once more. It reports whether
// everything held: a run that was ended by err or interrupted did not.
func (r *results) print(out io.Writer, err error, interrupted bool) bool {
	if len(r.lines) > 0 && !interrupted {
		fmt.Fprintln(out)
		writeTable(out, r.lines)
	}
	failed := r.failed()
	if interrupted {
		fmt.Fprintln(out, "\nInterrupted.")
		return false
	}
	if len(failed) > 0 {
		fmt.Fprintf(out, "\nFAILED: %d of %d checks\n", len(failed), len(r.lines))
	}
	for _, line := range failed {
		fmt.Fprintf(out, "  %s: expected %s, saw %s\n", line.step, line.expected, line.seen)
	}
	if err != nil {
		fmt.Fprintf(out, "\nFAILED: the demo could not go on: %v\n", err)
	}
	held := err == nil && len(failed) == 0 && len(r.lines) > 0
	if held {
		fmt.Fprintf(out, "\nAll %d checks held.\n", len(r.lines))
	}
	return held
}

func (r *results) failed() (failed []result) {
	for _, line := range r.lines {
		if !line.ok {
			failed = append(failed, line)
		}
	}
	return failed
}

func writeTable(out io.Writer, lines []result) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "STEP\tEXPECTED\tSEEN\tRESULT")
	for _, line := range lines {
		verdict := "ok"
		if !line.ok {
			verdict = "FAIL"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", line.step, clip(line.expected), clip(line.seen), verdict)
	}
	_ = table.Flush() // as good as the writes before it
}

// clip keeps the table narrow; failures are repeated in full below it.
func clip(text string) string {
	const width = 48
	if runes := []rune(text); len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return text
}
