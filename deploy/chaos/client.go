package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/offhours/offhours"
)

// caller is a signed-in administrator of the REST API.
type caller struct {
	base, token string
}

// patientHTTP gives an answer as long as a frozen worker or a database that
// restarts may take.
var patientHTTP = &http.Client{Timeout: 30 * time.Second}

func signIn(ctx context.Context, env map[string]string, email string) (*caller, error) {
	var answer struct {
		AccessToken string `json:"accessToken"`
	}
	login := &caller{base: env["OFFHOURS_LOGIN_URL"]}
	if err := login.call(ctx, http.MethodPost, "", "", map[string]string{"email": email}, &answer); err != nil {
		return nil, fmt.Errorf("sign in %s: %w", email, err)
	}
	return &caller{base: "http://" + env["OFFHOURS_HTTP_ADDRESS"] + "/api/v1/", token: answer.AccessToken}, nil
}

// problem is a refusal as the API words it.
type problem struct {
	Status int           `json:"status"`
	Code   offhours.Code `json:"code"`
	Detail string        `json:"detail"`
}

func (p *problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail) }

// refused reports whether the API said no, for good.
func refused(err error) bool {
	var p *problem
	return errors.As(err, &p) && p.Status < http.StatusInternalServerError
}

func (c *caller) send(ctx context.Context, method, path, key string, body any) (*http.Response, error) {
	content, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := patientHTTP.Do(request)
	if err != nil || response.StatusCode/100 == 2 {
		return response, err
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10)) // the status says enough without it
	p := &problem{}
	if json.Unmarshal(text, p) != nil || p.Code == "" {
		return nil, fmt.Errorf("%s %s answers %s: %.200s", method, path, response.Status, text)
	}
	p.Status = response.StatusCode
	return nil, p
}

// call sends a body as JSON and reads the answer's.
func (c *caller) call(ctx context.Context, method, path, key string, body, answer any) error {
	response, err := c.send(ctx, method, path, key, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		return fmt.Errorf("%s %s: read the answer: %w", method, path, err)
	}
	return nil
}

// download writes what a path answers.
func (c *caller) download(ctx context.Context, path string, to io.Writer) error {
	response, err := c.send(ctx, http.MethodGet, path, "", nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(to, response.Body); err != nil {
		return fmt.Errorf("download %s: %w", path, err)
	}
	return nil
}
