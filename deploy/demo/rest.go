package main

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

// caller is a signed-in user of the REST API.
type caller struct {
	base, token string
	http        *http.Client
}

// signIn asks the stack's sign-in for a token.
func signIn(ctx context.Context, env map[string]string, email string) (*caller, error) {
	c := &caller{base: env["OFFHOURS_API_URL"], http: &http.Client{Timeout: time.Minute}}
	var answer struct {
		AccessToken string `json:"accessToken"`
	}
	login := &caller{base: env["OFFHOURS_LOGIN_URL"], http: c.http}
	if _, err := login.call(ctx, http.MethodPost, "", map[string]string{"email": email}, &answer); err != nil {
		return nil, fmt.Errorf("sign in %s: %w", email, err)
	}
	c.token = answer.AccessToken
	return c, nil
}

// problem is a refusal as the API words it.
type problem struct {
	Status int           `json:"status"`
	Code   offhours.Code `json:"code"`
	Detail string        `json:"detail"`
}

func (p *problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail) }

// codeOf shows a refusal as its HTTP status and code, and anything else as it is.
func codeOf(err error) string {
	var p *problem
	switch {
	case err == nil:
		return "no refusal"
	case errors.As(err, &p):
		return fmt.Sprintf("%d %s", p.Status, p.Code)
	}
	return err.Error()
}

// call sends a body as JSON, if there is one, and reads the answer's. The status
// is 0 if there was no answer; everything but 2xx is an error too.
func (c *caller) call(ctx context.Context, method, path string, body, answer any) (status int, err error) {
	response, err := c.send(ctx, method, path, body)
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

// send calls, and calls again after the time the API asks for if that was too
// often.
func (c *caller) send(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var content []byte
	key := uuid.NewString()
	if body != nil {
		if keyed, ok := body.(keyedBody); ok {
			key, body = keyed.key, keyed.body
		}
		var err error
		if content, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	for {
		response, err := c.sendOnce(ctx, method, c.base+path, key, content)
		if err != nil || response.StatusCode != http.StatusTooManyRequests {
			return response, err
		}
		response.Body.Close()
		seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
		if err != nil {
			return nil, fmt.Errorf("%s %s: too many calls, and no word of when to call again", method, path)
		}
		if err := idle(ctx, time.Duration(seconds)*time.Second); err != nil {
			return nil, err
		}
	}
}

func (c *caller) sendOnce(ctx context.Context, method, address, key string, content []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", key)
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	return c.http.Do(request)
}

// keyedBody is a body with an Idempotency-Key that is used again.
type keyedBody struct {
	key  string
	body any
}

// refusalIn returns nil for an answer that is 2xx.
func refusalIn(response *http.Response) error {
	if response.StatusCode/100 == 2 {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10)) // the status says enough without it
	p := &problem{}
	if json.Unmarshal(text, p) != nil || p.Code == "" {
		return fmt.Errorf("%s answers %s: %.200s", response.Request.URL.Path, response.Status, text)
	}
	p.Status = response.StatusCode
	return p
}

// draft is the body that asks for a request or its preview.
type draft struct {
	ActivityType int                  `json:"activityType"`
	RequestType  offhours.RequestType `json:"requestType"`
	Range        offhours.DateRange   `json:"range"`
	Confirmed    *bool                `json:"confirmed,omitempty"`
}

func (d draft) confirm(confirmed bool) draft {
	d.Confirmed = &confirmed
	return d
}

// preview is what the API says a draft would do.
type preview struct {
	Records       int       `json:"records"`
	RecordsBefore int       `json:"recordsBefore"`
	RecordsAfter  int       `json:"recordsAfter"`
	EarliestStart time.Time `json:"earliestStart"`
	Refusal       *problem  `json:"refusal"`
}

const (
	requestsPath = "/api/v1/requests"
	accountPath  = "/api/v1/account"
)

// putHours changes the account's business hours and returns its next windows.
func (c *caller) putHours(ctx context.Context, hours offhours.Schedule) ([]offhours.Window, error) {
	var account struct {
		NextWindows []offhours.Window `json:"nextWindows"`
	}
	_, err := c.call(ctx, http.MethodPut, accountPath, hours, &account)
	return account.NextWindows, err
}

func (c *caller) preview(ctx context.Context, d draft) (p preview, err error) {
	_, err = c.call(ctx, http.MethodPost, requestsPath+"/preview", d, &p)
	return p, err
}

func (c *caller) create(ctx context.Context, body any) (r offhours.Request, status int, err error) {
	status, err = c.call(ctx, http.MethodPost, requestsPath, body, &r)
	return r, status, err
}

func (c *caller) request(ctx context.Context, id string) (r offhours.Request, err error) {
	_, err = c.call(ctx, http.MethodGet, requestsPath+"/"+id, nil, &r)
	return r, err
}

// fileList is what /files answers.
type fileList struct {
	Items []offhours.ManifestFile `json:"items"`
}

func (c *caller) files(ctx context.Context, id string) (f fileList, err error) {
	_, err = c.call(ctx, http.MethodGet, requestsPath+"/"+id+"/files", nil, &f)
	return f, err
}

// download writes what a path answers.
func (c *caller) download(ctx context.Context, path string, to io.Writer) error {
	response, err := c.send(ctx, http.MethodGet, path, nil)
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
