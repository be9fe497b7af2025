package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
)

// caller is a signed-in user of the REST API.
type caller struct {
	*rig.Caller
}

// signIn asks the stack's sign-in for a token.
func signIn(ctx context.Context, env map[string]string, email string) (*caller, error) {
	c, err := rig.SignIn(ctx, env["OFFHOURS_LOGIN_URL"], env["OFFHOURS_API_URL"], email)
	return &caller{c}, err
}

// codeOf shows a refusal as its HTTP status and code, and anything else as it is.
func codeOf(err error) string {
	var p *rig.Problem
	switch {
	case err == nil:
		return "no refusal"
	case errors.As(err, &p):
		return fmt.Sprintf("%d %s", p.Status, p.Code)
	}
	return err.Error()
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
	Records       int          `json:"records"`
	RecordsBefore int          `json:"recordsBefore"`
	RecordsAfter  int          `json:"recordsAfter"`
	EarliestStart time.Time    `json:"earliestStart"`
	Refusal       *rig.Problem `json:"refusal"`
}

const requestsPath = "/requests"

// putHours changes the account's business hours and returns its next windows.
func (c *caller) putHours(ctx context.Context, hours offhours.Schedule) ([]offhours.Window, error) {
	var account struct {
		NextWindows []offhours.Window `json:"nextWindows"`
	}
	_, err := c.Call(ctx, http.MethodPut, "/account", "", hours, &account)
	return account.NextWindows, err
}

func (c *caller) preview(ctx context.Context, d draft) (p preview, err error) {
	_, err = c.Call(ctx, http.MethodPost, requestsPath+"/preview", "", d, &p)
	return p, err
}

// create creates a request. The key is the call's, "" for a new one.
func (c *caller) create(ctx context.Context, key string, body any) (r offhours.Request, status int, err error) {
	status, err = c.Call(ctx, http.MethodPost, requestsPath, key, body, &r)
	return r, status, err
}

func (c *caller) request(ctx context.Context, id string) (r offhours.Request, err error) {
	_, err = c.Call(ctx, http.MethodGet, requestsPath+"/"+id, "", nil, &r)
	return r, err
}

// fileList is what /files answers.
type fileList struct {
	Items []offhours.ManifestFile `json:"items"`
}

func (c *caller) files(ctx context.Context, id string) (f fileList, err error) {
	_, err = c.Call(ctx, http.MethodGet, requestsPath+"/"+id+"/files", "", nil, &f)
	return f, err
}
