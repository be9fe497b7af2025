package main

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
)

// member of an account, who may sign in.
type member struct {
	person
	account        string
	featureEnabled bool // in the account
}

// outlook is what the product will show the member, in a few words. Its refusals
// come in this order.
func (m member) outlook() string {
	switch {
	case !m.Active:
		return "inactive: Access Denied"
	case m.Role != "administrator":
		return "not an administrator: Access Denied"
	case !m.featureEnabled:
		return "feature off: told whom to ask"
	}
	return "may export and delete"
}

// users are all who may sign in. None lets everybody in.
type users []member

// find returns the user, with the address as the accounts file spells it.
func (u users) find(email string) (member, bool) {
	if len(u) == 0 {
		return member{person: person{Email: email}}, true
	}
	i := slices.IndexFunc(u, func(one member) bool { return strings.EqualFold(one.Email, email) })
	if i < 0 {
		return member{}, false
	}
	return u[i], true
}

func (u users) emails() []string {
	var found []string
	for _, one := range u {
		found = append(found, one.Email)
	}
	return found
}

func noUser(email string) string { return fmt.Sprintf("no user has the e-mail address %s", email) }

// checkEmail refuses what is not a bare e-mail address.
func checkEmail(email string) error {
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email {
		return fmt.Errorf("email %q is not an e-mail address", email)
	}
	return nil
}
