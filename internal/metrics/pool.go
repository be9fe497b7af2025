package metrics

import (
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

// Pool adds the pool of database connections, asked at each scrape. It is called
// once.
func (m *Metrics) Pool(ask func() *pgxpool.Stat) {
	now := func(name, help string, value func(*pgxpool.Stat) int32) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Subsystem: "database", Name: name, Help: help},
			func() float64 { return float64(value(ask())) })
	}
	soFar := func(name, help string, value func(*pgxpool.Stat) float64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: namespace, Subsystem: "database", Name: name, Help: help},
			func() float64 { return value(ask()) })
	}
	m.registry.MustRegister(
		now("connections_open", "Connections to the database, idle or in use.", (*pgxpool.Stat).TotalConns),
		now("connections_in_use", "Connections to the database that are in use.", (*pgxpool.Stat).AcquiredConns),
		now("connections_max", "Connections to the database that may be open.", (*pgxpool.Stat).MaxConns),
		soFar("connection_waits_total", "Callers who had to wait for a connection.",
			func(s *pgxpool.Stat) float64 { return float64(s.EmptyAcquireCount()) }),
		soFar("connection_wait_seconds_total", "Time that callers waited for connections.",
			func(s *pgxpool.Stat) float64 { return s.EmptyAcquireWaitTime().Seconds() }),
	)
}
