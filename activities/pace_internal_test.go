package activities

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// watched is a tempo whose database is looked at four times a second.
type watched struct {
	tempo
	t   *testing.T
	now offhours.Pressure
}

func watch(t *testing.T) *watched {
	w := &watched{t: t, tempo: newTempo(), now: offhours.Pressure{
		SeenOn: time.Unix(1000, 0), Pace: offhours.Pace{Share: 1},
		Limits: offhours.Limits{
			offhours.LimitBatchRecords: 1000, offhours.LimitBatchTime: 250, offhours.LimitPause: 0, offhours.LimitLockWaiters: 1, offhours.LimitBusySessions: 2,
			offhours.LimitLagBytes: 1 << 20, offhours.LimitLagTime: 5000, offhours.LimitWAL: 1 << 20, offhours.LimitDeadRows: 1000,
		},
	}}
	w.tempo.look(w.now)
	return w
}

// looks looks n times, after something has happened to the database each time.
func (w *watched) looks(n int, happened func(p *offhours.Pressure)) {
	for range n {
		w.now.SeenOn = w.now.SeenOn.Add(lookEvery)
		happened(&w.now)
		w.look(w.now)
	}
}

func nothing(*offhours.Pressure) {}

func TestWithoutLoadNothingIsHeldBack(t *testing.T) {
	t.Parallel()
	w := watch(t)
	w.looks(10, func(p *offhours.Pressure) { p.WAL += 1 << 16; p.Busy, p.LagBytes, p.Dead = 1, 1<<19, 999 })
	w.did(1000, 20*time.Millisecond, 0)
	require.Equal(t, 1000, w.batch())
	require.Zero(t, w.pause(20*time.Millisecond))
	require.Equal(t, offhours.Pace{Share: 1, SlowedBy: []offhours.SlowReason{}}, w.pace())
}

// Each signal alone slows down, says so, and lets go when it is over; with its limit
// off it does nothing.
func TestEachSignalSlowsDownUntilItIsOver(t *testing.T) {
	t.Parallel()
	for reason, test := range map[offhours.SlowReason]struct {
		limit  offhours.Limit
		happen func(w *watched, p *offhours.Pressure)
	}{
		offhours.SlowLockWaits:  {offhours.LimitLockWaiters, func(w *watched, _ *offhours.Pressure) { w.did(50, time.Millisecond, 1) }},
		offhours.SlowSessions:   {offhours.LimitBusySessions, func(_ *watched, p *offhours.Pressure) { p.Busy = 2 }},
		offhours.SlowReplicaLag: {offhours.LimitLagBytes, func(_ *watched, p *offhours.Pressure) { p.LagBytes = 1 << 20 }},
		"replica_lag in time":   {offhours.LimitLagTime, func(_ *watched, p *offhours.Pressure) { p.Lag = 5 * time.Second }},
		offhours.SlowVacuum:     {offhours.LimitDeadRows, func(_ *watched, p *offhours.Pressure) { p.Dead = 1000 }},
		offhours.SlowWAL:        {offhours.LimitWAL, func(_ *watched, p *offhours.Pressure) { p.WAL += 1 << 19 }},
	} {
		t.Run(string(reason), func(t *testing.T) {
			t.Parallel()
			want := reason
			if test.limit == offhours.LimitLagTime {
				want = offhours.SlowReplicaLag
			}
			w := watch(t)
			w.looks(1, func(p *offhours.Pressure) { test.happen(w, p) })
			require.Equal(t, offhours.Pace{Share: .5, SlowedBy: []offhours.SlowReason{want}}, w.pace())
			require.Equal(t, 500, w.batch())
			require.Equal(t, 20*time.Millisecond, w.pause(20*time.Millisecond), "half of the time is left to others")

			w.looks(20, func(p *offhours.Pressure) { test.happen(w, p) })
			least, smallest := 1.0/64, 50
			if reason == offhours.SlowSessions {
				least, smallest = 1.0/8, 125
			}
			require.InDelta(t, least, w.pace().Share, 0)
			require.Equal(t, smallest, w.batch(), "it goes on, however long that lasts")
			require.Equal(t, time.Second, w.pause(time.Minute))
			require.Equal(t, time.Second, w.others(time.Minute))

			w.now.Busy, w.now.LagBytes, w.now.Lag, w.now.Dead = 0, 0, 0, 0
			w.looks(1, nothing)
			require.InDelta(t, least+growth, w.pace().Share, 0, "speed comes back little by little")
			w.looks(16, nothing)
			require.Equal(t, offhours.Pace{Share: 1, SlowedBy: []offhours.SlowReason{}}, w.pace())

			off := watch(t)
			off.looks(3, func(p *offhours.Pressure) { p.Limits[test.limit] = 0; test.happen(off, p) })
			require.InDelta(t, 1, off.pace().Share, 0)
		})
	}
}

