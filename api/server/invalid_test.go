package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func TestWrongBodiesAreRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, old)
	ranged := func(r string) string { return strings.Replace(body(201), `{"days": 30}`, r, 1) }
	for text, detail := range map[string]string{
		"":                        "The body is missing.",
		"null":                    "activityType",
		"{":                       "not valid JSON",
		"[]":                      "The body must be an object.",
		body(201) + "{}":          "exactly one object",
		body(201) + " x":          "exactly one object",
		`{"activityType": "201"}`: "activityType: must be a whole number.",
		`{"activityType": 1.5}`:   "activityType: must be a whole number.",
		`{"confirmed": "true"}`:   "confirmed: must be true or false.",
		`{"activityType": 201}`:   "requestType",
		strings.Replace(body(201), "export_and_delete", "export", 1):     "requestType",
		strings.Replace(body(201), `"range"`, `"renge"`, 1):              `unknown field "renge"`,
		strings.Replace(body(201), "confirmed", "confirm", 1):            `unknown field "confirm"`,
		ranged(`{"dayz": 30}`):                                           `unknown field "dayz"`,
		ranged(`{}`):                                                     "range",
		ranged(`30`):                                                     "range: must be an object.",
		ranged(`{"days": "30"}`):                                         "range.days: must be a whole number.",
		ranged(`{"days": 0}`):                                            "range",
		ranged(`{"days": -1}`):                                           "range",
		ranged(`{"days": 100001}`):                                       "range",
		ranged(`{"days": 9223372036854775808}`):                          "range.days",
		ranged(`{"from": "2025-01-01"}`):                                 "range.to",
		ranged(`{"to": "2025-01-01"}`):                                   "range.from",
		ranged(`{"from": "2025-01-02", "to": "2025-01-01"}`):             "range.from",
		ranged(`{"from": "2025-02-30", "to": "2025-03-01"}`):             `range.from: "2025-02-30" is not a date: write YYYY-MM-DD, such as 2025-12-31.`,
		ranged(`{"from": "1 May", "to": "2025-03-01"}`):                  `range.from: "1 May" is not a date`,
		ranged(`{"from": "2025-01-01", "to": "2025-1-2"}`):               `range.to: "2025-1-2" is not a date`,
		ranged(`{"from": "2025-01-01", "to": ""}`):                       `range.to: "" is not a date`,
		ranged(`{"from": 20250101, "to": "2025-01-02"}`):                 "range.from: must be a date: write YYYY-MM-DD, such as 2025-12-31.",
		ranged(`{"from": "2025-01-01", "to": {}}`):                       "range.to: must be a date: write YYYY-MM-DD, such as 2025-12-31.",
		ranged(`[{"from": "x"}]`):                                        "range: must be an object.",
		ranged(`{"from": "9998-01-01", "to": "9999-01-01"}`):             "range.from",
		ranged(`{"days": 30, "from": "2025-01-01", "to": "2025-01-02"}`): "range",
	} {
		p := w.refused(w.create(text, "key"), http.StatusBadRequest, offhours.CodeInvalidRequest)
		require.Contains(t, p.Detail, detail, text)
		require.NotContains(t, p.Detail, "..", text)
	}
	require.Zero(t, w.Count("requests"))
}

func TestABodyHasOneReadingOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, old)
	changed := func(from, to string) string { return strings.Replace(body(201), from, to, 1) }
	nested := func(levels int) string {
		return changed(`{"days": 30}`, strings.Repeat("[", levels-1)+strings.Repeat("]", levels-1))
	}
	for text, detail := range map[string]string{
		changed(`"confirmed": true`, `"confirmed": false, "confirmed": true`):      "confirmed: this field is given twice.",
		changed(`"confirmed": true`, `"confirmed": true, "confirmed": true`):       "confirmed: this field is given twice.",
		changed(`"confirmed": true`, `"confirmed": false, "confirme\u0064": true`): "confirmed: this field is given twice.",
		changed(`"confirmed": true`, `"confirmed": false, "Confirmed": true`):      `The body is not accepted: unknown field "Confirmed".`,
		changed(`"activityType"`, `"ACTIVITYTYPE"`):                                `The body is not accepted: unknown field "ACTIVITYTYPE".`,
		changed(`"requestType"`, `"reque\u017ftType"`):                             `The body is not accepted: unknown field "requeſtType".`,
		changed(`"requestType"`, `"range": {"days": 3000}, "requestType"`):         "range: this field is given twice.",
		changed(`30`, `3000, "days": 30`):                                          "days: this field is given twice.",
		changed(`30`, `3000, "Days": 30`):                                          `The body is not accepted: unknown field "Days".`,
		changed(`"days": 30`, `"confirmed": true`):                                 `The body is not accepted: unknown field "confirmed".`,
		changed(`30`, `[{"from": 1}, {"from": 1, "to": {"to": 1}}]`):               "range.days: must be a whole number.",
		changed(`30`, `[{"from": 1}, {"from": 1, "from": 1}]`):                     "from: this field is given twice.",
		changed(`30`, `1e999`):                                                     "range.days: must be a whole number.",
		changed(`"confirmed": true`, `"": true`):                                   `The body is not accepted: unknown field "".`,
		changed(`"confirmed": true`, `"confirmed": true, "reason": "x"`):           `The body is not accepted: unknown field "reason".`,
		changed(`"confirmed"`, `"`+strings.Repeat("x", 300)+`"`):                   `The body is not accepted: unknown field "` + strings.Repeat("x", 180) + `".`,
		nested(16): "range: must be an object.",
		nested(17): "The body is nested deeper than 16 levels.",
		strings.Repeat("[", 17) + strings.Repeat("]", 17):                "The body is nested deeper than 16 levels.",
		strings.Repeat(`{"range":`, 17) + "{}" + strings.Repeat("}", 17): "The body is nested deeper than 16 levels.",
		strings.Repeat("[", 32<<10) + strings.Repeat("]", 32<<10):        "not valid JSON",
	} {
		p := w.refused(w.create(text, "key"), http.StatusBadRequest, offhours.CodeInvalidRequest)
		require.Contains(t, p.Detail, detail, "%.300s", text)
	}
	twice := strings.Replace(previewBody(201), `30`, `3000, "days": 30`, 1)
	require.Contains(t, w.refused(w.post("/api/v1/requests/preview", twice), http.StatusBadRequest, offhours.CodeInvalidRequest).Detail, "days: this field is given twice.")
	require.Zero(t, w.Count("requests"))
	require.Equal(t, http.StatusCreated, w.create(body(201), "key").StatusCode)
}

func TestABodyMayHave64KiBAndNoMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, old)
	pad := func(n int) string { return body(201) + strings.Repeat(" ", n-len(body(201))) }

	w.refused(w.create(pad(64<<10+1), "key"), http.StatusRequestEntityTooLarge, offhours.CodeInvalidRequest)
	w.refused(w.create(pad(65<<10), "key"), http.StatusRequestEntityTooLarge, offhours.CodeInvalidRequest)
	require.Equal(t, http.StatusCreated, w.create(pad(64<<10), "key").StatusCode)
}

func TestABodyMustSayThatItIsJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, old)
	for _, contentType := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/json; charset"} {
		a := w.do(call{method: "POST", path: "/api/v1/requests", body: body(201), header: http.Header{
			"Idempotency-Key": {"key"}, "Content-Type": {contentType},
		}})
		require.Contains(t, w.refused(a, http.StatusBadRequest, offhours.CodeInvalidRequest).Detail, "Content-Type")
	}
}

func TestACreateNeedsAnIdempotencyKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, old)
	for name, values := range map[string][]string{
		"none":        nil,
		"empty":       {""},
		"two":         {"a", "b"},
		"256 letters": {strings.Repeat("k", 256)},
		"not ASCII":   {"schlüssel"},
		"a tab":       {"a\tb"},
	} {
		a := w.do(call{method: "POST", path: "/api/v1/requests", body: body(201), header: http.Header{"Idempotency-Key": values}})
		detail := w.refused(a, http.StatusBadRequest, offhours.CodeInvalidRequest).Detail
		require.Equal(t, "Idempotency-Key: must be given once, as 1 to 255 printable ASCII characters.", detail, name)
	}
	require.Equal(t, http.StatusCreated, w.create(body(201), strings.Repeat("k", 255)).StatusCode)
}

