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
// [bodyOf] has let valid JSON through only, or nothing at all.
func bodyRefusal(err error) error {
	var (
		typed   *json.UnmarshalTypeError
		refusal *offhours.Error
	)
	switch {
	case errors.As(err, &refusal):
		return err
	case errors.Is(err, io.EOF):
		return invalid("The body is missing.")
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
	if err.Type == reflect.TypeFor[offhours.Date]() || err.Type == reflect.TypeFor[*offhours.Date]() {
		want = "a date: write YYYY-MM-DD, such as 2025-12-31"
	}
	if err.Field == "" {
		return invalid("The body must be %s.", want)
	}
	return invalid("%s: must be %s.", err.Field, want)
}

func invalid(format string, args ...any) *offhours.Error {
	return offhours.Errorf(offhours.CodeInvalidRequest, format, args...)
}
