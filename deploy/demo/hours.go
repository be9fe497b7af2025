package main

import (
	"context"
	"fmt"
	"time"

	"github.com/offhours/offhours"
)

// openSoon moves the end of business hours, as an administrator does, from late
// at night to a moment from now. Queued requests are planned anew at once.
func (d *demo) openSoon(ctx context.Context) (err error) {
	d.opening = nextOpening(time.Now())
	if d.hours, err = businessUntil(d.hours.TimeZone, d.opening); err != nil {
		return err
	}
	_, err = d.admin.putHours(ctx, everyDay(d.hours.TimeZone, 24*60))
	d.results.equal("hours that leave no window", "400 invalid_request", codeOf(err))
	windows, err := d.admin.putHours(ctx, d.hours)
	if err != nil {
		return fmt.Errorf("change the business hours: %w", err)
	}
	d.results.equal("after the change, the next window opens", utc(d.opening), firstOpening(windows))
	d.say("Hours", "changed: business until %s in %s; the window opens in %.0f s", d.local(d.opening), d.hours.TimeZone, time.Until(d.opening).Seconds())
	for _, p := range d.working() {
		if p.seen, err = d.admin.request(ctx, p.seen.ID); err != nil {
			return err
		}
		d.results.equal(p.title+": starts, at once after the change", utc(d.opening), startOf(p.seen))
	}
	if left := time.Until(d.opening); left < 0 {
		return fmt.Errorf("the window opened %.0f s before everything was looked at: this machine is too busy", -left.Seconds())
	}
	return nil
}

func firstOpening(windows []offhours.Window) string {
	if len(windows) == 0 {
		return "never"
	}
	return utc(windows[0].Open)
}

func startOf(r offhours.Request) string {
	if r.StartsAt == nil {
		return "never"
	}
	return utc(*r.StartsAt)
}

func utc(t time.Time) string { return t.UTC().Format("15:04:05Z") }

// local is the account's wall clock.
func (d *demo) local(t time.Time) string {
	loc, err := d.hours.Location()
	if err != nil {
		loc = time.UTC // zoneAt has loaded it
	}
	return t.In(loc).Format("15:04")
}
