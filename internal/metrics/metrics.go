// Package metrics counts what the commands do, in Prometheus' format. Labels are
// of small, constant sets: routes, statuses, codes, task queues. No id, name or
// address of a customer is ever one.
package metrics

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	// namespace begins every name of the product's own.
	namespace = "offhours"
	// A scrape that takes longer than scrapeTimeout is answered 503, and so is
	// one that comes while maxScrapes others are under way: the queue is read
	// from the database.
	scrapeTimeout = 10 * time.Second
	maxScrapes    = 3
)

// Metrics are those of one process. They are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	log      *slog.Logger
}

// New returns metrics of the process itself; the other methods add more.
func New(log *slog.Logger) *Metrics {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return &Metrics{registry: registry, log: log}
}

// Handler shows the metrics. What cannot be read at the moment is left out, and
// the log says why.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(m.log.Handler(), slog.LevelWarn),
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: maxScrapes,
		Timeout:             scrapeTimeout,
	})
}
