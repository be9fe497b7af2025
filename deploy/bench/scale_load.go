package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
	"github.com/offhours/offhours/internal/dataset"
	"github.com/offhours/offhours/internal/postgres"
)

const (
	// Half of the day, so that windows are as long.
	businessHours = 12 * time.Hour
	// A change of hours holds a lock for each live request until it commits.
	accountsAtOnce = 200
	// loaders keep two cores busy, admitters also Temporal.
	loaders   = 2
	admitters = 8
	// Openings are so far ahead that all workflows can be told before: workers look
	// every five seconds for those that were not.
	tellTime     = 10 * time.Second
	tellEach     = 40 * time.Millisecond
	tellPatience = 5 * time.Minute
	// Probes of one kind, of which the median counts.
	probes = 30
)

// zones are where accounts are: their hours end at the same instant.
var zones = []string{"UTC", "Asia/Kolkata", "America/Sao_Paulo", "Asia/Kathmandu"}

// keep is what requests keep: all records are older.
var keep = offhours.DateRange{Days: 30}

type scaleAccount struct {
	id    int64
	codes []int // of its activity types
}

func (a scaleAccount) email() string { return fmt.Sprintf("admin%d@scale.example", a.id) }

type scaleRequest struct {
	offhours.RequestRef
	heavy bool
}

