package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/api/openapi"
)

const (
	pathAccount  = "/api/v1/account"
	shownWindows = 5               // so many windows are listed
	tellTimeout  = 3 * time.Second // a worker tells those that could not be told here
)

// GetMe says who is signed in.
func (a api) GetMe(ctx context.Context, _ openapi.GetMeRequestObject) (openapi.GetMeResponseObject, error) {
	caller := mustCaller(ctx)
	return openapi.GetMe200JSONResponse{
		Email:          caller.user.Email,
		Role:           string(caller.user.Role),
		IsAdmin:        caller.user.IsAdmin(),
		FeatureEnabled: caller.account.FeatureEnabled,
		Account: openapi.MyAccount{
			Id:       caller.account.ID,
			Name:     caller.account.Name,
			TimeZone: caller.account.Schedule.TimeZone,
		},
	}, nil
}

// ListActivityTypes lists the custom types of the account.
func (a api) ListActivityTypes(ctx context.Context, _ openapi.ListActivityTypesRequestObject) (openapi.ListActivityTypesResponseObject, error) {
	types, err := a.Store.RecordTypes(ctx, mustCaller(ctx).account.ID)
	if err != nil {
		return nil, err
	}
	items := make([]openapi.ActivityType, 0, len(types))
	for _, t := range types {
		items = append(items, openapi.ActivityType{Code: t.Code, Name: t.Name})
	}
	return openapi.ListActivityTypes200JSONResponse{Items: items}, nil
}

// GetAccount shows the account's business hours and the windows they leave.
func (a api) GetAccount(ctx context.Context, _ openapi.GetAccountRequestObject) (openapi.GetAccountResponseObject, error) {
	shown, err := showAccount(mustCaller(ctx).account)
	return openapi.GetAccount200JSONResponse(shown), err
}

// PutAccount changes the account's business hours.
func (a api) PutAccount(ctx context.Context, r openapi.PutAccountRequestObject) (openapi.PutAccountResponseObject, error) {
	account, untold, err := a.Store.SetSchedule(ctx, mustCaller(ctx).user, *r.Body, a.Grace)
	if err != nil {
		return nil, err
	}
	a.tell(ctx, untold)
	shown, err := showAccount(account)
	return openapi.PutAccount200JSONResponse(shown), err
}

// tell tells workflows that hours have changed. Whether that succeeds does not
// matter to the caller, who has it in the database: a worker tells the others.
func (a api) tell(ctx context.Context, untold []offhours.Untold) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellTimeout)
	defer cancel()
	for _, u := range untold {
		err := a.Workflows.HoursChanged(ctx, u.RequestRef)
		if err == nil {
			err = a.Store.MarkTold(ctx, u)
		}
		if err != nil {
			a.Log.WarnContext(ctx, "a workflow was not told of changed hours yet; a worker will", "account", u.AccountID, "request", u.RequestID, "error", err)
			return
		}
	}
}

// showAccount shows times with microseconds, as all others have.
func showAccount(account offhours.Account) (openapi.Account, error) {
	windows, err := account.Schedule.NextWindows(time.Now().Truncate(time.Microsecond), shownWindows)
	if err != nil && !errors.Is(err, offhours.ErrNoWindow) {
		return openapi.Account{}, fmt.Errorf("schedule of account %d: %w", account.ID, err)
	}
	if windows == nil {
		windows = []offhours.Window{}
	}
	return openapi.Account{
		TimeZone:      account.Schedule.TimeZone,
		BusinessHours: account.Schedule.BusinessHours,
		Holidays:      account.Schedule.Holidays,
		NextWindows:   windows,
	}, nil
}
