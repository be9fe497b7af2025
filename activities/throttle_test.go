package activities_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

// calm are limits that neither a busy machine, on which other tests write, nor the
// sessions of a test meet.
var calm = offhours.Limits{offhours.LimitWAL: 0, offhours.LimitBatchTime: 4000, offhours.LimitBusySessions: 0}

// slowly is a pipeline with records enough for several looks at the database: it
// pauses after each batch of a hundred.
func slowly(t *testing.T, w postgrestest.World) *pipeline {
	t.Helper()
	p := newPipelineIn(w, 0)
	p.AddRecords(code, 1200, 50*24*3600e9)
	p.selection.PartSize = 1200
	p.limit(calm)
	p.limit(offhours.Limits{offhours.LimitBatchRecords: 100, offhours.LimitPause: 60})
	p.mayDelete()
	return p
}

func (p *pipeline) limit(limits offhours.Limits) {
	p.T.Helper()
	require.NoError(p.T, p.DB.ChangeLimits(p.T.Context(), &p.Account.ID, limits, nil, "test"))
}

// batches are the sizes of the batches, in their order.
func (p *pipeline) batches() (sizes []int) {
	p.T.Helper()
	p.Scan(&sizes, `SELECT array_agg(to_row - from_row ORDER BY part, from_row) FROM batches`)
	return sizes
}

func (p *pipeline) slowedBy() (reasons []string) {
	p.T.Helper()
	p.Scan(&reasons, `SELECT coalesce((SELECT slowed_by FROM paces WHERE request_id = $1), '{}')`, p.ref.RequestID)
	return reasons
}

func TestAtFullSpeedNothingIsRecordedOfThePace(t *testing.T) {
	t.Parallel()
	p := slowly(t, postgrestest.NewWorld(t))
	p.delete(1)
	require.Zero(t, p.left())
	require.Zero(t, p.Count("paces"))
	require.Len(t, p.batches(), 12)
}

func TestWhoWritesMoreThanTheLimitOfWALGoesSlower(t *testing.T) {
	t.Parallel()
	p := slowly(t, postgrestest.NewWorld(t))
	p.limit(offhours.Limits{offhours.LimitWAL: 65_536})
	p.delete(1)
	require.Zero(t, p.left(), "it comes to its end all the same")
	require.Contains(t, p.slowedBy(), string(offhours.SlowWAL))
	require.Contains(t, p.request().Progress.SlowedBy, offhours.SlowWAL)
	require.Equal(t, 100, p.batches()[0])
	require.Contains(t, p.batches(), 50)
}

func TestWhoKeepsOthersWaitingGoesSlower(t *testing.T) {
	t.Parallel()
	p := slowly(t, postgrestest.NewWorld(t))
	p.Exec(`CREATE FUNCTION wait_for_a_waiter() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			WHILE NOT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))) LOOP
				PERFORM pg_sleep(0.001);
			END LOOP;
			RETURN NEW;
		END $$;
		CREATE TRIGGER wait_for_a_waiter BEFORE INSERT ON batches FOR EACH ROW EXECUTE FUNCTION wait_for_a_waiter()`)
	session, ctx := p.Session(), t.Context()
	done := make(chan error)
	go func() { // wants every record that is left, again and again, in the order of the batches
		var err error
		for left := 1; left > 0 && err == nil; {
			err = session.QueryRow(ctx, `SELECT count(*) FROM (SELECT 1 FROM records ORDER BY id FOR UPDATE) l`).Scan(&left)
		}
		done <- err
	}()
	p.delete(1)
	require.NoError(t, <-done)
	require.Contains(t, p.slowedBy(), string(offhours.SlowLockWaits))
	require.Equal(t, 100, p.batches()[0])
	require.Contains(t, p.batches(), 50)
}

func TestDeadRowsThatNobodyClearsUpSlowDown(t *testing.T) {
	t.Parallel()
	p := slowly(t, postgrestest.NewWorld(t))
	p.Exec(`ALTER TABLE records SET (autovacuum_enabled = off)`)
	p.limit(offhours.Limits{offhours.LimitDeadRows: 1})
	p.AddRecords(code, 500, 0)
	p.Exec(`DELETE FROM records WHERE modified_on > now() - interval '1 day'`)
	p.Exec(`SELECT pg_stat_force_next_flush()`)
	p.delete(1)
	require.Contains(t, p.slowedBy(), string(offhours.SlowVacuum))
}

func TestALimitThatIsChangedHoldsForTheNextBatches(t *testing.T) {
	t.Parallel()
	p := slowly(t, postgrestest.NewWorld(t))
	p.limit(offhours.Limits{offhours.LimitBatchRecords: 300, offhours.LimitPause: 300})
	changed := false
	p.deletion.Store = afterBatch{p.DB, func() {
		if !changed {
			changed = true
			p.limit(offhours.Limits{offhours.LimitBatchRecords: 450, offhours.LimitPause: 0})
		}
	}}
	p.delete(1)
	require.Equal(t, []int{300, 450, 450}, p.batches())
}

// A statement that takes longer than it may is cancelled with this code; the time
// itself is the trigger's to skip.
func TestATimeOutOfAStatementMakesBatchesSmallerUntilTheyPassAndThenGrow(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 0)
	p.AddRecords(code, 2500, 50*24*3600e9)
	p.selection.PartSize = 2500
	p.limit(calm)
	p.mayDelete()
	p.Exec(`CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			IF NEW.from_row = 0 AND NEW.to_row > 250 THEN
				RAISE EXCEPTION 'canceling statement due to statement timeout' USING ERRCODE = 'query_canceled';
			END IF;
			RETURN NEW;
		END $$;
		CREATE TRIGGER take_long BEFORE INSERT ON batches FOR EACH ROW EXECUTE FUNCTION take_long()`)
	p.delete(1)
	require.Equal(t, []int{250, 350, 450, 550, 650, 250}, p.batches())
	require.Zero(t, p.left())
}

