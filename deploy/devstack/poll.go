package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

const pollInterval = 50 * time.Millisecond

var errGone = errors.New("the process has ended")

// finalError ends a poll: trying again cannot help.
type finalError struct{ error }

func final(err error) error        { return finalError{err} }
func (e finalError) Unwrap() error { return e.error }

// poll tries until try returns nil. It gives up, with the last error of try,
// after limit, when ctx ends, when gone is closed (nil: never), or when the
// error is final. What names the thing waited for.
func poll(ctx context.Context, what string, limit time.Duration, gone <-chan struct{}, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		err := try(ctx)
		var stop finalError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &stop):
			return stop.error
		}
		select {
		case <-gone:
			return fmt.Errorf("%s: %w (last answer: %w)", what, errGone, err)
		case <-ctx.Done():
			return fmt.Errorf("%s: gave up: %w (last answer: %w)", what, ctx.Err(), err)
		case <-ticker.C:
		}
	}
}

// getOK asks for url and wants status 200.
func getOK(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, response.Status)
	}
	return nil
}
