package activities

import (
	"errors"

	"go.temporal.io/sdk/temporal"

	"github.com/offhours/offhours"
)

// Types of the errors that activities return. This file is the only place that
// decides what is tried again: everything that is not named here is an outage
// or a bug that somebody mends, and is retried for as long as it takes.
const (
	TypeFailure = "Failure" // the request cannot succeed; details: offhours.Failure
	TypeFenced  = "Fenced"  // a newer attempt, or the end of the request, has taken over
	TypeCorrupt = "Corrupt" // a file does not read back; the part is planned anew
)

// translate gives an error its type. Retrying a failure or a fenced attempt
// would only repeat it.
func translate(err error) error {
	var failure *offhours.Failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &failure):
		return temporal.NewNonRetryableApplicationError(failure.Detail, TypeFailure, nil, *failure)
	case errors.Is(err, offhours.ErrFenced):
		return temporal.NewNonRetryableApplicationError(offhours.ErrFenced.Error(), TypeFenced, nil)
	case offhours.Is(err, offhours.CodeNotFound):
		return temporal.NewNonRetryableApplicationError(err.Error(), TypeFenced, nil)
	}
	return err
}

// FailureOf returns the failure that an activity reported, or nil.
func FailureOf(err error) *offhours.Failure {
	var application *temporal.ApplicationError
	if !errors.As(err, &application) || application.Type() != TypeFailure {
		return nil
	}
	var failure offhours.Failure
	if application.Details(&failure) != nil {
		return nil
	}
	return &failure
}
