package server_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOneAccountsCreatesDoNotKeepOthersWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, old)
	w.NewAccount("Globex", "admin@globex.example")
	held, err := w.Conn.Begin(t.Context()) // as a long admission of the account does
	require.NoError(t, err)
	_, err = held.Exec(t.Context(), `SELECT 1 FROM accounts WHERE id = $1 FOR UPDATE`, w.Account.ID)
	require.NoError(t, err)

	const creates = 40 // twice the connections there are
	answers := make(chan answer, creates)
	var calls sync.WaitGroup
	for i := range creates {
		calls.Go(func() { answers <- w.create(body(201), fmt.Sprint("key ", i)) })
	}
	require.Eventually(t, func() bool {
		return strings.Contains(w.get("/metrics").text, fmt.Sprintf("offhours_http_requests_in_flight %d", creates+1))
	}, 10*time.Second, 10*time.Millisecond)

	soon, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(soon, http.MethodGet, w.url+"/api/v1/activity-types", nil)
	require.NoError(t, err)
	r.Header = bearer(w.issuer.Token(t, "admin@globex.example"))
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err, "another account's call waits for those creates")
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)

	require.NoError(t, held.Rollback(t.Context()))
	calls.Wait()
	close(answers)
	count := map[int]int{}
	for a := range answers {
		count[a.StatusCode]++
	}
	require.Equal(t, map[int]int{http.StatusCreated: 1, http.StatusConflict: creates - 1}, count, "and all of them are answered")
}
