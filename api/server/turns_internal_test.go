package server

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
)

func TestTurnsAreGivenBackAndForgotten(t *testing.T) {
	t.Parallel()
	all := newTurns()
	var givenBack []func()
	for range maxHeavy {
		giveBack, err := all.take(t.Context(), 7)
		require.NoError(t, err)
		givenBack = append(givenBack, giveBack)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, err := all.take(gone, 7)
	require.ErrorIs(t, err, context.Canceled, "no more than that at once")
	other, err := all.take(t.Context(), 8)
	require.NoError(t, err, "another account is not concerned")
	other()
	for _, giveBack := range givenBack {
		giveBack()
	}
	require.Empty(t, all.of)
}

func TestCallsThatCostMuchTakeTurns(t *testing.T) {
	t.Parallel()
	heavy := map[string]bool{
		"POST /api/v1/requests": true, "POST /api/v1/requests/preview": true, "PUT /api/v1/account": true, "GET /api/v1/requests/:id/files": true,
		"GET /api/v1/requests": false, "GET /api/v1/account": false, "GET /api/v1/requests/:id/files/:name": false, "POST /api/v1/requests/:id/revoke": false,
	}
	engine := gin.New()
	for call, want := range heavy {
		method, path, _ := strings.Cut(call, " ")
		engine.Handle(method, path, func(c *gin.Context) { require.Equal(t, want, isHeavy(c), call) })
	}
	for call := range heavy {
		method, path, _ := strings.Cut(call, " ")
		answer := httptest.NewRecorder()
		engine.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), method, path, nil))
		require.Equal(t, http.StatusOK, answer.Code)
	}
}