// paused is a part whose window closes after a while, and whose batches operators
// want a second apart.
type paused struct {
	locked
	openFor time.Duration
}

func (p *paused) Pressure(context.Context, offhours.RequestRef) (offhours.Pressure, error) {
	return offhours.Pressure{
		SeenOn: time.Now(), OpenFor: p.openFor, Pace: offhours.Pace{Share: 1},
		Limits: offhours.Limits{offhours.LimitPause: 1000},
	}, nil
}

// inCompany is a part whose batches take a tenth of a second, by the test's own clock,
// among others at work.
type inCompany struct {
	paused
	began []time.Duration
	start time.Time
}

func (p *inCompany) Pressure(context.Context, offhours.RequestRef) (offhours.Pressure, error) {
	return offhours.Pressure{
		SeenOn: time.Now(), OpenFor: time.Hour, Pace: offhours.Pace{Share: 1}, Near: 1,
		Limits: offhours.Limits{offhours.LimitBusySessions: 1},
	}, nil
}

func (p *inCompany) DeleteBatch(_ context.Context, _ offhours.Part, rows []offhours.Listed) (offhours.Deleted, error) {
	p.began = append(p.began, time.Since(p.start))
	time.Sleep(time.Second / 10)
	return offhours.Deleted{Records: len(rows)}, nil
}

func TestInCompanyTwoPartsTogetherLeaveHalfOfTheTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		part := &inCompany{start: time.Now()}
		deletion := &activities.Deletion{Store: part, Archive: part}
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				env := new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment()
				env.RegisterActivity(deletion)
				_, err := env.ExecuteActivity(deletion.DeletePart, activities.PartInput{Part: 1})
				assert.NoError(t, err)
			})
		}
		both.Wait()
		require.Equal(t, []time.Duration{0, time.Second / 5}, part.began)
	})
}

func TestAPauseEndsWhenTheWindowClosesOrTheWorkerStops(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ openFor, stopAfter, takes time.Duration }{
		"in its time":      {time.Hour, time.Hour, time.Second},
		"window closes":    {30 * time.Millisecond, time.Hour, 30 * time.Millisecond},
		"window is closed": {-time.Second, time.Hour, 0},
		"worker stops":     {time.Hour, 40 * time.Millisecond, 40 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			part := &paused{openFor: test.openFor}
			deletion := &activities.Deletion{Store: part, Archive: part}
			env := new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment()
			stop := make(chan struct{})
			env.SetWorkerStopChannel(stop)
			env.RegisterActivity(deletion)
			timer := time.AfterFunc(test.stopAfter, func() { close(stop) })
			defer timer.Stop()
			began := time.Now()

			_, err := env.ExecuteActivity(deletion.DeletePart, activities.PartInput{Part: 1})

			require.Equal(t, name == "worker stops", err != nil, name)
			require.Equal(t, test.takes, time.Since(began), name)
			require.Len(t, part.deleted, 9)
		})
	}
}

func TestWhileOthersAreAtWorkThereIsAPauseBehindEachPieceThatIsExported(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 0)
	p.AddRecords(code, 450, 50*24*3600e9)
	p.selection.PartSize = 420
	counted := p.counted()
	p.limit(offhours.Limits{offhours.LimitBusySessions: 1, offhours.LimitWAL: 65_536, offhours.LimitDeadRows: 1})
	p.begin(offhours.ExportAndDelete)
	p.Exec(`CREATE TABLE elsewhere ()`)
	held := p.Hold(`LOCK TABLE elsewhere`) // who waits for it is at work
	session, ctx, done := p.Session(), t.Context(), make(chan error)
	go func() { _, err := session.Exec(ctx, `SELECT 1 FROM elsewhere`); done <- err }()
	p.AwaitLock(1)
	p.archive(p.plan(1)...)

	require.Equal(t, []offhours.SlowReason{offhours.SlowSessions}, p.request().Progress.SlowedBy, "what concerns writers only does not slow it down")
	require.Regexp(t, `offhours_throttle_pause_seconds_count\{[^}]*reason="sessions"[^}]*\} 4\b`, shown(counted), "200, 200 and 20 records, and 30 of another part")
	require.NoError(t, held.Rollback(ctx))
	require.NoError(t, <-done)
}

// referenced are records that another table refers to, all of them.
type referenced struct{ paused }

func (*referenced) DeleteBatch(context.Context, offhours.Part, []offhours.Listed) (offhours.Deleted, error) {
	return offhours.Deleted{}, offhours.ErrReferenced
}

// A part of them would take hours: they are given up one by one.
func TestWhatIsGivenUpIsNotRestedAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		part := &referenced{paused{openFor: time.Hour}}
		deletion := &activities.Deletion{Store: part, Archive: part}
		env := new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment()
		env.RegisterActivity(deletion)
		began := time.Now()

		_, err := env.ExecuteActivity(deletion.DeletePart, activities.PartInput{Part: 1})

		require.NoError(t, err)
		require.Len(t, part.skipped, 9)
		require.Less(t, time.Since(began), 5*time.Second)
	})
}
