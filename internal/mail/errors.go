package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"
)

// FailureKind says what to do about a message that was not certainly accepted.
type FailureKind string

// Kinds of failures.
const (
	// Permanent: this message will never be accepted.
	Permanent FailureKind = "permanent"
	// Retryable: it was not accepted, but may be later.
	Retryable FailureKind = "retryable"
	// Unknown: the answer was lost. It may have been accepted, so that sending
	// it again may deliver it twice.
	Unknown FailureKind = "unknown"
)

// MaxRetryAfter is the longest wait that is asked of callers, whatever the
// server asks for.
const MaxRetryAfter = time.Hour

// SendError is the only error of a [Transport]. It holds no address, no key and
// no part of the message.
type SendError struct {
	Kind       FailureKind
	RetryAfter time.Duration // wait at least so long; 0 leaves it to the caller
	Status     int           // HTTP status, 0 if there was no answer
	Reason     string
	cause      error
}

// Error returns the kind and the reason.
func (e *SendError) Error() string { return fmt.Sprintf("mail: %s: %s", e.Kind, e.Reason) }

// Unwrap returns context.Canceled or context.DeadlineExceeded where that was
// the reason, and errors of the file system.
func (e *SendError) Unwrap() error { return e.cause }

func permanent(reason string) *SendError {
	return &SendError{Kind: Permanent, Reason: reason}
}

// unanswered is about a call that got no answer. If there never was a
// connection, nothing can have been accepted.
func unanswered(err error, connected bool) *SendError {
	e := &SendError{Kind: Retryable, Reason: "no connection: " + wentWrong(err)}
	if connected {
		e.Kind, e.Reason = Unknown, "no answer, it may have been accepted: "+wentWrong(err)
	}
	for _, given := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, given) {
			e.cause = given
		}
	}
	return e
}

// wentWrong describes a failed call in words that are known to hold nothing
// that was sent or received.
func wentWrong(err error) string {
	var (
		timeout     net.Error
		network     *net.OpError
		certificate *tls.CertificateVerificationError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled.Error()
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timed out"
	case errors.As(err, &certificate):
		return certificate.Error()
	case errors.As(err, &network):
		return network.Error()
	}
	return "the connection broke"
}
