package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/offhours/offhours"
)

const (
	workers  = 2
	accounts = 4
	// typesPerAccount are as many requests as an account has at a time.
	typesPerAccount = 2
)

func adminOf(account int) string { return fmt.Sprintf("admin@account%d.example", account) }

func typeName(n int) string { return fmt.Sprintf("Visit %d", n) }

// loadAccounts brings the accounts into the database, all in their window.
func (c *chaos) loadAccounts(ctx context.Context) error {
	var entries []any
	for account := 1; account <= accounts; account++ {
		entries = append(entries, map[string]any{
			"id": account, "name": "Account " + strconv.Itoa(account), "featureEnabled": true,
			"schedule": daily(time.Now(), 8, 16),
			"users":    []any{map[string]any{"email": adminOf(account), "name": "Admin", "role": offhours.RoleAdministrator}},
		})
	}
	text, err := json.Marshal(map[string]any{"accounts": entries})
	if err != nil {
		return err
	}
	file := filepath.Join(c.dir, "accounts.json")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return err
	}
	return c.stack.once(ctx, "load", "load", "accounts", file)
}

// daily is a schedule with business every day, from and to so many hours after now.
func daily(now time.Time, from, to int) offhours.Schedule {
	const minutes = 24 * 60
	now = now.UTC()
	minute := now.Hour()*60 + now.Minute() + 2*minutes
	day := []offhours.Block{{
		From: offhours.ClockTime((minute + from*60) % minutes),
		To:   offhours.ClockTime((minute + to*60) % minutes),
	}}
	return offhours.Schedule{
		TimeZone: "UTC",
		BusinessHours: offhours.BusinessHours{
			Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day, Saturday: day, Sunday: day,
		},
	}
}
