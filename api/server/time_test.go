package server_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/api/server"
	"github.com/offhours/offhours/internal/archive"
	"github.com/offhours/offhours/internal/metrics"
)

// stuck is a database that does not answer.
type stuck struct{ server.Store }

func (stuck) UserByEmail(ctx context.Context, _ string) (offhours.User, offhours.Account, error) {
	<-ctx.Done()
	return offhours.User{}, offhours.Account{}, ctx.Err()
}

// trusting takes any header for an email.
type trusting struct{}

func (trusting) Email(_ context.Context, authorization string) (string, error) {
	return authorization, nil
}

func stuckServer() http.Handler {
	log := slog.New(slog.DiscardHandler)
	counted := metrics.New(log)
	return server.New(server.Config{Store: stuck{}, Workflows: &workflows{}, Files: archive.New(nil), Auth: trusting{}, Metrics: counted.Calls(), MetricsPage: counted.Handler(), Log: log})
}

func TestACallThatNothingAnswersIsGivenUpAfterHalfAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler := stuckServer()
		answer := httptest.NewRecorder()
		began := time.Now()
		handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/requests", nil))
		require.Equal(t, http.StatusServiceUnavailable, answer.Code)
		require.Contains(t, answer.Body.String(), `"code":"unavailable"`)
		require.Equal(t, 30*time.Second, time.Since(began))
	})
}

func TestACallerWhoLeavesLetsTheirCallGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler := stuckServer()
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		began := time.Now()
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/v1/requests", nil))
		require.Equal(t, time.Second, time.Since(began))
	})
}