// What a request writes follows its speed, so it settles near the limit, neither
// far below nor above it.
func TestAWriterSettlesAtTheLimitOfItsWAL(t *testing.T) {
	t.Parallel()
	w := watch(t)
	const full = 10 << 20 // bytes a second at full speed
	written := 0.0
	w.looks(20, func(p *offhours.Pressure) { p.WAL += int64(w.share * full * lookEvery.Seconds()) })
	w.looks(100, func(p *offhours.Pressure) {
		written += w.share * full * lookEvery.Seconds()
		p.WAL += int64(w.share * full * lookEvery.Seconds())
	})
	require.InEpsilon(t, float64(100)*lookEvery.Seconds()*(1<<20), written, .35)
	require.Equal(t, []offhours.SlowReason{offhours.SlowWAL}, w.pace().SlowedBy)
}

// Near the limit nothing grows: that is a reason as long as it lasts, though the
// limit itself is not met any more.
func TestWhoIsHeldBackNearTheLimitOfWALSaysSo(t *testing.T) {
	t.Parallel()
	nearTheLimit := func(p *offhours.Pressure) { p.WAL += 249_000 } // of 262,144 in that time
	w := watch(t)
	w.looks(2, nearTheLimit)
	require.Equal(t, offhours.Pace{Share: 1, SlowedBy: []offhours.SlowReason{}}, w.pace(), "nothing is held back at full speed")
	w.looks(2, func(p *offhours.Pressure) { p.WAL += 1 << 19 })
	w.looks(100, nearTheLimit)
	require.Equal(t, offhours.Pace{Share: .25, SlowedBy: []offhours.SlowReason{offhours.SlowWAL}}, w.pace())
	w.looks(12, nothing)
	require.Equal(t, offhours.Pace{Share: 1, SlowedBy: []offhours.SlowReason{}}, w.pace())
}

func TestBatchesThatTakeLongAreFollowedBySmallerOnes(t *testing.T) {
	t.Parallel()
	w := watch(t)
	w.did(1000, time.Second, 0)
	require.Equal(t, 250, w.batch(), "as many as would take 250 ms")
	require.Equal(t, offhours.Pace{Share: 1, SlowedBy: []offhours.SlowReason{offhours.SlowStatements}}, w.pace())
	w.timedOut(250)
	require.Equal(t, 125, w.batch())
	for range 10 {
		w.timedOut(50)
	}
	require.Equal(t, politeBatch, w.batch())
	for range 10 {
		w.did(w.batch(), 10*time.Millisecond, 0)
	}
	require.Equal(t, 1000, w.batch(), "and grow again")
	require.Empty(t, w.pace().SlowedBy)
}

func TestLimitsHoldFromTheNextLookOn(t *testing.T) {
	t.Parallel()
	w := watch(t)
	w.looks(1, func(p *offhours.Pressure) {
		p.Limits[offhours.LimitBatchRecords], p.Limits[offhours.LimitPause] = 100, 30
	})
	require.Equal(t, 100, w.batch())
	require.Equal(t, 30*time.Millisecond, w.pause(time.Millisecond))
}

func TestAnotherWorkerGoesOnAtThePaceThatIsRecorded(t *testing.T) {
	t.Parallel()
	tempo := newTempo()
	tempo.look(offhours.Pressure{SeenOn: time.Unix(1000, 0), Pace: offhours.Pace{Share: .25, SlowedBy: []offhours.SlowReason{offhours.SlowVacuum}}})
	require.Equal(t, 250, tempo.batch())
	require.Equal(t, []offhours.SlowReason{offhours.SlowVacuum}, tempo.pace().SlowedBy)
	tempo.look(offhours.Pressure{SeenOn: time.Unix(1011, 0)})
	require.Empty(t, tempo.pace().SlowedBy, "a reason that was not found again is over")
}

// Whoever was at work a moment ago has the other cores, briefer batches, and half of the
// time, before anything is slowed down.
func TestInCompanyPartsAreAloneAndBrief(t *testing.T) {
	t.Parallel()
	w := watch(t)
	require.False(t, w.alone())
	require.Equal(t, 1000, w.batch())
	require.Zero(t, w.pause(time.Second/10))

	w.looks(1, func(p *offhours.Pressure) { p.Near = 1 })

	require.True(t, w.alone())
	require.Equal(t, briefBatch, w.batch())
	require.Equal(t, time.Second/10, w.pause(time.Second/10))
	require.InDelta(t, 1, w.share, 0, "nothing is slowed down")
	w.looks(1, func(p *offhours.Pressure) { p.Near = 0 })
	require.False(t, w.alone())

	w.now.Limits = offhours.Limits{offhours.LimitBatchRecords: 1000}
	w.looks(1, func(p *offhours.Pressure) { p.Near = 1 })
	require.False(t, w.alone(), "operators have lifted the limit of sessions")
}
