package main

import (
	"testing"
	"time"
)

func TestDemoAccounts_WindowsAtEveryMinuteOfADay(t *testing.T) {
	t.Parallel()
	// Europe/Berlin puts its clock forward on this day.
	for minute := range 24 * 60 {
		now := time.Date(2026, 3, 29, 0, minute, 0, 0, time.UTC)
		accounts := demoNow(t, now)
		for _, hours := range []time.Duration{-2, 0, 2} {
			at := now.Add(hours * time.Hour)
			if isBusy(t, accounts.Accounts[0].Schedule, at) {
				t.Fatalf("started %s: business hours of %s at %s", now, demoOpen, at)
			}
			if !isBusy(t, accounts.Accounts[1].Schedule, at) {
				t.Fatalf("started %s: no business hours of %s at %s", now, demoClosed, at)
			}
		}
	}
}

func TestHours_CrossMidnightWithAnEndBeforeTheBeginning(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		clock        string
		open, closed block
	}{
		{"12:30", block{"20:30", "04:30"}, block{"08:30", "16:30"}},
		{"00:00", block{"08:00", "16:00"}, block{"20:00", "04:00"}},
		{"23:59", block{"07:59", "15:59"}, block{"19:59", "03:59"}},
		{"08:00", block{"16:00", "00:00"}, block{"04:00", "12:00"}},
		{"20:00", block{"04:00", "12:00"}, block{"16:00", "00:00"}},
	} {
		now, err := time.Parse("15:04", test.clock)
		if err != nil {
			t.Fatal(err)
		}
		if got := windowOpen(now); got != test.open {
			t.Errorf("window open at %s: %v, want %v", test.clock, got, test.open)
		}
		if got := windowClosed(now); got != test.closed {
			t.Errorf("window closed at %s: %v, want %v", test.clock, got, test.closed)
		}
	}
}

func TestDemoAccounts_HaveThePeopleADemoNeeds(t *testing.T) {
	t.Parallel()
	var off, inactive int
	zones, emails := map[string]bool{}, map[string]bool{}
	for _, account := range demoNow(t, time.Now()).Accounts {
		roles := map[string]int{}
		for _, user := range account.Users {
			if emails[user.Email] {
				t.Errorf("%s is in two accounts", user.Email)
			}
			emails[user.Email] = true
			if user.Active {
				roles[user.Role]++
			} else if user.Role == "administrator" {
				inactive++
			}
		}
		if roles["administrator"] == 0 || roles["sales_user"] == 0 {
			t.Errorf("%s has active users %v, want an administrator and a sales_user", account.Name, roles)
		}
		if !account.FeatureEnabled {
			off++
		}
		zones[account.Schedule.TimeZone] = true
	}
	if off != 1 || inactive != 1 || len(zones) != 3 {
		t.Errorf("%d accounts without the feature, %d inactive administrators, %d zones; want 1, 1, 3", off, inactive, len(zones))
	}
}

func demoNow(t *testing.T, now time.Time) accountsFile {
	t.Helper()
	accounts, err := demoAccounts(now)
	if err != nil {
		t.Fatal(err)
	}
	return accounts
}

// isBusy reads a schedule as the product does: a block that begins after its end
// ends on the next day.
func isBusy(t *testing.T, s schedule, at time.Time) bool {
	t.Helper()
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	local := at.In(zone)
	clock := local.Format("15:04")
	days := [][]block{
		s.BusinessHours.Sunday, s.BusinessHours.Monday, s.BusinessHours.Tuesday, s.BusinessHours.Wednesday,
		s.BusinessHours.Thursday, s.BusinessHours.Friday, s.BusinessHours.Saturday,
	}
	today := int(local.Weekday())
	for _, b := range days[today] {
		overnight := b.From > b.To
		if b.From <= clock && (overnight || clock < b.To) {
			return true
		}
	}
	for _, b := range days[(today+6)%7] {
		if b.From > b.To && clock < b.To {
			return true
		}
	}
	return false
}
