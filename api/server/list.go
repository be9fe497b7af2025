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
	statuses = []offhours.Status{"", offhours.StatusInQueue, offhours.StatusInProgress, offhours.StatusSuccess, offhours.StatusFailed, offhours.StatusRevoked}
	sorts    = []string{"createdOn", "records", "entityName", "status"}
)

// ListRequests lists a page of the account's requests.
func (a api) ListRequests(ctx context.Context, r openapi.ListRequestsRequestObject) (openapi.ListRequestsResponseObject, error) {
	query, err := queryOf(r.Params)
	if err != nil {
		return nil, err
	}
	items, total, err := a.Store.Requests(ctx, mustCaller(ctx).account.ID, query)
	if err != nil {
		return nil, err
	}
	return openapi.ListRequests200JSONResponse{
		Items:    items,
		Page:     query.Page,
		PageSize: query.PageSize,
		Total:    total,
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
		return query, invalid("page: must be a whole number from 1 to %d.", maxPage)
	case !slices.Contains(offhours.PageSizes, query.PageSize):
		return query, invalid("pageSize: must be one of %v.", offhours.PageSizes)
	case !slices.Contains(statuses, query.Status):
		return query, invalid("status: must be one of %q.", statuses[1:])
	case params.ActivityType != nil && (query.ActivityType < 1 || query.ActivityType > maxCode):
		return query, invalid("activityType: must be the code of an activity type.")
	case query.RequestType != "" && !query.RequestType.Valid():
		return query, invalid("requestType: must be %q or %q.", offhours.ExportAndDelete, offhours.DeleteOnly)
	case !plainText(query.CreatedBy):
		return query, invalid("createdBy: must be an email.")
	case !slices.Contains(sorts, strings.TrimPrefix(query.Sort, "-")):
		return query, invalid("sort: must be one of %q, with a minus sign for descending.", sorts)
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
