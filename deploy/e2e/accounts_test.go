//go:build unix

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/offhours/offhours"
)

// The accounts of every stack: one whose off-business hours go on for hours, and
// one whose business does.
const (
	openAccount   = 1
	closedAccount = 2
	ada           = "ada@open.example"   // administrator of the one
	bea           = "bea@closed.example" // and of the other
)

// documents is the activity type that is generated.
const documents = "Document Collection"

// loadAccounts brings the accounts into the database.
func (s *stack) loadAccounts(t *testing.T) {
	t.Helper()
	now := time.Now().UTC()
	text, err := json.Marshal(map[string]any{"accounts": []any{
		accountEntry(openAccount, ada, hours(now, 8, 16)),
		accountEntry(closedAccount, bea, hours(now, -4, 4)),
	}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(s.folder, "accounts.json")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	s.run(t, "load", "accounts", file)
}

func accountEntry(id int, admin string, business offhours.Block) map[string]any {
	return map[string]any{
		"id": id, "name": "Account " + strconv.Itoa(id), "featureEnabled": true,
		"schedule": daily(business),
		"users":    []any{map[string]any{"email": admin, "name": "Admin", "role": offhours.RoleAdministrator}},
	}
}

// daily is a schedule with the same business hours every day.
func daily(business offhours.Block) offhours.Schedule {
	day := []offhours.Block{business}
	return offhours.Schedule{
		TimeZone: "UTC",
		BusinessHours: offhours.BusinessHours{
			Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day, Saturday: day, Sunday: day,
		},
	}
}

// hours is the block from and to so many hours after now.
func hours(now time.Time, from, to int) offhours.Block {
	const day = 24 * 60
	minute := now.Hour()*60 + now.Minute() + 2*day
	return offhours.Block{
		From: offhours.ClockTime((minute + from*60) % day),
		To:   offhours.ClockTime((minute + to*60) % day),
	}
}

// generate adds records of the documents type to an account.
func (s *stack) generate(t *testing.T, account, records int) {
	t.Helper()
	s.run(t, "load", "generate", "--account", strconv.Itoa(account), "--type", documents, "--records", strconv.Itoa(records))
}
