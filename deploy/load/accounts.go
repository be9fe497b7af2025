package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres"
)

const accountsHelp = `load accounts FILE

Brings accounts and their users to what a JSON file says. Accounts are known by
id and users by email; what the file does not name stays as it is, and a second
run changes nothing. A day that is left out has no business. Requests of accounts
whose hours change are planned anew at once, with OFFHOURS_GRACE (15m) as the API
has it.

  DATABASE_URL=postgres://localhost/offhours load accounts accounts.json

The file:

  {"accounts": [{
    "id": 1,
    "name": "Acme Field Services",
    "featureEnabled": true,
    "schedule": {
      "timeZone": "Asia/Kolkata",
      "businessHours": {"monday": [{"from": "09:00", "to": "18:00"}]},
      "holidays": ["2026-12-25"]
    },
    "users": [{"email": "ada@acme.example", "name": "Ada", "role": "administrator", "active": true}]
  }]}

Roles: administrator, sales_manager, sales_user, marketing_user. A user without
"active" is active.
`

type accountsFile struct {
	Accounts []accountEntry `json:"accounts"`
}

type accountEntry struct {
	ID             int64             `json:"id"`
	Name           string            `json:"name"`
	FeatureEnabled bool              `json:"featureEnabled"`
	Schedule       offhours.Schedule `json:"schedule"`
	Users          []userEntry       `json:"users"`
}

type userEntry struct {
	Email  string        `json:"email"`
	Name   string        `json:"name"`
	Role   offhours.Role `json:"role"`
	Active *bool         `json:"active"`
}

func (l loader) accounts(ctx context.Context, args []string) error {
	operands, err := l.parse(flag.NewFlagSet("accounts", flag.ContinueOnError), accountsHelp, args, "FILE")
	if err != nil {
		return err
	}
	seeds, err := readAccounts(operands[0])
	if err != nil {
		return err
	}
	db, err := l.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	accounts, users, err := db.UpsertAccounts(ctx, seeds, l.grace)
	if err != nil {
		return fmt.Errorf("load %s: %w", operands[0], err)
	}
	l.tellChanges("accounts", accounts)
	l.tellChanges("users", users)
	return nil
}

func (l loader) tellChanges(what string, c postgres.Changes) {
	fmt.Fprintf(l.stdout, "%s: %d created, %d updated, %d unchanged\n", what, c.Created, c.Updated, c.Unchanged)
}

func readAccounts(path string) ([]postgres.AccountSeed, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the accounts: %w", err)
	}
	seeds, err := parseAccounts(text)
	if err != nil {
		return nil, fmt.Errorf("read the accounts in %s: %w", path, err)
	}
	return seeds, nil
}

// parseAccounts refuses keys that it does not know: a misspelt "featureEnabled"
// would switch the feature off.
func parseAccounts(text []byte) ([]postgres.AccountSeed, error) {
	var file accountsFile
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		return nil, fmt.Errorf("line %d: %w", lineOf(text, d, err), err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("line %d: there is more after the end", lineOf(text, d, nil))
	}
	seeds := make([]postgres.AccountSeed, len(file.Accounts))
	for i, entry := range file.Accounts {
		seeds[i] = entry.seed()
	}
	return seeds, nil
}

// lineOf is the line at which decoding stopped.
func lineOf(text []byte, d *json.Decoder, err error) int {
	at := d.InputOffset()
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.As(err, &wrongType):
		at = wrongType.Offset
	}
	return 1 + bytes.Count(text[:min(at, int64(len(text)))], []byte("\n"))
}

func (e accountEntry) seed() postgres.AccountSeed {
	seed := postgres.AccountSeed{Account: offhours.Account{
		ID: e.ID, Name: e.Name, FeatureEnabled: e.FeatureEnabled, Schedule: e.Schedule,
	}}
	for _, u := range e.Users {
		seed.Users = append(seed.Users, offhours.User{
			Email: u.Email, Name: u.Name, Role: u.Role, Active: u.Active == nil || *u.Active,
		})
	}
	return seed
}
