package mail

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"net/url"
	"strings"
	texttemplate "text/template"

	"github.com/offhours/offhours"
)

//go:embed templates/*.tmpl
var templateFiles embed.FS

var (
	textTemplates = texttemplate.Must(texttemplate.ParseFS(templateFiles, "templates/*.text.tmpl"))
	htmlTemplates = htmltemplate.Must(htmltemplate.ParseFS(templateFiles, "templates/*.html.tmpl"))
)

// Render words a notice. It fails for a kind, request type or time zone that is
// not known, for a page that is not on the web, and for a request that is not in
// the status the notice would claim.
func Render(n Notice) (Message, error) {
	if err := n.validate(); err != nil {
		return Message{}, fmt.Errorf("render notice %.64q: %w", n.ID, err)
	}
	v, err := newView(n)
	if err != nil {
		return Message{}, fmt.Errorf("render notice %.64q: %w", n.ID, err)
	}
	var text, html strings.Builder
	if err := textTemplates.ExecuteTemplate(&text, string(n.Kind)+".text.tmpl", v); err != nil {
		return Message{}, fmt.Errorf("render notice %.64q: %w", n.ID, err)
	}
	if err := htmlTemplates.ExecuteTemplate(&html, string(n.Kind)+".html.tmpl", v); err != nil {
		return Message{}, fmt.Errorf("render notice %.64q: %w", n.ID, err)
	}
	to := Recipient{Name: headerLine(n.Recipient.Name), Email: n.Recipient.Email}
	return Message{ID: n.ID, To: to, Subject: v.Subject, Text: text.String(), HTML: html.String()}, nil
}

func (n Notice) validate() error {
	switch claimed, actual := statusOf(n.Kind), n.Request.Status; {
	case claimed == "":
		return fmt.Errorf("kind %.32q is not known", n.Kind)
	case claimed != actual && n.Kind != offhours.NoticeCreated:
		return fmt.Errorf("the notice says %s, but the request is %.32q", claimed, actual)
	case !n.Request.RequestType.Valid():
		return fmt.Errorf("request type %.32q is not known", n.Request.RequestType)
	case !onTheWeb(n.PageURL):
		return fmt.Errorf("the page is not an absolute http or https address")
	}
	return nil
}

func onTheWeb(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && line(address) == address
}

// subject says the status and the request type first, as inboxes cut subjects.
func subject(status offhours.Status, r offhours.Request) string {
	return status.Label() + ": " + r.RequestType.SubjectLabel() + " of " + orUnnamed(headerLine(r.EntityName))
}
