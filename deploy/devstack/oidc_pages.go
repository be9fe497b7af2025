package main

import (
	"bytes"
	"crypto/rand"
	"html/template"
	"net/http"
	"strings"
)

// chooserPage is what differs from one showing of the chooser to the next.
type chooserPage struct {
	Email   string // as it was typed
	Problem string // with it
}

// chooserAccount is an account and those of it who may sign in.
type chooserAccount struct {
	Name  string
	Users []chooserUser
}

type chooserUser struct {
	Name, Email, Role, Outlook string
}

// chooserAccounts keeps the order of the accounts file.
func (u users) chooserAccounts() []chooserAccount {
	var accounts []chooserAccount
	for _, one := range u {
		if last := len(accounts) - 1; last < 0 || accounts[last].Name != one.account {
			accounts = append(accounts, chooserAccount{Name: one.account})
		}
		account := &accounts[len(accounts)-1]
		account.Users = append(account.Users, chooserUser{
			Name: one.Name, Email: one.Email, Role: strings.ReplaceAll(one.Role, "_", " "), Outlook: one.outlook(),
		})
	}
	return accounts
}

func (o *oidcProvider) showChooser(w http.ResponseWriter, status int, page chooserPage) {
	o.show(w, status, "chooser", map[string]any{
		"Title": "Sign in to Offhours", "Accounts": o.users.chooserAccounts(), "Email": page.Email, "Problem": page.Problem,
	})
}

func (o *oidcProvider) showProblem(w http.ResponseWriter, text string) {
	o.show(w, http.StatusBadRequest, "notice", map[string]any{"Title": "This does not work", "Text": text, "Page": o.addresses("/")[0]})
}

func (o *oidcProvider) showSignedOut(w http.ResponseWriter) {
	o.show(w, http.StatusOK, "notice", map[string]any{"Title": "You are signed out", "Page": o.addresses("/")[0]})
}

// show fills in a page. Browsers that follow a form's redirect want its target
// allowed, too: that is the page (Content Security Policy Level 3, form-action).
func (o *oidcProvider) show(w http.ResponseWriter, status int, name string, fields map[string]any) {
	nonce := rand.Text()
	fields["Nonce"] = nonce
	var filled bytes.Buffer
	if err := pages.ExecuteTemplate(&filled, name, fields); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; img-src data:; style-src 'nonce-"+nonce+"'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' "+strings.Join(o.pages, " "))
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = filled.WriteTo(w) // the caller may have left
}

// The pages need no script.
var pages = template.Must(template.New("").Parse(`
{{define "head"}}<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{.Title}}</title>
<link rel="icon" href="data:,">
<style nonce="{{.Nonce}}">
:root { color-scheme: light dark; --line: light-dark(#868e96, #909296); --quiet: light-dark(#495057, #c1c2c5); --blue: light-dark(#1864ab, #74c0fc); }
* { box-sizing: border-box; }
body { margin: 0; background: light-dark(#f8f9fa, #1a1b1e); color: light-dark(#212529, #f1f3f5); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: anywhere; }
main { max-width: 34rem; margin: 0 auto; padding: 2rem 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
p { margin: 0 0 1rem; }
ul { list-style: none; margin: 0; padding: 0; }
li { margin: 0 0 .5rem; }
.quiet { color: var(--quiet); }
.problem { color: light-dark(#c92a2a, #ffa8a8); }
button, input { font: inherit; color: inherit; background: light-dark(#fff, #25262b); border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .9rem; min-height: 2.75rem; }
button { cursor: pointer; }
button:hover { border-color: var(--blue); }
:focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; }
li button { display: block; width: 100%; text-align: start; }
li button span { display: block; }
label { display: block; font-weight: 600; }
input { display: block; width: 100%; margin: .25rem 0 1rem; }
a { color: var(--blue); }
.cancel { margin-top: 1.5rem; }
</style>
</head>
<body>
<main>
<h1>{{.Title}}</h1>
{{end}}

{{define "foot"}}</main>
</body>
</html>
{{end}}

{{define "chooser"}}{{template "head" .}}
<p class="quiet">A sign-in for development: there are no passwords.</p>
{{with .Problem}}<p class="problem" id="problem" role="alert">{{.}}</p>{{end}}
<form method="post">
{{range $i, $account := .Accounts}}
<section aria-labelledby="account-{{$i}}">
<h2 id="account-{{$i}}">{{.Name}}</h2>
<ul>
{{range .Users}}<li><button name="email" value="{{.Email}}"><strong>{{.Name}}</strong> <span>{{.Email}}</span> <span class="quiet">{{.Role}}, {{.Outlook}}</span></button></li>
{{end}}</ul>
</section>
{{else}}
<label for="email">E-mail address</label>
<input id="email" name="email" type="email" autocomplete="email" required value="{{.Email}}"{{if .Problem}} aria-invalid="true" aria-describedby="problem"{{end}}>
<button>Sign in</button>
{{end}}
<div class="cancel"><button name="cancel" value="true" formnovalidate>Cancel</button></div>
</form>
{{template "foot"}}{{end}}

{{define "notice"}}{{template "head" .}}
{{with .Text}}<p>{{.}}</p>{{end}}
<p><a href="{{.Page}}">Go to the page</a></p>
{{template "foot"}}{{end}}
`))
