package server

import (
	"context"
	"fmt"
	"time"

	"github.com/offhours/offhours/api/openapi"
)

// shownWindows is how many windows GET /account lists.
const shownWindows = 5

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

// GetAccount shows the account's business hours and the windows they leave. Its
// times have microseconds, as all others have.
func (a api) GetAccount(ctx context.Context, _ openapi.GetAccountRequestObject) (openapi.GetAccountResponseObject, error) {
	schedule := mustCaller(ctx).account.Schedule
	windows, err := schedule.NextWindows(time.Now().Truncate(time.Microsecond), shownWindows)
	if err != nil {
		return nil, fmt.Errorf("schedule of account %d: %w", mustCaller(ctx).account.ID, err)
	}
	return openapi.GetAccount200JSONResponse{
		TimeZone:      schedule.TimeZone,
		BusinessHours: schedule.BusinessHours,
		Holidays:      schedule.Holidays,
		NextWindows:   windows,
	}, nil
}
