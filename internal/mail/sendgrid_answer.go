package mail

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// settingsRetryAfter is the wait after answers that are about settings and not
// about the message. Someone has to mend them, and the mail should then go.
const settingsRetryAfter = 10 * time.Minute

// judge turns SendGrid's answer into the result of Send. The body of an answer
// is not looked at: it may repeat what was sent.
func (s *sendGrid) judge(status int, header http.Header) (string, error) {
	if status == http.StatusAccepted {
		return header.Get("X-Message-Id"), nil
	}
	e := &SendError{Status: status, Reason: fmt.Sprintf("SendGrid answered %d %s", status, http.StatusText(status))}
	switch e.Kind = Retryable; {
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status >= 500:
		e.RetryAfter = retryAfter(header, s.now())
	case aboutSettings(status):
		e.RetryAfter = settingsRetryAfter
	default:
		e.Kind = Permanent
	}
	return "", e
}

// aboutSettings reports whether an answer is about the key, the account or the
// host. 401 is also what SendGrid answers when the credits of the account are
// used up, and 403 when it has blocked the account for a time. 200 is the
// sandbox, which delivers nothing, or not SendGrid at all.
func aboutSettings(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return true
	}
	return status < 400
}

// retryAfter is the longer one of what Retry-After (seconds or a date) and
// X-RateLimit-Reset (Unix seconds) ask for, at most [MaxRetryAfter].
func retryAfter(header http.Header, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.ParseUint(header.Get("Retry-After"), 10, 63); err == nil {
		wait = atMost(int64(seconds))
	} else if at, err := http.ParseTime(header.Get("Retry-After")); err == nil {
		wait = atMost(at.Unix() - now.Unix())
	}
	if reset, err := strconv.ParseUint(header.Get("X-RateLimit-Reset"), 10, 63); err == nil {
		wait = max(wait, atMost(int64(reset)-now.Unix()))
	}
	return wait
}

// atMost is a number of seconds, from 0 to [MaxRetryAfter].
func atMost(seconds int64) time.Duration {
	return time.Duration(min(max(seconds, 0), int64(MaxRetryAfter/time.Second))) * time.Second
}
