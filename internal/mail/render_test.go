package mail_test

import (
	"flag"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/mail"
)

var update = flag.Bool("update", false, "write the golden files anew")

const nasty = "<b>O'Neil \"x\"</b>\r\nBcc: a@b"

// notice is one of creation; the options make the others of it.
func notice(t offhours.RequestType, options ...func(*mail.Notice)) mail.Notice {
	created := time.Date(2026, 4, 30, 8, 35, 9, 0, time.UTC)
	starts := time.Date(2026, 4, 30, 12, 30, 0, 0, time.UTC)
	until := offhours.DownloadUntil(created)
	n := mail.Notice{
		ID:        "42",
		Kind:      offhours.NoticeCreated,
		Recipient: mail.Recipient{Name: "Asha Rao", Email: "asha@example.com"},
		Request: offhours.Request{
			ID:          "0190a6b0-5f2e-7c11-9f0e-3b1d2c4e5f60",
			EntityName:  "Site Visit",
			RequestType: t,
			Range:       offhours.DateRange{Days: 30},
			Status:      offhours.StatusInQueue,
			Records:     184_210,
			CreatedBy:   "asha@example.com",
			CreatedOn:   created,
			StartsAt:    &starts,
		},
		Account: mail.Account{Name: "Acme Lending", TimeZone: "Asia/Kolkata"},
		PageURL: "https://crm.example.com/settings/bulk-export-delete",
	}
	if t == offhours.ExportAndDelete {
		n.Request.DownloadUntil = &until
	}
	for _, option := range options {
		option(&n)
	}
	return n
}

func ended(k offhours.NoticeKind, s offhours.Status, o offhours.Outcomes) func(*mail.Notice) {
	return func(n *mail.Notice) {
		on := time.Date(2026, 4, 30, 19, 5, 0, 0, time.UTC)
		n.Kind, n.Request.Status, n.Request.Outcomes, n.Request.CompletedOn = k, s, o, &on
	}
}

func succeeded(o offhours.Outcomes) func(*mail.Notice) {
	return ended(offhours.NoticeSuccess, offhours.StatusSuccess, o)
}

func failed(o offhours.Outcomes, detail string) func(*mail.Notice) {
	return func(n *mail.Notice) {
		ended(offhours.NoticeFailed, offhours.StatusFailed, o)(n)
		n.Request.Failure = &offhours.Failure{Code: "some_code", Detail: detail}
	}
}

func revoked(by string) func(*mail.Notice) {
	return func(n *mail.Notice) {
		ended(offhours.NoticeRevoked, offhours.StatusRevoked, offhours.Outcomes{NotProcessed: n.Request.Records})(n)
		n.Request.RevokedBy = &by
	}
}

func hostile(n *mail.Notice) {
	n.Recipient.Name, n.Account.Name, n.Request.EntityName, n.Request.CreatedBy = nasty, nasty, nasty, nasty
	if n.Request.RevokedBy != nil {
		n.Request.RevokedBy = new(nasty)
	}
	if n.Request.Failure != nil {
		n.Request.Failure.Detail = nasty
	}
}

func unnamed(n *mail.Notice) { n.Recipient.Name = "" }

var (
	all     = offhours.Outcomes{Deleted: 184_210}
	most    = offhours.Outcomes{Deleted: 184_190, KeptChanged: 12, KeptAttachment: 5, AlreadyGone: 3}
	partial = offhours.Outcomes{Deleted: 60_000, KeptChanged: 7, Failed: 3, NotProcessed: 124_200}
	none    = offhours.Outcomes{NotProcessed: 184_210}
)

const (
	moreFound = "More activities were found than were confirmed. Nobody confirmed those, so nothing was deleted."
	dbGone    = "The database could not be reached for a long time."
)

