package server

import (
	"context"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/api/openapi"
)

const (
	maxPage       = 1_000_000
	maxEmailBytes = 320
	maxCode       = math.MaxInt32
)

var (
	statuses = []offhours.Status{offhours.StatusInQueue, offhours.StatusInProgress, offhours.StatusSuccess, offhours.StatusFailed, offhours.StatusRevoked}
	sorts    = []string{"createdOn", "records", "entityName", "status", "requestType", "createdBy"}
)

// ListRequests lists a page of the account's requests, and everybody who created any.
func (a api) ListRequests(ctx context.Context, r openapi.ListRequestsRequestObject) (openapi.ListRequestsResponseObject, error) {
	query, err := queryOf(r.Params)
	if err != nil {
		return nil, err
	}
	account := mustCaller(ctx).account.ID
	items, total, err := a.Store.Requests(ctx, account, query)
	if err != nil {
		return nil, err
	}
	creators, err := a.Store.Creators(ctx, account)
	if err != nil {
		return nil, err
	}
	return openapi.ListRequests200JSONResponse{
		Items:    items,
		Page:     query.Page,
		PageSize: query.PageSize,
		Total:    total,
		Creators: append([]string{}, creators...), // not null
	}, nil
}

func queryOf(params openapi.ListRequestsParams) (offhours.RequestQuery, error) {
	query := offhours.RequestQuery{
		Page:         or(params.Page, 1),
		PageSize:     or(params.PageSize, offhours.PageSizes[0]),
		Status:       or(params.Status, ""),
		ActivityType: or(params.ActivityType, 0),
		RequestType:  or(params.RequestType, ""),
		CreatedBy:    or(params.CreatedBy, ""),
		Sort:         or(params.Sort, "-createdOn"),
	}
	switch {
	case query.Page < 1 || query.Page > maxPage:
		return query, badParameter("page")
	case !slices.Contains(offhours.PageSizes, query.PageSize):
		return query, badParameter("pageSize")
	case query.Status != "" && !slices.Contains(statuses, query.Status):
		return query, badParameter("status")
	case params.ActivityType != nil && (query.ActivityType < 1 || query.ActivityType > maxCode):
		return query, badParameter("activityType")
	case query.RequestType != "" && !query.RequestType.Valid():
		return query, badParameter("requestType")
	case !plainText(query.CreatedBy):
		return query, badParameter("createdBy")
	case !slices.Contains(sorts, strings.TrimPrefix(query.Sort, "-")):
		return query, badParameter("sort")
	}
	return query, nil
}

// plainText reports whether PostgreSQL can take the text of an email.
func plainText(s string) bool {
	return len(s) <= maxEmailBytes && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

func or[T any](given *T, otherwise T) T {
	if given == nil {
		return otherwise
	}
	return *given
}
