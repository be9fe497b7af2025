package server

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

type headKey struct{}

// answerHead answers HEAD as GET is answered. The contract has no operations for
// it, and net/http leaves the bodies out.
func answerHead(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.WithContext(context.WithValue(r.Context(), headKey{}, true))
			r.Method = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}

// methodOf is the method that the caller sent.
func methodOf(r *http.Request) string {
	if r.Context().Value(headKey{}) != nil {
		return http.MethodHead
	}
	return r.Method
}

// asSent is the request with the method that the caller sent, for files: they
// are not read for nobody.
func asSent(r *http.Request) *http.Request {
	sent := r.WithContext(r.Context())
	sent.Method = methodOf(r)
	return sent
}

// refuseMethod answers a method that the address does not support.
func (p problems) refuseMethod(c *gin.Context) {
	c.Header("Allow", strings.Replace(c.Writer.Header().Get("Allow"), http.MethodGet, http.MethodGet+", "+http.MethodHead, 1))
	p.write(c, errNoMethod)
}
