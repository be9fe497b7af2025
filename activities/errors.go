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
	TypeEnded   = "Ended"   // the request has ended, by another hand
)

// translate gives an error its type. Retrying a failure would only repeat it. A
// fenced attempt is retried: if it is a zombie, Temporal ignores its answer, and
// if it is not, it has to take over again.
func translate(err error) error {
	var failure *offhours.Failure
	if errors.Is(err, offhours.ErrArchiveFull) {
		err = offhours.ArchiveFull()
	}
	switch {
	case err == nil:
		return nil
	case errors.As(err, &failure):
		return temporal.NewNonRetryableApplicationError(failure.Detail, TypeFailure, nil, *failure)
	case errors.Is(err, offhours.ErrEnded), offhours.Is(err, offhours.CodeNotFound):
		return temporal.NewNonRetryableApplicationError(offhours.ErrEnded.Error(), TypeEnded, nil)
	}
	return err
}

// final reports whether trying again would only repeat an error.
func final(err error) bool {
	var application *temporal.ApplicationError
	return errors.As(err, &application) && application.NonRetryable()
}

// IsFull reports whether an activity found no space in the archive.
func IsFull(err error) bool {
	failure := FailureOf(err)
	return failure != nil && failure.Code == offhours.FailureArchiveFull
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
