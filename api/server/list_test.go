package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func TestEverySortPagesThroughEachRequestOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all []string
	for code := range 32 {
		all = append(all, w.Queue(201+code, 1+code%3)) // equal names, statuses and many equal records
	}
	w.Exec(`ALTER TABLE requests DISABLE TRIGGER requests_guard`)
	w.Exec(`UPDATE requests SET created_on = (SELECT max(created_on) FROM requests) WHERE type_code % 2 = 0`)
	for _, field := range []string{"createdOn", "records", "entityName", "status", "requestType", "createdBy"} {
		for _, sort := range []string{field, "-" + field} {
			var seen []string
			for page := 1; page <= 4; page++ {
				a := w.get(fmt.Sprintf("/api/v1/requests?sort=%s&page=%d", sort, page))
				var list struct{ Items []offhours.Request }
				require.NoError(t, json.Unmarshal([]byte(a.text), &list))
				for _, request := range list.Items {
					seen = append(seen, request.ID)
				}
			}
			require.ElementsMatch(t, all, seen, sort)
		}
	}
}

func TestRequestsAreListedByFilterSortAndPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for code := range 30 {
		w.Queue(201+code, 1+code)
	}
	query := url.Values{"status": {"in_queue"}, "requestType": {"export_and_delete"}, "createdBy": {"ADMIN@acme.example"}, "sort": {"-records"}, "pageSize": {"25"}, "page": {"2"}}

	a := w.get("/api/v1/requests?" + query.Encode())

	require.Equal(t, http.StatusOK, a.StatusCode, a.text)
	require.Contains(t, a.text, `"page":2,"pageSize":25,"total":30`)
	require.Equal(t, 5, strings.Count(a.text, `"entityName":"Queued"`))
	require.Contains(t, a.text, `"records":1,`)
	one := w.get("/api/v1/requests?activityType=" + fmt.Sprint(230))
	require.Contains(t, one.text, `"total":1`)
	require.NotContains(t, w.log.String(), "createdBy", "queries are not logged")
	require.NotContains(t, w.log.String(), "@acme.example")
	require.Contains(t, w.log.String(), `"user":"`+w.Admin.ID+`"`)
}

func TestTheListNamesAllCreatorsOfTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.Contains(t, w.get("/api/v1/requests").text, `"creators":[]`)
	other := w.NewAccount("Other", "admin@other.example")
	other.Queue(201, 1)
	w.AddUser(w.Account.ID, "second@acme.example", offhours.RoleAdministrator)
	w.Exec(`UPDATE requests SET created_by = (SELECT id FROM users WHERE email = 'second@acme.example') WHERE id = $1`, w.Queue(201, 1))
	w.Queue(202, 1)

	for _, path := range []string{"/api/v1/requests", "/api/v1/requests?createdBy=admin@acme.example&page=7"} {
		require.Contains(t, w.get(path).text, `"creators":["admin@acme.example","second@acme.example"]`, path)
	}
}

func TestASortThatTheContractDoesNotHaveIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, sort := range []string{"", "--status", "id", "createdby", "+status"} {
		w.refused(w.get("/api/v1/requests?sort="+url.QueryEscape(sort)), http.StatusBadRequest, offhours.CodeInvalidRequest)
	}
}
