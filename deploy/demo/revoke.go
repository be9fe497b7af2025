package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
)

const (
	revoker        = "support (demo)"
	revokePatience = 15 * time.Second
)

// revokeThird revokes the third request as support tooling does: by a plain
// signal to its workflow, spelt as the README has it and without the product's code.
func (d *demo) revokeThird(ctx context.Context) error {
	temporal, err := client.DialContext(ctx, client.Options{
		HostPort:  d.stack.Env["TEMPORAL_ADDRESS"],
		Namespace: d.stack.Env["TEMPORAL_NAMESPACE"],
		Logger:    sdklog.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))),
	})
	if err != nil {
		return fmt.Errorf("connect to Temporal: %w", err)
	}
	defer temporal.Close()
	id := fmt.Sprintf("bulk/%d/%s", accountID, d.third.seen.ID)
	payload := map[string]string{"by": revoker, "reason": "shown in the demo"}
	if err := temporal.SignalWorkflow(ctx, id, "", "revoke", payload); err != nil {
		return fmt.Errorf("signal the workflow %s: %w", id, err)
	}
	err = rig.Poll(ctx, "the third request to be revoked", revokePatience, nil, func(ctx context.Context) (bool, error) {
		d.third.seen, err = d.admin.request(ctx, d.third.seen.ID)
		return d.third.seen.Status.Ended(), err
	})
	if err != nil {
		return err
	}
	by := ""
	if d.third.seen.RevokedBy != nil {
		by = *d.third.seen.RevokedBy
	}
	d.say("Revoked", "%s of %q, by a Temporal signal", d.third.label(), d.third.typeName)
	d.results.equal(d.third.title+": after the signal", offhours.StatusRevoked, d.third.seen.Status)
	d.results.equal(d.third.title+": revoked by", revoker, by)
	return nil
}
