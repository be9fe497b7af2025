package server

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"

	"github.com/offhours/offhours"
)

// bodyRefusal says in the caller's words why a body cannot be decoded. The
// errors come from decoding what the caller sent, so they hold nothing else.
func bodyRefusal(err error) error {
	var (
		syntax  *json.SyntaxError
		typed   *json.UnmarshalTypeError
		refusal *offhours.Error
	)
	switch {
	case errors.As(err, &refusal):
		return err
	case errors.Is(err, io.EOF):
		return invalid("The body is missing.")
	case errors.As(err, &syntax), errors.Is(err, io.ErrUnexpectedEOF):
		return invalid("The body is not valid JSON.")
	case errors.As(err, &typed):
		return wrongType(typed)
	}
	return invalid("The body is not accepted: %.200s.", strings.TrimPrefix(err.Error(), "json: "))
}

func wrongType(err *json.UnmarshalTypeError) error {
	want := "of another type"
	switch err.Type.Kind() {
	case reflect.Int, reflect.Int64:
		want = "a whole number"
	case reflect.Bool:
		want = "true or false"
	case reflect.String:
		want = "a text"
	case reflect.Struct:
		want = "an object"
	}
	if err.Field == "" {
		return invalid("The body must be %s.", want)
	}
	return invalid("%s: must be %s.", err.Field, want)
}

// parameterRefusal keeps the part of a generated error that names the parameter.
func parameterRefusal(err error) error {
	what, _, _ := strings.Cut(err.Error(), ": ")
	return invalid("%s.", what)
}

func invalid(format string, args ...any) *offhours.Error {
	return offhours.Errorf(offhours.CodeInvalidRequest, format, args...)
}
