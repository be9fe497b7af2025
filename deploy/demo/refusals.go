package main

import (
	"context"

	"github.com/offhours/offhours"
)

// refuse shows what is refused while nothing is in the queue, all of it for the
// third type.
func (d *demo) refuse(ctx context.Context) {
	d.say("Refusals", "non-admin, unconfirmed, empty, a misspelt field")
	good := d.third.draft.confirm(true)
	empty := good
	empty.Range = offhours.DateRange{Days: offhours.MaxDays}
	for _, attempt := range []struct {
		step, expected string
		caller         *caller
		body           any
	}{
		{"by a non-admin", "403 access_denied", d.seller, good},
		{"with a misspelt field", "400 invalid_request", d.admin, map[string]any{
			"activityType": good.ActivityType, "requestType": good.RequestType, "ranges": good.Range, "confirmed": true}},
		{"not confirmed", "422 not_confirmed", d.admin, good.confirm(false)},
		{"of no records", "422 nothing_to_do", d.admin, empty},
	} {
		_, _, err := attempt.caller.create(ctx, "", attempt.body)
		d.results.equal("request "+attempt.step, attempt.expected, codeOf(err))
	}
}

// refuseDuplicate asks for a type that is in the queue already, in another way.
func (d *demo) refuseDuplicate(ctx context.Context) {
	twin := d.export.draft.confirm(true)
	twin.RequestType = offhours.DeleteOnly
	_, _, err := d.secondAdmin.create(ctx, "", twin)
	d.results.equal("another request for the same type", "409 duplicate_request", codeOf(err))
}
