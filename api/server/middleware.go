package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
)

// Keys of values that the access log and the metrics read.
const (
	requestIDKey = "offhours.request_id"
	codeKey      = "offhours.code"
	limitedKey   = "offhours.limited"
)

// apiPrefix is of the routes that need a token. Everything else is public.
const apiPrefix = "/api/"

func isAPI(c *gin.Context) bool { return strings.HasPrefix(c.FullPath(), apiPrefix) }

// identify gives each call an id of ours, so that callers cannot choose what
// stands in the log.
func identify(c *gin.Context) {
	id := uuid.NewString()
	c.Set(requestIDKey, id)
	c.Header("X-Request-Id", id)
}

// measure counts every call, also one whose connection is broken off.
func measure(metrics Metrics) gin.HandlerFunc {
	return func(c *gin.Context) {
		began := time.Now()
		metrics.Began()
		defer func() {
			metrics.Ended(methodOf(c.Request), c.FullPath(), c.Writer.Status(), c.GetString(codeKey), time.Since(began))
			if by := c.GetString(limitedKey); by != "" {
				metrics.Limited(by)
			}
		}()
		c.Next()
	}
}

func requestID(c *gin.Context) string { return c.GetString(requestIDKey) }

// accessLog writes one line per call: ids only, no addresses, queries, emails
// or headers.
func accessLog(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		began := time.Now()
		c.Next()
		attributes := []slog.Attr{
			slog.String("request_id", requestID(c)),
			slog.String("method", methodOf(c.Request)),
			slog.String("route", c.FullPath()),
			slog.Int("status", c.Writer.Status()),
			slog.Int("bytes", max(c.Writer.Size(), 0)),
			slog.Float64("took_ms", float64(time.Since(began).Microseconds())/1000),
		}
		if code := c.GetString(codeKey); code != "" {
			attributes = append(attributes, slog.String("code", code))
		}
		if caller, ok := callerOf(c); ok {
			attributes = append(attributes, slog.Int64("account", caller.account.ID), slog.String("user", caller.user.ID))
		}
		level := slog.LevelInfo
		if !isAPI(c) && c.Writer.Status() < http.StatusInternalServerError {
			level = slog.LevelDebug // probes, many a minute
		}
		log.LogAttrs(c, level, "request", attributes...)
	}
}

// recoverPanics answers like any other bug. What was being done is undone with
// its transaction.
func (p problems) recoverPanics(c *gin.Context) {
	defer func() {
		caught := recover()
		if caught == nil {
			return
		}
		if caught == http.ErrAbortHandler {
			panic(caught) // the server's own way to end a connection
		}
		p.write(c, fmt.Errorf("panic: %v\n%s", caught, debug.Stack()))
	}()
	c.Next()
}

func secure(c *gin.Context) {
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("Referrer-Policy", "no-referrer")
	if isAPI(c) {
		c.Header("Cache-Control", "no-store")
		c.Header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	}
}

// maxTime is given to every call but downloads, which may take as long as they
// make progress. It is more than an admission may wait for its turn, so that
// what the database refuses for time is still told.
const maxTime = 30 * time.Second

// Routes that stream.
var downloads = map[string]bool{
	"/api/v1/requests/:id/files/:name": true,
	"/api/v1/requests/:id/report":      true,
}

func limitTime(c *gin.Context) {
	if downloads[c.FullPath()] {
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), maxTime)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
}