func TestNoticesReadAsTheGoldenFilesSay(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]mail.Notice{
		"created_export":          notice(offhours.ExportAndDelete),
		"created_delete":          notice(offhours.DeleteOnly, unnamed),
		"created_nasty":           notice(offhours.ExportAndDelete, hostile),
		"success_export":          notice(offhours.ExportAndDelete, succeeded(most)),
		"success_delete":          notice(offhours.DeleteOnly, succeeded(all)),
		"failed_export_partly":    notice(offhours.ExportAndDelete, failed(partial, dbGone)),
		"failed_export_untouched": notice(offhours.ExportAndDelete, failed(none, moreFound)),
		"failed_delete_partly":    notice(offhours.DeleteOnly, failed(partial, dbGone)),
		"failed_delete_untouched": notice(offhours.DeleteOnly, failed(none, "")),
		"failed_nasty":            notice(offhours.ExportAndDelete, failed(partial, dbGone), hostile),
		"revoked_export":          notice(offhours.ExportAndDelete, revoked("ben@example.com")),
		"revoked_delete":          notice(offhours.DeleteOnly, revoked("support, ticket 815")),
		"revoked_nasty":           notice(offhours.DeleteOnly, revoked("x"), hostile),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := mail.Render(n)
			require.NoError(t, err)
			requireGolden(t, name, fmt.Sprintf("ID: %s\nTo: %q <%s>\nSubject: %s\n\n%s\n%s", m.ID, m.To.Name, m.To.Email, m.Subject, m.Text, m.HTML))
		})
	}
}

func requireGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "go test ./internal/mail -update writes it")
	require.Equal(t, string(want), got)
}

func TestEverySubjectSaysTheStatusAndTheRequestType(t *testing.T) {
	t.Parallel()
	for _, requestType := range []offhours.RequestType{offhours.ExportAndDelete, offhours.DeleteOnly} {
		for status, n := range map[string]mail.Notice{
			"In Queue": notice(requestType),
			"Success":  notice(requestType, succeeded(all)),
			"Failed":   notice(requestType, failed(none, "")),
			"Revoked":  notice(requestType, revoked("x")),
		} {
			m, err := mail.Render(n)
			require.NoError(t, err)
			require.Equal(t, status+": "+requestType.SubjectLabel()+" of Site Visit", m.Subject)
		}
	}
}

func TestTheTablesOfTheHTMLHoldEveryLineOfTheText(t *testing.T) {
	t.Parallel()
	row := regexp.MustCompile(`(?m)^  ([^:]+): (.+)$`)
	for _, n := range []mail.Notice{
		notice(offhours.ExportAndDelete), notice(offhours.DeleteOnly, succeeded(most)),
		notice(offhours.ExportAndDelete, failed(partial, dbGone)), notice(offhours.ExportAndDelete, revoked("x")),
	} {
		m := render(t, n)
		rows := row.FindAllStringSubmatch(m.Text, -1)
		require.GreaterOrEqual(t, len(rows), 7)
		for _, r := range rows {
			cells := `>` + regexp.QuoteMeta(r[1]) + `</th><td[^>]*>` + regexp.QuoteMeta(r[2]) + `</td>`
			require.Regexp(t, cells, html.UnescapeString(m.HTML))
		}
		require.Contains(t, m.HTML, `href="`+n.PageURL+`"`)
		require.Contains(t, m.Text, "\n"+n.PageURL+"\n")
	}
}

