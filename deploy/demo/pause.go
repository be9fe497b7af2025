package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
)

const (
	// pausePatience covers the batch under way and the workers' answer.
	pausePatience = 30 * time.Second
	// pauseLength is how long business would last if nobody ended it.
	pauseLength = 2 * time.Hour
	// watchFor is how long the demo watches that nothing is deleted.
	watchFor = 3 * time.Second
)

// witnessSQL makes the database itself note every delete of records, whoever does
// it and whatever the product says.
const witnessSQL = `
CREATE TABLE demo.witness (type_code integer, records bigint, at timestamptz);
CREATE FUNCTION demo.witness() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO demo.witness SELECT type_code, count(*), clock_timestamp() FROM gone GROUP BY type_code;
    RETURN NULL;
END $$;
CREATE TRIGGER demo_witness AFTER DELETE ON public.records REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION demo.witness()`

// pause is the time in which business hours lasted in the middle of the delete,
// by the database's clock: from when the change was answered until just before
// the next one.
type pause struct {
	from, until time.Time
}

// interrupt lets business hours begin in the middle of the delete, and end again a
// little later, both as an administrator does. In between users change
// records and files.
func (d *demo) interrupt(ctx context.Context, request offhours.Request) error {
	defer d.edit.release()
	if err := d.edit.awaitMiddle(ctx, request.ID, d.opening); err != nil {
		return err
	}
	if err := d.closeWindow(ctx, request); err != nil {
		return err
	}
	if err := d.edit.commit(ctx); err != nil {
		return err
	}
	if err := d.replaceObject(ctx); err != nil {
		return err
	}
	d.say("Edited", "one selected record; a file was attached to another, and one replaced; nothing is locked any more")
	if err := d.watchPause(ctx); err != nil {
		return err
	}
	return d.reopenWindow(ctx)
}

// closeWindow makes it business hours for the next hours.
func (d *demo) closeWindow(ctx context.Context, seen offhours.Request) error {
	reopening := d.opening.Add(pauseLength)
	hours, err := businessUntil(d.hours.TimeZone, reopening)
	if err != nil {
		return err
	}
	windows, err := d.admin.putHours(ctx, hours)
	if err != nil {
		return fmt.Errorf("begin business hours: %w", err)
	}
	if d.pause.from, err = d.clock(ctx); err != nil {
		return err
	}
	d.say("Hours", "changed in the middle of the delete: business until %s", d.local(reopening))
	d.results.equal("in the middle of the delete, the next window opens", utc(reopening), firstOpening(windows))
	err = rig.Poll(ctx, "the pause", pausePatience, nil, func(ctx context.Context) (paused bool, err error) {
		if err := idle(ctx, askEvery); err != nil {
			return false, err
		}
		seen, err = d.admin.request(ctx, seen.ID)
		return strings.HasPrefix(seen.StatusDetail, "Paused"), err
	})
	if err != nil {
		return fmt.Errorf("%w; the request says %q", err, seen.StatusDetail)
	}
	d.say("Paused", "%s, %d of %d deleted: %s", seen.RequestType.Label(), seen.Progress.Deleted, seen.Records, seen.StatusDetail)
	want := "Paused until " + reopening.UTC().Format("2006-01-02 15:04 (UTC)")
	d.results.holds("the request says", want+"…", seen.StatusDetail, strings.HasPrefix(seen.StatusDetail, want))
	d.results.holds("deleted when it paused", "more than 0, less than all", seen.Progress.Deleted,
		seen.Progress.Deleted > 0 && seen.Progress.Deleted < seen.Records)
	return nil
}

// watchPause lets the witness watch for a while, with nothing in the way of the
// delete but the hours.
func (d *demo) watchPause(ctx context.Context) error {
	d.say("Witness", "watches for %.0f s that nothing is deleted", watchFor.Seconds())
	return idle(ctx, watchFor)
}

func idle(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// reopenWindow brings back the hours that ended when the window opened.
func (d *demo) reopenWindow(ctx context.Context) (err error) {
	if d.pause.until, err = d.clock(ctx); err != nil {
		return err
	}
	if _, err := d.admin.putHours(ctx, d.hours); err != nil {
		return fmt.Errorf("end business hours: %w", err)
	}
	d.say("Hours", "changed back; the window is open")
	return nil
}

// clock is the database's, which decides about windows.
func (d *demo) clock(ctx context.Context) (now time.Time, err error) {
	err = d.conn.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now)
	return now, err
}

// checkPause compares what the witness saw with what the requests say.
func (d *demo) checkPause(ctx context.Context) error {
	var before, during, after, both int
	err := d.conn.QueryRow(ctx, `
SELECT coalesce(sum(records) FILTER (WHERE type_code = $1 AND at < $2), 0), coalesce(sum(records) FILTER (WHERE at BETWEEN $2 AND $3), 0),
       coalesce(sum(records) FILTER (WHERE type_code = $1 AND at > $3), 0), coalesce(sum(records), 0)
  FROM demo.witness`, d.export.draft.ActivityType, d.pause.from, d.pause.until).Scan(&before, &during, &after, &both)
	if err != nil {
		return fmt.Errorf("ask the witness: %w", err)
	}
	d.say("Witness", "%s: %d deletes before the pause, %d in it, %d after it", d.export.label(), before, during, after)
	d.results.equal("deletes in the pause, says the witness", 0, during)
	d.results.holds("deletes before and after it, says the witness", "some and some", fmt.Sprintf("%d and %d", before, after), before > 0 && after > 0)
	d.results.equal("deletes of both requests, says the witness", d.export.seen.Outcomes.Deleted+d.delete.seen.Outcomes.Deleted, both)
	return nil
}
