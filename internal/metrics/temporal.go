package metrics

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/contrib/opentelemetry"
)

// seconds are the buckets of the SDK's timers: from a local answer to a long step.
var seconds = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800}

// Temporal returns a handler for the options of a Temporal client: it counts what
// the SDK does, and what activities count through their context. It is called
// once.
func (m *Metrics) Temporal() (opentelemetry.MetricsHandler, error) {
	exporter, err := otelprometheus.New(
		otelprometheus.WithRegisterer(prometheus.WrapRegistererWith(nil, m.registry)),
		otelprometheus.WithoutScopeInfo(),
		otelprometheus.WithoutTargetInfo(),
	)
	if err != nil {
		return opentelemetry.MetricsHandler{}, fmt.Errorf("export Temporal's metrics: %w", err)
	}
	provider := metric.NewMeterProvider(
		metric.WithReader(exporter),
		metric.WithView(metric.NewView(
			metric.Instrument{Kind: metric.InstrumentKindHistogram},
			metric.Stream{Aggregation: metric.AggregationExplicitBucketHistogram{Boundaries: seconds}},
		)),
	)
	return opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter:                provider.Meter("temporal"),
		UseMonotonicCounters: true,
		OnError:              func(err error) { m.log.Warn("a metric is not counted", "error", err) },
	}), nil
}
