package metrics

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/offhours/offhours"
)

// backlog reads what there is to do at each scrape.
type backlog struct {
	ask func(context.Context) (offhours.Backlog, error)

	requests, oldestQueued, mostOverdue, notices, oldestNotice *prometheus.Desc
}

// Backlog adds the requests and mails of all accounts, asked at each scrape.
// Every process that shows them shows the same. It is called once.
func (m *Metrics) Backlog(ask func(context.Context) (offhours.Backlog, error)) {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
	}
	m.registry.MustRegister(&backlog{
		ask:          ask,
		requests:     desc("requests", "Requests of all accounts, by status.", "status"),
		oldestQueued: desc("oldest_queued_seconds", "Age of the oldest request In Queue, 0 if there is none."),
		mostOverdue:  desc("most_overdue_seconds", "How long ago a request that is still In Queue should have started, 0 if none should have."),
		notices:      desc("mails", "Mails that wait to be sent, and those that were given up.", "state"),
		oldestNotice: desc("oldest_mail_seconds", "Age of the oldest mail that waits to be sent, 0 if there is none."),
	})
}

// Describe implements [prometheus.Collector].
func (b *backlog) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{b.requests, b.oldestQueued, b.mostOverdue, b.notices, b.oldestNotice} {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (b *backlog) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout/2)
	defer cancel()
	found, err := b.ask(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(b.requests, err)
		return
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	for status, n := range found.Requests {
		gauge(b.requests, float64(n), string(status))
	}
	gauge(b.oldestQueued, found.OldestQueued.Seconds())
	gauge(b.mostOverdue, found.MostOverdue.Seconds())
	gauge(b.notices, float64(found.NoticesPending), "pending")
	gauge(b.notices, float64(found.NoticesGivenUp), "given_up")
	gauge(b.oldestNotice, found.OldestNotice.Seconds())
}
