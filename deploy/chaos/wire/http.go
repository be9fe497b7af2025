package wire

import (
	"net/http"
	"net/http/httptest"
)

// HTTP watches the calls that a handler answers. Name names a call that changes
// something durably, and returns "" for any other.
func HTTP(next http.Handler, watch Watch, name func(*http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := name(r)
		if call == "" {
			next.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		err := watch.do(call, func() error {
			next.ServeHTTP(answer, r)
			return nil
		})
		if err != nil {
			panic(http.ErrAbortHandler) // net/http's way to end a connection without an answer
		}
		for key, values := range answer.Header() {
			w.Header()[key] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()) // the caller may have left
	})
}
