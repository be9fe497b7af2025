package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
)

// The demo's account and its people.
const (
	accountID   = 1
	accountName = "Demo Field Services"

	admin       = "ada@demo.example"
	secondAdmin = "alan@demo.example"
	seller      = "sam@demo.example" // no administrator
)

// zones lie so far apart that in one of them it is always day.
var zones = []string{"Asia/Kolkata", "Europe/Berlin", "America/New_York", "America/Los_Angeles", "Pacific/Auckland"}

// zoneAt returns a zone where a time is far from midnight and from the hours that
// clocks skip: a window that opens then stays open until the night.
func zoneAt(now time.Time) (string, error) {
	for _, zone := range zones {
		loc, err := offhours.Schedule{TimeZone: zone}.Location()
		if err != nil {
			return "", err
		}
		if hour := now.In(loc).Hour(); hour >= 8 && hour < 20 {
			return zone, nil
		}
	}
	return "", errors.New("it is night in every zone the demo knows")
}

// businessUntil are hours of business from midnight to the wall clock of an
// instant, a whole minute, on every day.
func businessUntil(zone string, end time.Time) (offhours.Schedule, error) {
	loc, err := offhours.Schedule{TimeZone: zone}.Location()
	if err != nil {
		return offhours.Schedule{}, err
	}
	local := end.In(loc)
	return everyDay(zone, offhours.ClockTime(local.Hour()*60+local.Minute())), nil
}

// everyDay are hours of business from midnight to a time of every day.
func everyDay(zone string, to offhours.ClockTime) offhours.Schedule {
	day := []offhours.Block{{From: 0, To: to}}
	return offhours.Schedule{TimeZone: zone, BusinessHours: offhours.BusinessHours{
		Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day, Saturday: day, Sunday: day,
	}}
}

// nextOpening is the next whole minute that leaves time to look at what is planned
// for it.
func nextOpening(now time.Time) time.Time {
	const preparation = 6 * time.Second
	return now.Add(preparation).Truncate(time.Minute).Add(time.Minute).UTC()
}

// loadAccount brings the account and its people into the database.
func (d *demo) loadAccount(ctx context.Context) error {
	type person struct {
		Email string        `json:"email"`
		Name  string        `json:"name"`
		Role  offhours.Role `json:"role"`
	}
	file := map[string]any{"accounts": []any{map[string]any{
		"id": accountID, "name": accountName, "featureEnabled": true, "schedule": d.hours,
		"users": []person{
			{admin, "Ada Admin", offhours.RoleAdministrator},
			{secondAdmin, "Alan Admin", offhours.RoleAdministrator},
			{seller, "Sam Seller", offhours.RoleSalesUser},
		},
	}}}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(d.scratch, "accounts.json")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return fmt.Errorf("write the accounts: %w", err)
	}
	return d.load(ctx, "accounts", path)
}

// importFile imports the CSV file into the account.
func (d *demo) importFile(ctx context.Context) error {
	return d.load(ctx, "import", "--account", strconv.Itoa(accountID), "--mapping", d.settings.mapping, d.settings.csv)
}

// load runs the product's load command. Its words are shown if it fails.
func (d *demo) load(ctx context.Context, args ...string) error {
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(d.settings.bin, "load"), args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Env = rig.CleanEnvironment(map[string]string{
		"DATABASE_URL": d.stack.Env["DATABASE_URL"], "OFFHOURS_BUCKET_URL": d.stack.Env["OFFHOURS_BUCKET_URL"],
	})
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("load %s: %w\n%s", args[0], err, said.String())
	}
	return nil
}
