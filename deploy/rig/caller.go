package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/offhours/offhours"
)

// Caller is a signed-in user of the REST API.
type Caller struct {
	base, token string
}

// callers give an answer as long as a frozen worker or a database that restarts
// may take.
var callers = &http.Client{Timeout: 30 * time.Second}

// SignIn asks the dev stack's sign-in, a URL, for a token for the API at a base
// address.
func SignIn(ctx context.Context, login, api, email string) (*Caller, error) {
	var answer struct {
		AccessToken string `json:"accessToken"`
	}
	stranger := &Caller{base: login}
	if _, err := stranger.Call(ctx, http.MethodPost, "", "", map[string]string{"email": email}, &answer); err != nil {
		return nil, fmt.Errorf("sign in %s: %w", email, err)
	}
	return &Caller{base: api + "/api/v1", token: answer.AccessToken}, nil
}

// Problem is a refusal as the API words it.
type Problem struct {
	Status int           `json:"status"`
	Code   offhours.Code `json:"code"`
	Detail string        `json:"detail"`
}

func (p *Problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail) }

// Refused reports whether the API said no, for good.
func Refused(err error) bool {
	var p *Problem
	return errors.As(err, &p) && p.Status < http.StatusInternalServerError
}

// Call sends a body as JSON (nil: none) to a path below /api/v1, and reads the
// answer's. The key is the call's Idempotency-Key, "" for a new one. The status is
// 0 if there was no answer; everything but 2xx is an error too, a *[Problem] if
// the API refused.
func (c *Caller) Call(ctx context.Context, method, path, key string, body, answer any) (status int, err error) {
	response, err := c.send(ctx, method, path, key, body)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if err := refusalIn(response); err != nil {
		return response.StatusCode, err
	}
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		return response.StatusCode, fmt.Errorf("%s %s: read the answer: %w", method, path, err)
	}
	return response.StatusCode, nil
}

// Download writes what a path below /api/v1 answers.
func (c *Caller) Download(ctx context.Context, path string, to io.Writer) error {
	response, err := c.send(ctx, http.MethodGet, path, "", nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := refusalIn(response); err != nil {
		return err
	}
	if _, err := io.Copy(to, response.Body); err != nil {
		return fmt.Errorf("download %s: %w", path, err)
	}
	return nil
}

// send calls, and calls again after the time the API asks for if that was too
// often.
func (c *Caller) send(ctx context.Context, method, path, key string, body any) (*http.Response, error) {
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	if key == "" {
		key = uuid.NewString()
	}
	for {
		response, err := c.sendOnce(ctx, method, path, key, content)
		if err != nil || response.StatusCode != http.StatusTooManyRequests {
			return response, err
		}
		response.Body.Close()
		seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
		if err != nil {
			return nil, fmt.Errorf("%s %s: too many calls, and no word of when to call again", method, path)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Duration(seconds) * time.Second):
		}
	}
}

func (c *Caller) sendOnce(ctx context.Context, method, path, key string, content []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", key)
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	return callers.Do(request)
}

// refusalIn returns nil for an answer that is 2xx.
func refusalIn(response *http.Response) error {
	if response.StatusCode/100 == 2 {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10)) // the status says enough without it
	p := &Problem{}
	if json.Unmarshal(text, p) != nil || p.Code == "" {
		return fmt.Errorf("%s answers %s: %.200s", response.Request.URL.Path, response.Status, text)
	}
	p.Status = response.StatusCode
	return p
}
