package main

import (
	"cmp"
	"math"
	"slices"
)

// job is the work of one account, in seconds of a slot, that comes at an instant
// and can use so many slots at a time.
type job struct {
	at, work, most float64
}

// fairEnds returns when each job would end if, at any time, the slots were shared
// equally among the jobs that still have work; what one cannot use goes to the
// others.
func fairEnds(slots float64, jobs []job) []float64 {
	ends := make([]float64, len(jobs))
	left := make([]float64, len(jobs))
	order := make([]int, len(jobs)) // in the order in which they come
	for i, j := range jobs {
		left[i], order[i] = j.work, i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(jobs[a].at, jobs[b].at) })
	var active []int
	for now := 0.0; len(order)+len(active) > 0; {
		if len(active) == 0 {
			now = math.Max(now, jobs[order[0]].at)
		}
		for len(order) > 0 && jobs[order[0]].at <= now {
			active, order = append(active, order[0]), order[1:]
		}
		shares := share(slots, jobs, active)
		step := math.Inf(1)
		if len(order) > 0 {
			step = jobs[order[0]].at - now
		}
		for i, j := range active {
			step = math.Min(step, left[j]/shares[i])
		}
		now += step
		still := active[:0]
		for i, j := range active {
			if left[j] -= shares[i] * step; left[j] > 1e-9 {
				still = append(still, j)
			} else {
				ends[j] = now
			}
		}
		active = still
	}
	return ends
}

// share divides slots among active jobs: equally, but to none more than it can use.
func share(slots float64, jobs []job, active []int) []float64 {
	modest := make([]int, len(active))
	for i := range active {
		modest[i] = i
	}
	slices.SortFunc(modest, func(a, b int) int { return cmp.Compare(jobs[active[a]].most, jobs[active[b]].most) })
	shares := make([]float64, len(active))
	for n, i := range modest {
		shares[i] = math.Min(jobs[active[i]].most, slots/float64(len(active)-n))
		slots -= shares[i]
	}
	return shares
}

// quantile is the value below which a share q of values lies, 0 of none.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
