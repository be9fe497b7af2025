package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	_ "gocloud.dev/blob/s3blob"

	"github.com/offhours/offhours/deploy/rig"
	"github.com/offhours/offhours/internal/archive"
)

//go:embed witness.sql
var witnessSQL string

// chaos is one run.
type chaos struct {
	settings settings
	dir      string
	out      io.Writer
	tally    *tally

	stack    *stack
	db       *pgxpool.Pool // past everything that is broken
	temporal client.Client
	store    *archive.Store // through the honest door
	bucket   *bucket
	network  *network
	admins   map[int]*rig.Caller // by account
	users    []*crm
}

// newChaos prepares a run in a folder. What is injected, and what failed on our
// side, is noted in chaos.log.
func newChaos(settings settings, dir string, out io.Writer) (*chaos, error) {
	notes, err := os.Create(filepath.Join(dir, "chaos.log"))
	if err != nil {
		return nil, err
	}
	stack, err := newStack(settings, dir)
	return &chaos{settings: settings, dir: dir, out: out, tally: newTally(notes), stack: stack}, err
}

// settlePatience is for everything that was broken to come to its end: steps that
// failed often are tried again after a minute, mails after several.
const settlePatience = 10 * time.Minute

// play runs everything from the first start to the verdict.
func (c *chaos) play(ctx context.Context) (o outcome, err error) {
	defer c.stop()
	if err := c.start(ctx); err != nil {
		return outcome{seed: c.settings.seed}, err
	}
	return c.rageAndCheck(ctx)
}

// rageAndCheck is a run on what was started.
func (c *chaos) rageAndCheck(ctx context.Context) (o outcome, err error) {
	o.seed = c.settings.seed
	c.say("The stack is up; chaos begins.")
	c.disturb(ctx)
	c.say("%d faults were injected; what is under way comes to its end.", c.tally.total())
	if err := c.settle(ctx); err != nil {
		o.violations = append(o.violations, violation{"I10", err.Error()})
	}
	c.say("The checker looks.")
	found, err := c.check(ctx)
	o.violations = append(o.violations, found...)
	err = errors.Join(err, c.count(ctx, &o))
	return o, err
}

// stop ends all that was started.
func (c *chaos) stop() {
	if c.db != nil {
		c.db.Close()
	}
	if c.temporal != nil {
		c.temporal.Close()
	}
	if c.store != nil {
		_ = c.store.Close() // what it keeps is durable
	}
	c.stack.stop()
	if c.network != nil {
		c.network.close()
	}
	if c.bucket != nil {
		_ = c.bucket.close() // nobody reads it any more
	}
}

