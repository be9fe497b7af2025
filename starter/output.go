package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/offhours/offhours"
)

// format is the form of what is printed.
type format string

const (
	table      format = "table"
	jsonFormat format = "json"
)

// String, Set and Type make a format a flag.
func (f *format) String() string { return string(*f) }

// Set refuses every other form.
func (f *format) Set(text string) error {
	if format(text) != table && format(text) != jsonFormat {
		return fmt.Errorf(`want "table" or "json"`)
	}
	*f = format(text)
	return nil
}

// Type is the placeholder in the help.
func (f *format) Type() string { return "form" }

// requestJSON is a request of some account.
type requestJSON struct {
	AccountID int64 `json:"accountId"`
	offhours.Request
}

func toJSON(r offhours.Request) requestJSON { return requestJSON{r.AccountID, r} }

// printJSON prints one document.
func (t *tool) printJSON(document any) error {
	encoder := json.NewEncoder(t.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}

// note says something beside the result, to people only.
func (t *tool) note(text string, args ...any) {
	if t.output == table {
		fmt.Fprintf(t.stderr, text+"\n", args...)
	}
}

// printRows prints lines whose cells stand below each other.
func printRows(to io.Writer, rows ...[]string) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush()
}

// printable is a text as it stands, or quoted if a line could not show it.
func printable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func clockOr(t *time.Time, otherwise string) string {
	if t == nil {
		return otherwise
	}
	return clock(*t)
}

// selected says by instants which records a selection holds.
func selected(s offhours.Selection) string {
	text := "modified before " + clock(s.Before)
	if s.After != nil && s.Until != nil {
		text += fmt.Sprintf(", or from %s until %s", clock(*s.After), clock(*s.Until))
	}
	return text
}

// requestRows are what a request is, and how it stands.
func requestRows(r offhours.Request) [][]string {
	rows := [][]string{
		{"Request", r.ID},
		{"Account", strconv.FormatInt(r.AccountID, 10)},
		{"Activity type", fmt.Sprintf("%d %s", r.ActivityType, printable(r.EntityName))},
		{"Request type", r.RequestType.Label()},
		{"Range", r.Range.Label()},
		{"Selection", selected(r.Selection)},
		{"Records", strconv.Itoa(r.Records)},
		{"Created", clock(r.CreatedOn) + " by " + printable(r.CreatedBy)},
		{"Status", r.Status.Label()},
		{"", printable(r.StatusDetail)},
	}
	if r.Status == offhours.StatusInProgress || r.Status == offhours.StatusInQueue {
		return append(rows, []string{"Starts", clockOr(r.StartsAt, "not known")}, []string{"Started", clockOr(r.StartedOn, "not yet")})
	}
	return append(rows, []string{"Started", clockOr(r.StartedOn, "never")}, []string{"Ended", clockOr(r.CompletedOn, "")})
}

// outcomeRows are what became of the records of a request that ended.
func outcomeRows(r offhours.Request) [][]string {
	o := r.Outcomes
	var rows [][]string
	for _, outcome := range []struct {
		words string
		count int
	}{
		{"deleted", o.Deleted}, {"kept, changed since", o.KeptChanged}, {"kept, a file came since", o.KeptAttachment},
		{"gone already", o.AlreadyGone}, {"failed", o.Failed}, {"not processed", o.NotProcessed}, {"records", r.Records},
	} {
		rows = append(rows, []string{fmt.Sprintf("%9d", outcome.count), outcome.words})
	}
	return rows
}
