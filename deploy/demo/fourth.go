package main

import (
	"context"
	"fmt"

	"github.com/offhours/offhours"
)

// createFourth asks for the type that the revoked request has freed. Then one more
// old record is imported, which nobody confirmed: the request has to fail.
func (d *demo) createFourth(ctx context.Context) error {
	if err := d.create(ctx, &d.fourth); err != nil {
		return err
	}
	d.say("Import", "one more old record of %q, which nobody confirmed", d.fourth.typeName)
	tag, err := d.conn.Exec(ctx, `
WITH late AS (
    INSERT INTO public.records
    SELECT (jsonb_populate_record(b, jsonb_build_object('id', gen_random_uuid(), 'external_key', 'imported late'))).*
      FROM demo.before b JOIN demo.chosen c ON c.id = b.id AND c.request = $1
     ORDER BY b.modified_on, b.id LIMIT 1
    RETURNING *)
INSERT INTO demo.before SELECT * FROM late`, d.fourth.name)
	if err == nil && tag.RowsAffected() != 1 {
		err = fmt.Errorf("%d records came", tag.RowsAffected())
	}
	if err != nil {
		return fmt.Errorf("import one more record: %w", err)
	}
	return nil
}

// checkFourth checks that the request failed before it touched anything.
func (d *demo) checkFourth(context.Context) error {
	r := d.fourth.seen
	code := "none"
	if r.Failure != nil {
		code = string(r.Failure.Code)
	}
	d.say("Ended", "%s of %q: %s, %s", d.fourth.label(), d.fourth.typeName, r.Status.Label(), code)
	d.results.equal(d.fourth.title+": status", "failed, "+string(offhours.FailureMoreThanConfirmed), string(r.Status)+", "+code)
	d.results.equal(d.fourth.title+": outcomes", offhours.Outcomes{NotProcessed: r.Records}, r.Outcomes)
	return nil
}
