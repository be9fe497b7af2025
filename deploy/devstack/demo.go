package main

import (
	"fmt"
	"time"
	_ "time/tzdata" // the demo accounts need zones on machines that have none
)

const (
	demoOpen   = "Acme Field Services"
	demoClosed = "Borealis Lending"
	demoOff    = "Cobalt Clinics"
)

// demoLoads are the runs of the product's load command that make the demo, in
// order. All of them happen at each start: load itself sees what is there.
func demoLoads(accounts string) [][]string {
	return [][]string{
		{"accounts", accounts},
		{"generate", "--account", demoOpen, "--records", "20000", "--seed", "1", "--attachments", "0.05", "--if-empty"},
		{"generate", "--account", demoClosed, "--records", "20000", "--seed", "2", "--attachments", "0.05", "--if-empty"},
	}
}

// demoAccounts shows the three answers a request can get at the time now: it
// runs after the grace time, it waits for the window, it is refused.
func demoAccounts(now time.Time) (accountsFile, error) {
	open, err := demoSchedule("Europe/Berlin", now, windowOpen)
	if err != nil {
		return accountsFile{}, err
	}
	closed, err := demoSchedule("America/New_York", now, windowClosed)
	if err != nil {
		return accountsFile{}, err
	}
	off, err := demoSchedule("Asia/Kolkata", now, windowOpen)
	if err != nil {
		return accountsFile{}, err
	}
	return accountsFile{Accounts: []account{
		{ID: 1, Name: demoOpen, FeatureEnabled: true, Schedule: open, Users: []person{
			{Email: "ada@acme.example", Name: "Ada Admin", Role: "administrator", Active: true},
			{Email: "alan@acme.example", Name: "Alan Admin", Role: "administrator", Active: true},
			{Email: "ines@acme.example", Name: "Ines Inactive", Role: "administrator", Active: false},
			{Email: "sam@acme.example", Name: "Sam Seller", Role: "sales_user", Active: true},
		}},
		{ID: 2, Name: demoClosed, FeatureEnabled: true, Schedule: closed, Users: []person{
			{Email: "bea@borealis.example", Name: "Bea Admin", Role: "administrator", Active: true},
			{Email: "sol@borealis.example", Name: "Sol Seller", Role: "sales_user", Active: true},
		}},
		{ID: 3, Name: demoOff, FeatureEnabled: false, Schedule: off, Users: []person{
			{Email: "cai@cobalt.example", Name: "Cai Admin", Role: "administrator", Active: true},
			{Email: "sue@cobalt.example", Name: "Sue Seller", Role: "sales_user", Active: true},
		}},
	}}, nil
}

// windowOpen are business hours as far from now as a day allows: the window
// is open from eight hours ago for another eight.
func windowOpen(now time.Time) block { return hours(now, 8, 16) }

// windowClosed are business hours from four hours ago for another four.
func windowClosed(now time.Time) block { return hours(now, -4, 4) }

// hours is the span from and to so many hours after the wall clock of now. It
// ends on the next day when it has to.
func hours(now time.Time, from, to int) block {
	minute := now.Hour()*60 + now.Minute()
	return block{From: wallClock(minute + from*60), To: wallClock(minute + to*60)}
}

func wallClock(minute int) string {
	const day = 24 * 60
	minute = (minute%day + day) % day
	return fmt.Sprintf("%02d:%02d", minute/60, minute%60)
}

// demoSchedule gives every day the same hours, chosen by the zone's clock.
func demoSchedule(zone string, now time.Time, choose func(time.Time) block) (schedule, error) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return schedule{}, fmt.Errorf("load time zone of the demo: %w", err)
	}
	day := []block{choose(now.In(location))}
	return schedule{
		TimeZone:      zone,
		BusinessHours: week{day, day, day, day, day, day, day},
		Holidays:      []string{},
	}, nil
}
