package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"

	"go.temporal.io/api/serviceerror"

	"github.com/offhours/offhours"
)

// Exit codes, as the help lists them.
const (
	exitDone        = 0
	exitError       = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitRefused     = 4
	exitTooLate     = 5
	exitUnavailable = 6
	exitFailed      = 7
	exitRevoked     = 8
	exitUnmended    = 9
	exitNotWhole    = 10
	exitStopped     = 130
)

// exit ends the command with a code when everything was said.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// usageError says that the command was called wrongly.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// problem is an error in JSON. Its code is one of the REST contract, or "stopped".
type problem struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// report says what went wrong, if anything, and returns the exit code.
func (t *tool) report(ctx context.Context, err error) int {
	code, said := t.judge(ctx, err)
	switch {
	case said == nil:
	case t.output == jsonFormat && code != exitUsage:
		_ = json.NewEncoder(t.stderr).Encode(map[string]problem{"error": *said})
	case code == exitRefused, code == exitTooLate:
		fmt.Fprintf(t.stderr, "starter: %s (%s)\n", said.Detail, said.Code)
	default:
		fmt.Fprintf(t.stderr, "starter: %s\n", said.Detail)
	}
	return code
}

func (t *tool) judge(ctx context.Context, err error) (int, *problem) {
	var (
		silent  exit
		wrong   usageError
		refusal *offhours.Error
	)
	switch {
	case err == nil:
		return exitDone, nil
	case errors.As(err, &silent):
		return int(silent), nil
	case errors.As(err, &wrong), !t.ran:
		return exitUsage, &problem{Detail: err.Error()}
	case errors.As(err, &refusal):
		return exitOf(refusal.Code), &problem{string(refusal.Code), refusal.Detail}
	case ctx.Err() != nil:
		return exitStopped, &problem{"stopped", "stopped"}
	case isOutage(err):
		return exitUnavailable, &problem{string(offhours.CodeUnavailable), err.Error()}
	}
	return exitError, &problem{string(offhours.CodeInternal), err.Error()}
}

// exitOf is the exit code of a refusal.
func exitOf(code offhours.Code) int {
	switch code {
	case offhours.CodeNotFound:
		return exitNotFound
	case offhours.CodeTooLateToRevoke:
		return exitTooLate
	case offhours.CodeUnavailable, offhours.CodeRateLimited:
		return exitUnavailable
	case offhours.CodeInternal:
		return exitError
	}
	return exitRefused
}

// isOutage tells what may pass by itself from what is a bug or a broken setup.
func isOutage(err error) bool {
	var (
		network  net.Error
		sql      interface{ SQLState() string }
		temporal *serviceerror.Unavailable
		deadline *serviceerror.DeadlineExceeded
		file     *fs.PathError
	)
	switch {
	case errors.As(err, &file): // its number would pass for an error of a network
		return false
	case errors.As(err, &sql): // connection exceptions, lack of resources, shut down or starting
		state := sql.SQLState()
		return strings.HasPrefix(state, "08") || strings.HasPrefix(state, "53") || strings.HasPrefix(state, "57")
	case errors.As(err, &network), errors.As(err, &temporal), errors.As(err, &deadline):
		return true
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}
