package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestChooser_ShowsEverybodyAndWhatTheyWillSee(t *testing.T) {
	t.Parallel()
	everybody := demoNow(t, time.Now()).users()
	got := call(prepared(t, everybody), http.MethodGet, authorizePath+"?"+askingQuery().Encode(), nil, nil)
	page := got.Body.String()
	if got.Code != http.StatusOK || strings.Count(page, `<button name="email"`) != len(everybody) {
		t.Fatalf("%d, want a button for each of %d users:\n%s", got.Code, len(everybody), page)
	}
	for _, one := range everybody {
		if !strings.Contains(page, fmt.Sprintf(`<button name="email" value="%s"><strong>%s</strong>`, one.Email, one.Name)) {
			t.Errorf("no button for %s", one.Email)
		}
	}
	for _, want := range []string{
		demoOpen, demoClosed, demoOff, "may export and delete", "inactive: Access Denied",
		"sales user, not an administrator: Access Denied", "feature off", `name="cancel"`, `<html lang="en">`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, `type="email"`) {
		t.Error("the page has a script, or a field that only everybody gets")
	}
	policy := got.Header().Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "img-src data:", "frame-ancestors 'none'", "form-action 'self' " + testPage + " http://localhost:8080"} {
		if !strings.Contains(policy, want) {
			t.Errorf("Content-Security-Policy %q is without %q", policy, want)
		}
	}
}

func TestChooser_AsksForAnAddressWithoutAccounts(t *testing.T) {
	t.Parallel()
	page := call(prepared(t, nil), http.MethodGet, authorizePath+"?"+askingQuery().Encode(), nil, nil).Body.String()
	for _, want := range []string{`<label for="email">`, `<input id="email" name="email" type="email"`, `name="cancel" value="true" formnovalidate`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %q:\n%s", want, page)
		}
	}
}

func TestChooser_AsksAgainAfterAChoiceThatIsNone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, email, want string
		users             users
	}{
		{"not an address", `"><b>`, "is not an e-mail address", nil},
		{"empty", "", "is not an e-mail address", nil},
		{"nobody", "eve@acme.example", "no user has the e-mail address eve@acme.example", demoNow(t, time.Now()).users()},
	} {
		got := call(prepared(t, test.users), http.MethodPost, authorizePath+"?"+askingQuery().Encode(), url.Values{"email": {test.email}}, nil)
		page := got.Body.String()
		if got.Code != http.StatusBadRequest || !strings.Contains(page, `role="alert"`) || !strings.Contains(page, test.want) || strings.Contains(page, "<b>") {
			t.Errorf("%s: %d\n%s", test.name, got.Code, page)
		}
	}
}

func TestChooser_EscapesNames(t *testing.T) {
	t.Parallel()
	const hostile = `"><script>alert(1)</script>`
	users := users{{person: person{Email: hostile + "@acme.example", Name: hostile, Role: hostile, Active: true}, account: hostile}}
	page := call(prepared(t, users), http.MethodGet, authorizePath+"?"+askingQuery().Encode(), nil, nil).Body.String()
	if strings.Contains(page, "<script") || strings.Count(page, "&lt;script&gt;alert(1)&lt;/script&gt;") != 5 {
		t.Errorf("names are not escaped:\n%s", page)
	}
}
