package offhours_test

import (
	"archive/zip"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/offhours/offhours"
)

// everyZone returns the names of the IANA database that Go comes with.
func everyZone(t *testing.T) (names []string) {
	t.Helper()
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	all, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	for _, file := range all.File {
		if !strings.HasSuffix(file.Name, "/") {
			names = append(names, file.Name)
		}
	}
	return names
}

// clockChange is when a local clock is moved, in Unix seconds, and by how much.
type clockChange struct{ at, by int64 }

// clockChanges finds what moves a clock by looking at it twice a day: nothing but
// the offset at an instant is asked of the zone.
func clockChanges(loc *time.Location, from, to int64) (all []clockChange) {
	const step = 12 * 60 * 60
	before := offsetOf(from, loc)
	for at := from + step; at < to; at += step {
		after := offsetOf(at, loc)
		if after == before {
			continue
		}
		low, high := at-step, at // the offset is before's at low, after's at high
		for high-low > 1 {
			if middle := (low + high) / 2; offsetOf(middle, loc) == before {
				low = middle
			} else {
				high = middle
			}
		}
		all = append(all, clockChange{high, after - before})
		before = after
	}
	return all
}

func offsetOf(at int64, loc *time.Location) int64 {
	_, offset := time.Unix(at, 0).In(loc).Zone()
	return int64(offset)
}

// Every zone, every change of its clock from 2020 to 2037, and every end of a year,
// where Go's own bounds of zones are wrong in leap years: the windows must be those
// of the naive oracle, minute by minute around it. Zones whose clocks show the same
// all the time are looked at once.
func TestWindowsAgreeWithTheLocalClockInEveryZoneUntil2037(t *testing.T) {
	t.Parallel()
	from, to := instant(t, "2020-01-01T00:00:00Z").Unix(), instant(t, "2038-01-01T00:00:00Z").Unix()
	clocks := map[string]string{} // a zone by all that its clock does
	names := everyZone(t)
	changed := 0
	for _, name := range names {
		loc, err := (offhours.Schedule{TimeZone: name}).Location()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		changes := clockChanges(loc, from, to)
		clock := fmt.Sprint(offsetOf(from, loc), changes)
		if _, known := clocks[clock]; known {
			continue
		}
		clocks[clock] = name
		changed += len(changes)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for year := 2020; year < 2038; year++ {
				changes = append(changes, clockChange{at: time.Date(year, 12, 31, 23, 0, 0, 0, time.UTC).Unix()})
			}
			for _, change := range changes {
				agreesAround(t, name, loc, change)
			}
		})
	}
	if len(names) < 500 || len(clocks) < 60 || changed < 1000 {
		t.Errorf("%d zones with %d clocks and %d changes: they are not all there", len(names), len(clocks), changed)
	}
}

// agreesAround compares the windows around a change with the oracle, for hours that
// begin and end in the middle of it and far from it.
func agreesAround(t *testing.T, zone string, loc *time.Location, change clockChange) {
	t.Helper()
	const near, far = 4 * 60 * 60, 26 * 60 * 60
	holiday := offhours.DateOf(time.Unix(change.at, 0), loc).String()
	for _, s := range []offhours.Schedule{
		everyDay(t, zone, "06:00-22:00"),
		everyDay(t, zone, "00:00-00:15 00:30-01:00 01:30-02:00 02:15-02:45 03:00-23:30"),
		everyDay(t, zone, "22:30-00:30 01:00-02:30", holiday),
	} {
		windows, err := s.NextWindows(time.Unix(change.at-far, 0), 40)
		if err != nil {
			t.Fatal(err)
		}
		for at, step := change.at-far, int64(0); at < change.at+far; at += step {
			step = 15 * 60 // all blocks begin and end then
			if -near <= at-change.at && at-change.at < near {
				step = 60
			}
			for !time.Unix(at, 0).Before(windows[0].Close) {
				windows = windows[1:]
			}
			now := time.Unix(at, 0)
			open, business := windows[0].Contains(now), inBusiness(s, now, loc)
			doubtful := change.by < 0 && change.at+change.by <= at && at < change.at-change.by
			if open && business || open == business && !doubtful {
				t.Fatalf("%v: open %v, business %v", now.In(loc), open, business)
			}
		}
	}
}