func TestARefusedParameterSaysWhatToSend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for query, detail := range map[string]string{
		"page=x":                       "page: must be a whole number from 1 to 1000000.",
		"page=0":                       "page: must be a whole number from 1 to 1000000.",
		"page=":                        "page: must be a whole number from 1 to 1000000.",
		"pageSize=x":                   "pageSize: must be one of 15, 25, 50, 100.",
		"pageSize=16":                  "pageSize: must be one of 15, 25, 50, 100.",
		"status=queued":                "status: must be one of in_queue, in_progress, success, failed, revoked.",
		"activityType=x":               "activityType: must be the code of an activity type, a whole number above 0.",
		"activityType=0":               "activityType: must be the code of an activity type, a whole number above 0.",
		"requestType=export":           `requestType: must be "export_and_delete" or "delete_only".`,
		"createdBy=%ff":                "createdBy: must be an email.",
		"sort=id":                      "sort: must be one of createdOn, records, entityName, status, requestType, createdBy, with a minus sign in front for descending.",
		"status=failed&status=success": "status: must be given only once, and must be one of in_queue, in_progress, success, failed, revoked.",
	} {
		p := w.refused(w.get("/api/v1/requests?"+query), http.StatusBadRequest, offhours.CodeInvalidRequest)
		require.Equal(t, detail, p.Detail, query)
	}
}

func TestAMisspeltFilterNeverListsEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Queue(201, 3)
	for query, detail := range map[string]string{
		"stauts=failed":          `The query is not accepted: unknown parameter "stauts". It may have activityType, createdBy, page, pageSize, requestType, sort, status.`,
		"page=1&Status=failed":   `unknown parameter "Status"`,
		"Idempotency-Key=x":      `unknown parameter "Idempotency-Key"`,
		"=failed":                `unknown parameter ""`,
		"a<b>%26=1":              `unknown parameter "a<b>&"`,
		"status=failed%zz":       "The query cannot be read",
		"page=1;status=failed":   "The query cannot be read",
		strings.Repeat("x", 300): `"` + strings.Repeat("x", 100) + `"`,
	} {
		a := w.get("/api/v1/requests?" + query)
		require.Contains(t, w.refused(a, http.StatusBadRequest, offhours.CodeInvalidRequest).Detail, detail, query)
	}
	require.Contains(t, w.get("/api/v1/requests?status=&%73ort=records&").text, `"total":1`)
	stranger := call{method: "GET", path: "/api/v1/requests?stauts=failed", header: http.Header{"Authorization": nil}}
	w.refused(w.do(stranger), http.StatusUnauthorized, offhours.CodeUnauthenticated)
}

func TestProblemsAreNotEscapedForHTML(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.create(strings.Replace(body(201), `"range"`, `"<a & b>"`, 1), "key")
	w.refused(a, http.StatusBadRequest, offhours.CodeInvalidRequest)
	require.Contains(t, a.text, `unknown field \"<a & b>\".`)
}

func TestWrongParametersAreRefusedByName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for query, name := range map[string]string{
		"page=0": "page", "page=-1": "page", "page=x": "page", "page=1000001": "page", "page=1&page=2": "page",
		"page=99999999999999999999": "page",
		"pageSize=0":                "pageSize", "pageSize=16": "pageSize", "pageSize=101": "pageSize",
		"status=queued": "status", "activityType=0": "activityType", "activityType=x": "activityType", "activityType=2147483648": "activityType",
		"requestType=export": "requestType", "sort=id": "sort", "sort=--status": "sort", "sort=-": "sort",
		"createdBy=a%00b": "createdBy", "createdBy=%ff": "createdBy", "createdBy=" + strings.Repeat("x", 321): "createdBy",
	} {
		p := w.refused(w.get("/api/v1/requests?"+query), http.StatusBadRequest, offhours.CodeInvalidRequest)
		require.Contains(t, p.Detail, name, query)
	}
}
