package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/api/openapi"
)

// This file is the only one that turns errors into answers.

type problem struct {
	status int
	title  string
}

var problemOf = map[offhours.Code]problem{
	offhours.CodeUnauthenticated:     {http.StatusUnauthorized, "Not signed in"},
	offhours.CodeAccessDenied:        {http.StatusForbidden, "Access denied"},
	offhours.CodeFeatureDisabled:     {http.StatusForbidden, "Feature not enabled"},
	offhours.CodeInvalidRequest:      {http.StatusBadRequest, "Invalid request"},
	offhours.CodeUnknownActivityType: {http.StatusUnprocessableEntity, "Unknown activity type"},
	offhours.CodeNotConfirmed:        {http.StatusUnprocessableEntity, "Not confirmed"},
	offhours.CodeIdempotencyConflict: {http.StatusConflict, "Idempotency key already used"},
	offhours.CodeDuplicateRequest:    {http.StatusConflict, "Another request exists"},
	offhours.CodeNothingToDo:         {http.StatusUnprocessableEntity, "Nothing to do"},
	offhours.CodeRequestTooLarge:     {http.StatusUnprocessableEntity, "Too many records"},
	offhours.CodeQueueFull:           {http.StatusConflict, "Queue full"},
	offhours.CodeNotFound:            {http.StatusNotFound, "Not found"},
	offhours.CodeTooLateToRevoke:     {http.StatusConflict, "Too late to revoke"},
	offhours.CodeNotReady:            {http.StatusConflict, "Not ready"},
	offhours.CodeExportExpired:       {http.StatusGone, "Export expired"},
	offhours.CodeRateLimited:         {http.StatusTooManyRequests, "Too many requests"},
	offhours.CodeUnavailable:         {http.StatusServiceUnavailable, "Temporarily unavailable"},
	offhours.CodeInternal:            {http.StatusInternalServerError, "Internal error"},
}

// Texts that stand for every inner error.
const (
	textUnavailable = "Something this needs does not answer. Please try again in a few minutes."
	textInternal    = "Something went wrong on our side. Nothing was changed unless you are told so."
)

// retryAfter, in seconds, is what callers are told to wait after an outage.
const retryAfter = "5"

// statusError is a refusal whose status is not the one of its code.
type statusError struct {
	status  int
	refusal *offhours.Error
}

func (e *statusError) Error() string { return e.refusal.Error() }
func (e *statusError) Unwrap() error { return e.refusal }

var (
	errNoRoute      = offhours.Errorf(offhours.CodeNotFound, "There is nothing at this address.")
	errNoMethod     = &statusError{http.StatusMethodNotAllowed, offhours.Errorf(offhours.CodeInvalidRequest, "This address does not support the method.")}
	errBodyTooLarge = &statusError{http.StatusRequestEntityTooLarge, offhours.Errorf(offhours.CodeInvalidRequest, "The body is over 64 KiB.")}
	errAnotherFile  = &statusError{http.StatusPreconditionFailed, offhours.Errorf(offhours.CodeInvalidRequest, "If-Match: the file has another ETag.")}
	errBadRange     = &statusError{http.StatusRequestedRangeNotSatisfiable, offhours.Errorf(offhours.CodeInvalidRequest, "Range: must be bytes that the file has, such as bytes=0-1023; Content-Range tells how many it has.")}
)

type problems struct{ log *slog.Logger }

// write answers with the problem that err is, and stops the chain. Only the
// texts of refusals are shown; every other error is logged, here and once.
func (p problems) write(c *gin.Context, err error) {
	refusal := p.refusalOf(c, err)
	status := problemOf[refusal.Code].status
	if override := (*statusError)(nil); errors.As(err, &override) {
		status = override.status
	}
	c.Set(codeKey, string(refusal.Code))
	c.Abort()
	if c.Writer.Written() {
		return // a download broke off; its length tells the client
	}
	body := encode(openapi.Problem{
		Type:     "urn:offhours:problem:" + string(refusal.Code),
		Title:    problemOf[refusal.Code].title,
		Status:   status,
		Detail:   refusal.Detail,
		Code:     refusal.Code,
		Instance: "urn:uuid:" + requestID(c),
	})
	advise(c, refusal.Code, err)
	c.Data(status, "application/problem+json", body)
}

// advise sets the headers that tell the caller what to do.
func advise(c *gin.Context, code offhours.Code, err error) {
	var limited *tooMany
	switch {
	case errors.As(err, &limited):
		c.Header("Retry-After", limited.seconds())
		c.Set(limitedKey, limited.by)
	case code == offhours.CodeUnauthenticated:
		c.Header("WWW-Authenticate", "Bearer")
	case code == offhours.CodeUnavailable:
		c.Header("Retry-After", retryAfter)
	}
}

// encode leaves & < > as they are: problems are read by people, never as HTML.
func encode(body openapi.Problem) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		return []byte(`{}`) // strings and a number always marshal
	}
	return bytes.TrimSpace(text.Bytes())
}

func (p problems) refusalOf(c *gin.Context, err error) *offhours.Error {
	var refusal *offhours.Error
	switch {
	case errors.As(err, &refusal):
		if _, known := problemOf[refusal.Code]; known && refusal.Code != offhours.CodeInternal {
			if refusal.Code == offhours.CodeUnavailable && err != error(refusal) { // operators have to learn why
				p.log.WarnContext(c, "unavailable", "request_id", requestID(c), "error", err)
			}
			return refusal
		}
	case c.Request.Context().Err() != nil && errors.Is(c.Request.Context().Err(), context.Canceled):
		return offhours.Errorf(offhours.CodeUnavailable, textUnavailable) // the caller is gone; nobody reads this
	case isOutage(err):
		p.log.WarnContext(c, "unavailable", "request_id", requestID(c), "error", err)
		return offhours.Errorf(offhours.CodeUnavailable, textUnavailable)
	}
	p.log.ErrorContext(c, "internal error", "request_id", requestID(c), "error", err)
	return offhours.Errorf(offhours.CodeInternal, textInternal)
}

// isOutage tells what may pass by itself from what is a bug: connections that
// fail or end, time-outs, and the SQL states of a server that is busy, starting
// or stopping.
func isOutage(err error) bool {
	var (
		network net.Error
		sql     interface{ SQLState() string }
		retry   interface{ SafeToRetry() bool } // pgx: nothing was sent
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return true
	case errors.As(err, &sql):
		return isOutageState(sql.SQLState())
	case errors.As(err, &network):
		return true
	}
	return errors.As(err, &retry) && retry.SafeToRetry()
}

func isOutageState(state string) bool {
	switch state {
	case "40001", "40P01", // serialization failure, deadlock
		"55P03", "57014": // lock and statement time-outs
		return true
	case "57P01", "57P02", "57P03", "57P05": // shut down, crashed, starting, idle too long
		return true
	}
	// Connection exceptions; insufficient resources.
	return strings.HasPrefix(state, "08") || strings.HasPrefix(state, "53")
}
