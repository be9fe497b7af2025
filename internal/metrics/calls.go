package metrics

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// methods that have a label of their own: callers may invent others.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// Calls counts HTTP calls.
type Calls struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
	limited  *prometheus.CounterVec
}

// Calls returns the counters of HTTP calls. It is called once.
func (m *Metrics) Calls() *Calls {
	c := &Calls{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: "http", Name: "requests_total",
			Help: "Calls that were answered, by route, method, HTTP status and code of the problem.",
		}, []string{"route", "method", "status", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: "http", Name: "request_duration_seconds",
			Help:    "How long answers took, downloads to their last byte.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 120},
		}, []string{"route", "method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: "http", Name: "requests_in_flight",
			Help: "Calls under way.",
		}),
		limited: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: "http", Name: "rate_limited_total",
			Help: "Calls that were refused because their user or account had made too many.",
		}, []string{"by"}),
	}
	m.registry.MustRegister(c.requests, c.duration, c.inFlight, c.limited)
	return c
}

// Began counts a call that has begun. Each is followed by one Ended.
func (c *Calls) Began() { c.inFlight.Inc() }

// Ended counts a call by its route, empty if it has none, and by the code of the
// problem it was answered with, if any.
func (c *Calls) Ended(method, route string, status int, code string, took time.Duration) {
	if !slices.Contains(methods, method) {
		method = "other"
	}
	if route == "" {
		route = "none"
	}
	c.inFlight.Dec()
	c.requests.WithLabelValues(route, method, strconv.Itoa(status), code).Inc()
	c.duration.WithLabelValues(route, method).Observe(took.Seconds())
}

// Limited counts a call that was refused by the limit of its "user" or "account".
func (c *Calls) Limited(by string) { c.limited.WithLabelValues(by).Inc() }
