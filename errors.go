package offhours

import (
	"errors"
	"fmt"
)

// Code is the stable, machine-readable name of a refusal or failure. Codes are
// part of the REST contract and never change their meaning.
type Code string

// Codes of the REST contract, in the order in which they are checked.
const (
	CodeUnauthenticated     Code = "unauthenticated"
	CodeAccessDenied        Code = "access_denied"
	CodeFeatureDisabled     Code = "feature_disabled"
	CodeInvalidRequest      Code = "invalid_request"
	CodeUnknownActivityType Code = "unknown_activity_type"
	CodeNotConfirmed        Code = "not_confirmed"
	CodeIdempotencyConflict Code = "idempotency_conflict"
	CodeDuplicateRequest    Code = "duplicate_request"
	CodeNothingToDo         Code = "nothing_to_do"
	CodeRequestTooLarge     Code = "request_too_large"
	CodeQueueFull           Code = "queue_full"
	CodeNotFound            Code = "not_found"
	CodeTooLateToRevoke     Code = "too_late_to_revoke"
	CodeNotReady            Code = "not_ready"
	CodeExportExpired       Code = "export_expired"
	CodeRateLimited         Code = "rate_limited"
	CodeUnavailable         Code = "unavailable"
	CodeInternal            Code = "internal"
)

// Texts that users read exactly so.
const (
	TextAccessDenied     = "Access Denied"
	TextFeatureDisabled  = "Bulk Export & Delete is not enabled for this account. Please ask your account manager to enable it."
	TextDuplicateRequest = "Another request for the same Activity Type already exists."
	TextTooLateToRevoke  = "The request is no longer In Queue, so it cannot be revoked."
	TextQueueFull        = "Multiple requests to export and delete data are in queue. Please wait till the existing requests are processed."
)

// Error is a refusal or failure with a stable code and a text for the user. The
// detail never holds a record's values, an address or a token.
type Error struct {
	Code   Code
	Detail string
}

// Error returns the code and the detail.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Detail }

// Errorf returns an *Error with a formatted detail.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// CodeOf returns the code of the first *Error in err's chain, and CodeInternal
// if there is none.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}

// Is reports whether err's chain holds an *Error with the given code.
func Is(err error, code Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}
