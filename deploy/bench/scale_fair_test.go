package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSlotsAreSharedAmongThoseWhoHaveWork(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		slots float64
		jobs  []job
		want  []float64
	}{
		"one alone has all it can use":         {4, []job{{0, 8, 2}}, []float64{4}},
		"equal shares":                         {2, []job{{0, 4, 2}, {0, 4, 2}}, []float64{4, 4}},
		"what is done leaves the rest more":    {2, []job{{0, 2, 2}, {0, 6, 2}}, []float64{2, 4}},
		"what one cannot use the others get":   {4, []job{{0, 2, 1}, {0, 6, 10}}, []float64{2, 2}},
		"who comes later shares from then on":  {2, []job{{0, 6, 2}, {2, 1, 2}}, []float64{3.5, 3}},
		"nothing happens before anybody comes": {1, []job{{5, 1, 1}}, []float64{6}},
		"no work is done at once":              {1, []job{{1, 0, 1}, {1, 1, 1}}, []float64{1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.InDeltaSlice(t, test.want, fairEnds(test.slots, test.jobs), 1e-6)
		})
	}
}

func TestCapacityIsWhatWasAtWorkWhileOthersWaited(t *testing.T) {
	t.Parallel()
	lives := []life{
		{steps: []step{{scheduled: 0, begun: 0, ended: 4}}},
		{steps: []step{{scheduled: 0, begun: 1, ended: 3}}},
		{steps: []step{{scheduled: 1, begun: 3, ended: 9}}},
	}
	require.InDelta(t, (1*1+2*2)/3.0, capacity(lives), 1e-9)
	require.InDelta(t, 1, capacity(nil), 0)
}

func TestQuantiles(t *testing.T) {
	t.Parallel()
	values := []float64{5, 1, 4, 2, 3}
	require.Equal(t, spread{P50: 3, P95: 5, Max: 5}, spreadOf(values))
	require.Zero(t, quantile(nil, 0.5))
	require.InDelta(t, 0.5, busiest([]float64{0, 10, 11, 30}, 2), 1e-9)
}

func TestATargetThatIsMissedIsSaid(t *testing.T) {
	t.Parallel()
	settings := scaleSettings{accounts: 2000, types: 5, spread: 60e9}
	good := func() *scaleOutcome {
		return &scaleOutcome{
			Requests: map[string]int{"success": 2005}, Ratio: spread{1, 2, 3}, Spread: spread{30, 57, 64}, Busiest: 0.11,
			Memory: []memories{{Process: "api", Second: 60, Last: 70}},
			Costs:  []queueCost{{Queued: 100, Create: 10, Calls: 500, CPU: 1}, {Queued: 2000, Create: 14, Calls: 600, CPU: 2}},
		}
	}
	missed := func(o *scaleOutcome) (n int) {
		for _, v := range judgeScale(settings, scaleResults{Fair: o}) {
			if !v.Held {
				n++
			}
		}
		return n
	}
	require.Zero(t, missed(good()))
	for name, spoil := range map[string]func(o *scaleOutcome){
		"one failed":          func(o *scaleOutcome) { o.Requests = map[string]int{"success": 2004, "failed": 1} },
		"one is missing":      func(o *scaleOutcome) { o.Requests = map[string]int{"success": 2004} },
		"one waited too long": func(o *scaleOutcome) { o.Ratio.Max = 3.01 },
		"one began early":     func(o *scaleOutcome) { o.Early = 1 },
		"all at once":         func(o *scaleOutcome) { o.Busiest = 0.5 },
		"memory grew":         func(o *scaleOutcome) { o.Memory[0].Last = 73 },
		"creates grew":        func(o *scaleOutcome) { o.Costs[1].Create = 16 },
		"calls grew":          func(o *scaleOutcome) { o.Costs[1].Calls = 20_000 },
		"CPU grew":            func(o *scaleOutcome) { o.Costs[1].CPU = 40 },
	} {
		o := good()
		spoil(o)
		require.Equal(t, 1, missed(o), name)
	}
}