func TestANoticeOfCreationStaysTrueWhenTheRequestHasMovedOn(t *testing.T) {
	t.Parallel()
	before, err := mail.Render(notice(offhours.ExportAndDelete))
	require.NoError(t, err)
	late := notice(offhours.ExportAndDelete, succeeded(all))
	late.Kind = offhours.NoticeCreated
	after, err := mail.Render(late)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestTheDownloadIsOfferedExactlyIfThereMayBeFiles(t *testing.T) {
	t.Parallel()
	const until = "30 May 2026, 14:05 (Asia/Kolkata, UTC+05:30)"
	for _, c := range []struct {
		n       mail.Notice
		offered bool
	}{
		{notice(offhours.ExportAndDelete), false},
		{notice(offhours.ExportAndDelete, succeeded(most)), true},
		{notice(offhours.DeleteOnly, succeeded(most)), false},
		{notice(offhours.ExportAndDelete, failed(partial, dbGone)), true},
		{notice(offhours.ExportAndDelete, failed(none, dbGone)), false},
		{notice(offhours.DeleteOnly, failed(partial, dbGone)), false},
		{notice(offhours.ExportAndDelete, revoked("x")), false},
	} {
		c.n.Request.DownloadUntil = nil // it follows from the creation
		m, err := mail.Render(c.n)
		require.NoError(t, err)
		require.Equal(t, c.offered, strings.Contains(m.Text, until), m.Text)
		require.Equal(t, c.offered, strings.Contains(html.UnescapeString(m.HTML), until), m.HTML)
	}
}

func TestTimesAreThoseOfTheAccount(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]string{
		"UTC":                 "30 April 2026, 08:35 (UTC)",
		"America/Los_Angeles": "30 April 2026, 01:35 (America/Los_Angeles, UTC-07:00)",
		"Pacific/Kiritimati":  "30 April 2026, 22:35 (Pacific/Kiritimati, UTC+14:00)",
	} {
		n := notice(offhours.DeleteOnly)
		n.Account.TimeZone = zone
		m, err := mail.Render(n)
		require.NoError(t, err)
		require.Contains(t, m.Text, "Created on: "+want+"\n")
	}
}

func TestNamesCannotForgeLines(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		nasty, "a\nStatus: Success", "a\u2028b", "a\u0085b", "\u202egnp.exe", "a\x00b", "a\xffb", "=?utf-8?q?Bcc=3A?=",
		strings.Repeat("ü", 5000), "\r\n", "", "{{.PageURL}}",
	} {
		n := notice(offhours.ExportAndDelete, revoked("x"))
		lines := strings.Count(render(t, n).Text, "\n")
		n.Recipient.Name, n.Account.Name, n.Request.EntityName, n.Request.RevokedBy = name, name, name, &name
		m := render(t, n)
		require.Equal(t, lines, strings.Count(m.Text, "\n"), name)
		for _, header := range []string{m.Subject, m.To.Name} {
			require.NotRegexp(t, `[\x00-\x1f\x7f]|=\?`, header)
			require.LessOrEqual(t, len(header), 500)
		}
		require.NotRegexp(t, `[\x{2028}\x{202e}\x{85}]`, m.Subject+m.Text+m.HTML)
	}
}

func render(t *testing.T, n mail.Notice) mail.Message {
	t.Helper()
	m, err := mail.Render(n)
	require.NoError(t, err)
	return m
}

func TestTheHTMLLoadsNothingAndHoldsNoMarkupOfNames(t *testing.T) {
	t.Parallel()
	for _, options := range [][]func(*mail.Notice){
		{hostile}, {succeeded(most), hostile}, {failed(partial, dbGone), hostile}, {revoked("x"), hostile},
	} {
		m := render(t, notice(offhours.ExportAndDelete, options...))
		require.NotRegexp(t, `(?i)<(b|img|script|link|style|iframe)[ >]|src=|url\(|@import`, m.HTML)
		require.Contains(t, m.HTML, `<html lang="en">`)
		require.Equal(t, 1, strings.Count(m.HTML, "<h1"))
		require.Equal(t, 1, strings.Count(m.HTML, "http"), "the only address is the page's")
	}
}

func TestWhatCannotBeTrueIsNotRendered(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*mail.Notice){
		"kind":             func(n *mail.Notice) { n.Kind = "odd" },
		"request type":     func(n *mail.Notice) { n.Request.RequestType = "odd" },
		"time zone":        func(n *mail.Notice) { n.Account.TimeZone = "Mars/Base" },
		"server's zone":    func(n *mail.Notice) { n.Account.TimeZone = "Local" },
		"another status":   func(n *mail.Notice) { n.Request.Status = offhours.StatusFailed },
		"no page":          func(n *mail.Notice) { n.PageURL = "" },
		"relative page":    func(n *mail.Notice) { n.PageURL = "/settings" },
		"script as a page": func(n *mail.Notice) { n.PageURL = "javascript:alert(1)" },
		"page with lines":  func(n *mail.Notice) { n.PageURL += "\nStatus:" },
	} {
		n := notice(offhours.ExportAndDelete, succeeded(all), spoil)
		_, err := mail.Render(n)
		require.Error(t, err, name)
	}
}