func (c *chaos) say(format string, args ...any) {
	fmt.Fprintf(c.out, "%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// start starts everything, with accounts and the witness.
func (c *chaos) start(ctx context.Context) (err error) {
	if err := c.startAround(ctx); err != nil {
		return err
	}
	var differs map[string]string
	if c.network, differs, err = connect(c.stack.env); err != nil {
		return err
	}
	differs["OFFHOURS_BUCKET_URL"] = c.bucket.hostile
	return c.stack.startProduct(nil, differs, workers)
}

// startAround starts everything but the product.
func (c *chaos) startAround(ctx context.Context) (err error) {
	if err := c.stack.startServers(ctx); err != nil {
		return err
	}
	if c.bucket, err = openBucket(); err != nil {
		return err
	}
	c.stack.env["OFFHOURS_BUCKET_URL"] = c.bucket.honest
	if c.store, err = archive.Open(ctx, c.bucket.honest); err != nil {
		return err
	}
	if err := c.stack.once(ctx, "migrate", "migrate"); err != nil {
		return err
	}
	if c.db, err = pgxpool.New(ctx, c.stack.env["DATABASE_URL"]+"&application_name=chaos"); err != nil {
		return err
	}
	if _, err := c.db.Exec(ctx, witnessSQL); err != nil {
		return fmt.Errorf("install the witness: %w", err)
	}
	if err := c.loadAccounts(ctx); err != nil {
		return err
	}
	c.temporal, err = client.NewLazyClient(client.Options{
		HostPort: c.stack.env["TEMPORAL_ADDRESS"], Namespace: c.stack.env["TEMPORAL_NAMESPACE"],
		Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return err
	}
	c.admins = map[int]*rig.Caller{}
	env := c.stack.env
	for account := 1; account <= accounts; account++ {
		if c.admins[account], err = rig.SignIn(ctx, env["OFFHOURS_LOGIN_URL"], "http://"+env["OFFHOURS_HTTP_ADDRESS"], adminOf(account)); err != nil {
			return err
		}
	}
	return nil
}

// disturb lets customers and users work, and the plan be carried out.
func (c *chaos) disturb(ctx context.Context) {
	working, stopWorking := context.WithCancel(ctx)
	defer stopWorking()
	var all sync.WaitGroup
	random := func(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(c.settings.seed, stream)) }
	for account := 1; account <= accounts; account++ {
		user := &crm{chaos: c, account: account, random: random(uint64(100 + account))}
		c.users = append(c.users, user)
		all.Go(func() { user.live(working) })
		for number := range typesPerAccount {
			customer := &customer{chaos: c, account: account, number: number, admin: c.admins[account], random: random(uint64(1000 + 10*account + number))}
			all.Go(func() { customer.live(working) })
		}
	}
	all.Go(func() { c.mend(working) })
	c.rage(ctx, newPlan(c.settings.seed, c.settings.duration))
	stopWorking()
	all.Wait()
}

// mend starts programs again that ended by themselves.
func (c *chaos) mend(ctx context.Context) {
	for pause(ctx, time.Second) {
		for _, program := range c.stack.programs() {
			if err := program.mend(); err != nil {
				c.tally.note("%s does not start: %v", program.name, err)
			}
		}
	}
}

// settle waits, with everything in order again, until every request has ended and
// is announced.
func (c *chaos) settle(ctx context.Context) error {
	mending, stop := context.WithCancel(ctx)
	defer stop()
	go c.mend(mending)
	return rig.Poll(ctx, "the end of all requests and mails", settlePatience, nil, func(context.Context) (bool, error) {
		var left int
		err := c.db.QueryRow(ctx, `SELECT (SELECT count(*) FROM requests WHERE completed_on IS NULL) + (SELECT count(*) FROM notices WHERE state = 'pending')`).Scan(&left)
		return err == nil && left == 0, nil
	})
}

// check collects the evidence and judges it.
func (c *chaos) check(ctx context.Context) ([]violation, error) {
	found, err := c.collect(ctx)
	if err != nil {
		return nil, fmt.Errorf("collect what requests offer: %w", err)
	}
	if _, err := c.db.Exec(ctx, "ANALYZE"); err != nil {
		return nil, err
	}
	judged, err := judge(ctx, c.db)
	return append(found, judged...), err
}

// count fills in what the table shows.
func (c *chaos) count(ctx context.Context, o *outcome) error {
	o.requests = map[string]int{}
	rows, err := c.db.Query(ctx, "SELECT status, count(*) FROM requests WHERE completed_on IS NOT NULL GROUP BY status")
	if err != nil {
		return err
	}
	var status string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&status, &n}, func() error {
		o.requests[status] = n
		return nil
	}); err != nil {
		return err
	}
	for _, user := range c.users {
		o.changed += user.done
	}
	for _, program := range c.stack.programs() {
		o.crashes += program.crashes
	}
	return c.db.QueryRow(ctx, `SELECT (SELECT count(*) FROM chaos.deleted), (SELECT count(*) FROM chaos.deleted_attachments), (SELECT count(DISTINCT request_id) FROM chaos.restored),
		(SELECT count(*) FROM chaos.mails), (SELECT count(*) - count(DISTINCT notice_id) FROM chaos.mails)`).
		Scan(&o.deleted, &o.files, &o.downloads, &o.mails, &o.duplicates)
}