// load makes accounts, all of them closed, and their records.
func (r *scaleRun) load(ctx context.Context) error {
	r.heavy = scaleAccount{id: 1}
	for i := range r.settings.accounts {
		r.small = append(r.small, scaleAccount{id: int64(i + 2)})
	}
	if err := r.setHours(ctx, time.Now().Add(8*time.Hour)); err != nil {
		return err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(loaders)
	r.heavy.codes = make([]int, r.settings.types)
	var loaded atomic.Int64
	for i := range r.settings.types {
		group.Go(func() (err error) {
			r.heavy.codes[i], err = r.generate(groupCtx, r.heavy, fmt.Sprintf("Visit %d", i+1), r.settings.records, &loaded)
			return err
		})
	}
	for i := range r.small {
		group.Go(func() error {
			code, err := r.generate(groupCtx, r.small[i], "Visit", 50+int(r.small[i].id*37%151), &loaded)
			r.small[i].codes = []int{code}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if _, err := r.pool.Exec(ctx, "ANALYZE"); err != nil {
		return err
	}
	r.outcome.Records = int(loaded.Load())
	r.say("%d records of %d accounts are loaded", loaded.Load(), len(r.small)+1)
	return nil
}

func (r *scaleRun) generate(ctx context.Context, a scaleAccount, typeName string, records int, loaded *atomic.Int64) (int, error) {
	now := time.Now().UTC().Truncate(time.Hour)
	generator, err := dataset.NewGenerator(dataset.GeneratorOptions{
		AccountID: a.id, TypeName: typeName, Records: records, Seed: 1, From: now.AddDate(-3, 0, 0), Until: now.AddDate(-1, 0, 0),
	})
	if err != nil {
		return 0, err
	}
	result, err := r.db.LoadFreshRecords(ctx, a.id, typeName, generator.Fields(), generator.Next, nil)
	if err != nil {
		return 0, err
	}
	loaded.Add(int64(result.Inserted()))
	return result.Types[0].Code, nil
}

// setHours has all accounts do business until an instant, as "load accounts" does.
func (r *scaleRun) setHours(ctx context.Context, until time.Time) error {
	var seeds []postgres.AccountSeed
	for i, a := range append([]scaleAccount{r.heavy}, r.small...) {
		schedule, err := businessUntil(until, zones[i%len(zones)])
		if err != nil {
			return err
		}
		seeds = append(seeds, postgres.AccountSeed{
			Account: offhours.Account{ID: a.id, Name: fmt.Sprintf("Account %d", a.id), FeatureEnabled: true, Schedule: schedule},
			Users:   []offhours.User{{Email: a.email(), Name: "Admin", Role: offhours.RoleAdministrator, Active: true}},
		})
	}
	for len(seeds) > 0 {
		n := min(accountsAtOnce, len(seeds))
		if _, _, err := r.db.UpsertAccounts(ctx, seeds[:n], 0); err != nil {
			return err
		}
		seeds = seeds[n:]
	}
	return nil
}

// businessUntil is business for twelve hours until a minute of each day.
func businessUntil(until time.Time, zone string) (offhours.Schedule, error) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return offhours.Schedule{}, err
	}
	clock := func(t time.Time) offhours.ClockTime {
		local := t.In(location)
		return offhours.ClockTime(local.Hour()*60 + local.Minute())
	}
	day := []offhours.Block{{From: clock(until.Add(-businessHours)), To: clock(until)}}
	return offhours.Schedule{TimeZone: zone, BusinessHours: offhours.BusinessHours{
		Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day, Saturday: day, Sunday: day,
	}}, nil
}

// queue makes all requests, and stops at some depths of the queue to look at what
// the queue costs. A few at each depth, and the heavy ones, are made through the
// REST API, the others as support tooling makes them: a mass of the former would
// measure the sign-in of thousands of people.
func (r *scaleRun) queue(ctx context.Context) error {
	admin, err := r.signIn(ctx, r.heavy)
	if err != nil {
		return err
	}
	for _, code := range r.heavy.codes {
		if _, err := r.create(ctx, admin, r.heavy, code); err != nil {
			return err
		}
	}
	waiting := r.small
	for _, depth := range []int{max(10, len(r.small)/20), len(r.small) / 2, len(r.small)} {
		byREST := min(probes, len(r.small)/10)
		for len(r.small)-len(waiting) < depth-byREST {
			n := min(admitters, depth-byREST-(len(r.small)-len(waiting)))
			if err := r.admit(ctx, waiting[:n]); err != nil {
				return err
			}
			waiting = waiting[n:]
		}
		if err := r.settle(ctx); err != nil {
			return err
		}
		creating, err := r.createEach(ctx, waiting[:byREST])
		if err != nil {
			return err
		}
		waiting = waiting[byREST:]
		cost, err := r.cost(ctx, admin, depth+len(r.heavy.codes))
		if err != nil {
			return err
		}
		cost.Create = creating
		r.outcome.Costs = append(r.outcome.Costs, cost)
		r.say("%d requests are queued: %s", cost.Queued, cost)
	}
	return nil
}

// createEach makes a request of each account, one after the other, and returns the
// median time of the call in milliseconds.
func (r *scaleRun) createEach(ctx context.Context, accounts []scaleAccount) (float64, error) {
	var took []float64
	for _, a := range accounts {
		admin, err := r.signIn(ctx, a)
		if err != nil {
			return 0, err
		}
		ms, err := r.create(ctx, admin, a, a.codes[0])
		if err != nil {
			return 0, err
		}
		took = append(took, ms)
	}
	return quantile(took, 0.5), nil
}

func (r *scaleRun) signIn(ctx context.Context, a scaleAccount) (*rig.Caller, error) {
	return rig.SignIn(ctx, r.env["OFFHOURS_LOGIN_URL"], "http://"+r.env["OFFHOURS_HTTP_ADDRESS"], a.email())
}

func (r *scaleRun) create(ctx context.Context, admin *rig.Caller, a scaleAccount, code int) (ms float64, err error) {
	form := map[string]any{"activityType": code, "requestType": offhours.ExportAndDelete, "range": keep, "confirmed": true}
	var created struct {
		ID string `json:"id"`
	}
	began := time.Now()
	if _, err := admin.Call(ctx, http.MethodPost, "/requests", "", form, &created); err != nil {
		return 0, err
	}
	ms = milliseconds(time.Since(began))
	ref := offhours.RequestRef{AccountID: a.id, RequestID: created.ID}
	r.requests = append(r.requests, scaleRequest{RequestRef: ref, heavy: a.id == r.heavy.id})
	return ms, nil
}

// admit makes a request of each account at the same time.
func (r *scaleRun) admit(ctx context.Context, accounts []scaleAccount) error {
	refs := make([]offhours.RequestRef, len(accounts))
	group, ctx := errgroup.WithContext(ctx)
	for i, a := range accounts {
		group.Go(func() error {
			user, _, err := r.db.UserByEmail(ctx, a.email())
			if err != nil {
				return err
			}
			draft := offhours.Draft{ActivityType: a.codes[0], RequestType: offhours.ExportAndDelete, Range: keep, Confirmed: true}
			request, _, err := r.db.AdmitOnBehalf(ctx, "bench", user, draft, "bench-"+strconv.FormatInt(a.id, 10), 0)
			if err != nil {
				return err
			}
			if err := r.workflows.Start(ctx, request.Ref()); err != nil {
				return err
			}
			refs[i] = request.Ref()
			return r.db.MarkWorkflowStarted(ctx, request.ID)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, ref := range refs {
		r.requests = append(r.requests, scaleRequest{RequestRef: ref})
	}
	return nil
}

// open has the windows of all accounts open at a full minute, not before all
// workflows were told.
func (r *scaleRun) open(ctx context.Context) error {
	ahead := tellTime + time.Duration(len(r.requests))*tellEach
	r.opening = time.Now().Add(ahead).Truncate(time.Minute).Add(time.Minute)
	began := time.Now()
	if err := r.setHours(ctx, r.opening); err != nil {
		return err
	}
	err := rig.Poll(ctx, "workflows to be told of the hours", tellPatience, nil, func(ctx context.Context) (bool, error) {
		var untold int
		err := r.pool.QueryRow(ctx, "SELECT count(*) FROM requests WHERE untold_since IS NOT NULL").Scan(&untold)
		return untold == 0, err
	})
	if err != nil {
		return err
	}
	r.outcome.ToldWithin = time.Since(began).Seconds()
	if !time.Now().Before(r.opening) {
		return fmt.Errorf("all workflows were told of the hours after %.0f s, and the windows had opened by then", r.outcome.ToldWithin)
	}
	r.say("all workflows were told within %.0f s that windows open in %.0f s", r.outcome.ToldWithin, time.Until(r.opening).Seconds())
	return nil
}
