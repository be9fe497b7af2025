package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// announce prints where everything is, once it is ready.
func (s *stack) announce(took time.Duration) {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	row := func(name, value string) { fmt.Fprintf(table, "  %s\t%s\n", name, value) }
	rowOf := func(part, name, value string) {
		if s.settings.runs(part) {
			row(name, value)
		}
	}
	rowOf(partAPI, "Page", s.apiURL()+"/")
	rowOf(partAPI, "API", s.apiURL()+"/openapi.yaml")
	rowOf(partUI, "Temporal UI", s.ui.url())
	rowOf(partTemporal, "Temporal gRPC", address(s.settings.ports.temporal)+", namespace "+s.settings.namespace)
	rowOf(partPostgres, "PostgreSQL", s.postgres.dataURL(database))
	rowOf(partOIDC, "OIDC issuer", s.oidc.issuer())
	rowOf(partOIDC, "Sign in", fmt.Sprintf(`curl -s %s -d '{"email":"%s"}'`, s.login.url(), s.somebody()))
	row("Mails", s.folder.path("mail"))
	row("Logs", s.folder.path("log"))
	_ = table.Flush() // a Builder takes everything
	s.out.Printf("Ready after %.1f s. Ctrl-C stops it; the data stays.\n\n%s", took.Seconds(), text.String())
}

// somebody is a user who may sign in.
func (s *stack) somebody() string {
	if len(s.login.users) > 0 {
		return s.login.users[0].Email
	}
	return "you@example.com"
}
