package metrics_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/metrics"
)

// scrape returns the page as Prometheus sees it.
func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	require.Equal(t, 200, answer.Code)
	require.Contains(t, answer.Header().Get("Content-Type"), "text/plain")
	return answer.Body.String()
}

func open(t *testing.T) (m *metrics.Metrics, log *strings.Builder) {
	log = &strings.Builder{}
	return metrics.New(slog.New(slog.NewTextHandler(log, nil))), log
}

func TestCallsAreCountedByRouteMethodStatusAndCode(t *testing.T) {
	t.Parallel()
	m, _ := open(t)
	calls := m.Calls()
	calls.Began()
	calls.Began()
	calls.Ended("GET", "/api/v1/me", 200, "", 30*time.Millisecond)
	calls.Began()
	calls.Ended("BREW", "", 404, "not_found", time.Millisecond)
	calls.Limited("user")
	page := scrape(t, m)
	for _, line := range []string{
		`offhours_http_requests_total{code="",method="GET",route="/api/v1/me",status="200"} 1`,
		`offhours_http_requests_total{code="not_found",method="other",route="none",status="404"} 1`,
		`offhours_http_request_duration_seconds_bucket{method="GET",route="/api/v1/me",le="0.025"} 0`,
		`offhours_http_request_duration_seconds_bucket{method="GET",route="/api/v1/me",le="0.05"} 1`,
		`offhours_http_requests_in_flight 1`,
		`offhours_http_rate_limited_total{by="user"} 1`,
		"go_goroutines",
		"process_open_fds",
	} {
		require.Contains(t, page, line)
	}
}

func TestWhatTemporalsSDKCountsIsShown(t *testing.T) {
	t.Parallel()
	m, _ := open(t)
	handler, err := m.Temporal()
	require.NoError(t, err)
	handler.Counter("offhours_records_deleted").Inc(3)
	tagged := handler.WithTags(map[string]string{"task_queue": "offhours-bulk"})
	tagged.Counter("temporal_request_failure").Inc(2)
	tagged.Gauge("temporal_worker_task_slots_used").Update(4)
	tagged.Timer("temporal_activity_execution_latency").Record(40 * time.Second)
	page := scrape(t, m)
	for _, line := range []string{
		"offhours_records_deleted_total 3",
		`temporal_request_failure_total{task_queue="offhours-bulk"} 2`,
		`temporal_worker_task_slots_used{task_queue="offhours-bulk"} 4`,
		`temporal_activity_execution_latency_seconds_bucket{task_queue="offhours-bulk",le="30"} 0`,
		`temporal_activity_execution_latency_seconds_bucket{task_queue="offhours-bulk",le="60"} 1`,
	} {
		require.Contains(t, page, line)
	}
	require.NotContains(t, page, "otel_scope")
}

func TestTheBacklogIsReadAtEachScrape(t *testing.T) {
	t.Parallel()
	m, log := open(t)
	var away error
	m.Backlog(func(context.Context) (offhours.Backlog, error) {
		return offhours.Backlog{
			Requests:     map[offhours.Status]int{offhours.StatusInQueue: 7, offhours.StatusFailed: 0},
			OldestQueued: 90 * time.Second, NoticesPending: 2, NoticesGivenUp: 1,
		}, away
	})
	page := scrape(t, m)
	for _, line := range []string{
		`offhours_requests{status="in_queue"} 7`,
		`offhours_requests{status="failed"} 0`,
		`offhours_oldest_queued_seconds 90`,
		`offhours_mails{state="pending"} 2`,
		`offhours_mails{state="given_up"} 1`,
	} {
		require.Contains(t, page, line)
	}

	away = errors.New("the database is away")
	page = scrape(t, m)
	require.NotContains(t, page, "offhours_requests")
	require.NotContains(t, page, "away")
	require.Contains(t, page, "go_goroutines", "the rest is shown all the same")
	require.Contains(t, log.String(), "the database is away")
}

func TestNamesAndHelpKeepPrometheusCustoms(t *testing.T) {
	t.Parallel()
	m, _ := open(t)
	calls := m.Calls()
	calls.Began()
	calls.Ended("GET", "/", 200, "", 0)
	calls.Limited("account")
	pool, err := pgxpool.New(t.Context(), "postgres://127.0.0.1:1/none")
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	m.Pool(pool.Stat)
	m.Backlog(func(context.Context) (offhours.Backlog, error) { return offhours.Backlog{}, nil })
	page := scrape(t, m)
	require.Contains(t, page, "offhours_database_connections_in_use 0")
	problems, err := promlint.New(strings.NewReader(page)).Lint()
	require.NoError(t, err)
	require.Empty(t, problems)
}
