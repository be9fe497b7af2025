package server_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/api/server"
	"github.com/offhours/offhours/internal/postgres"
)

// What may refuse every call of a user's.
const everywhere = "unauthenticated access_denied rate_limited unavailable internal"

// mayAnswer says which codes each operation of the contract may be refused with.
// The contract must say the same, and each must happen in TestEveryRefusalOfEveryRoute:
// an operation or a code that is missing here fails the tests below.
var mayAnswer = map[string]string{
	"getMe":             everywhere,
	"listActivityTypes": everywhere + " feature_disabled",
	"getAccount":        everywhere + " feature_disabled",
	"putAccount":        everywhere + " feature_disabled invalid_request",
	"previewRequest":    everywhere + " feature_disabled invalid_request",
	"createRequest": everywhere + " feature_disabled invalid_request unknown_activity_type not_confirmed idempotency_conflict" +
		" duplicate_request nothing_to_do request_too_large queue_full",
	"listRequests":   everywhere + " feature_disabled invalid_request",
	"getRequest":     everywhere + " feature_disabled not_found",
	"listEvents":     everywhere + " feature_disabled not_found",
	"revokeRequest":  everywhere + " feature_disabled invalid_request not_found too_late_to_revoke",
	"listFiles":      everywhere + " feature_disabled not_found not_ready export_expired",
	"downloadFile":   everywhere + " feature_disabled invalid_request not_found not_ready export_expired",
	"downloadReport": everywhere + " feature_disabled invalid_request not_found not_ready",

	"getHealth":        "",
	"getReadiness":     "",
	"getMetrics":       "",
	"getSpecification": "",
}

// refusal is a call that is refused.
type refusal struct {
	call
	code   offhours.Code
	status int
}

func refuse(code offhours.Code, status int, calls ...call) (all []refusal) {
	for _, c := range calls {
		all = append(all, refusal{c, code, status})
	}
	return all
}

func TestEveryRefusalOfEveryRoute(t *testing.T) {
	t.Parallel()
	none := uuid.NewString()
	happened := map[string]bool{} // "operation code"
	for name, arrange := range map[string]func(w *world) []refusal{
		"a stranger": func(*world) []refusal {
			return refuse(offhours.CodeUnauthenticated, 401, each(routes(none), http.Header{"Authorization": nil})...)
		},
		"nobody of an account": func(w *world) []refusal {
			return refuse(offhours.CodeAccessDenied, 403, each(routes(none), bearer(w.issuer.Token(t, "nobody@acme.example")))...)
		},
		"the feature is off": func(w *world) []refusal {
			w.Exec(`UPDATE accounts SET feature_enabled = false`)
			return refuse(offhours.CodeFeatureDisabled, 403, but(routes(none), "/api/v1/me")...)
		},
		"too many calls": func(w *world) []refusal {
			*w = w.limited(server.Limits{UserCalls: 1})
			require.Equal(t, http.StatusOK, w.post("/api/v1/requests/preview", previewBody(201)).StatusCode)
			return refuse(offhours.CodeRateLimited, 429, routes(none)...)
		},
		"the database is away": func(w *world) []refusal {
			away, err := postgres.Open(t.Context(), "postgres://127.0.0.1:1/none")
			require.NoError(t, err)
			t.Cleanup(away.Close)
			w.url = w.serve(t, away)
			return refuse(offhours.CodeUnavailable, 503, routes(none)...)
		},
		"a bug": func(w *world) []refusal {
			w.Exec(`ALTER TABLE users RENAME TO renamed`)
			return refuse(offhours.CodeInternal, 500, routes(none)...)
		},
		"wrong input":              wrongInput,
		"drafts":                   wrongDrafts,
		"requests that are no one": func(*world) []refusal { return refuse(offhours.CodeNotFound, 404, ofRequest(routes(none))...) },
		"requests in the wrong state": func(w *world) []refusal {
			queued := w.Queue(202, 5)
			expired := strings.TrimPrefix(w.ended("success"), "/api/v1/requests/")
			w.Age(expired, "720 hours")
			return slices.Concat(
				refuse(offhours.CodeNotReady, 409, results(queued)...),
				refuse(offhours.CodeExportExpired, 410, results(expired)[:2]...),
				refuse(offhours.CodeTooLateToRevoke, 409, call{method: "POST", path: "/api/v1/requests/" + expired + "/revoke"}),
			)
		},
	} {
		w := newWorld(t)
		for _, r := range arrange(&w) {
			operation := w.operation(r.call)
			w.refused(w.do(r.call), r.status, r.code)
			require.Contains(t, strings.Fields(mayAnswer[operation]), string(r.code), "%s: %s", name, operation)
			happened[operation+" "+string(r.code)] = true
		}
	}
	for operation, codes := range mayAnswer {
		for _, code := range strings.Fields(codes) {
			require.True(t, happened[operation+" "+code], "no call shows that %s may answer %s", operation, code)
		}
	}
}

// wrongInput are all calls that input of the wrong form can be sent with.
func wrongInput(w *world) []refusal {
	path := w.ended("success")
	long := body(201) + strings.Repeat(" ", offhours.MaxBodyBytes)
	bodies := []string{"/api/v1/requests", "/api/v1/requests/preview", path + "/revoke"}
	var all []refusal
	for _, target := range bodies {
		key := http.Header{"Idempotency-Key": {"key"}}
		all = append(all, refuse(offhours.CodeInvalidRequest, 400, call{method: "POST", path: target, body: "{", header: key})...)
		all = append(all, refuse(offhours.CodeInvalidRequest, 413, call{method: "POST", path: target, body: long, header: key})...)
	}
	all = append(all, refuse(offhours.CodeInvalidRequest, 413, call{method: "PUT", path: "/api/v1/account", body: long})...)
	for _, target := range []string{path + "/files/records-0001.csv", path + "/report"} {
		all = append(all, refuse(offhours.CodeInvalidRequest, 416, call{method: "GET", path: target, header: http.Header{"Range": {"bytes=900-"}}})...)
		all = append(all, refuse(offhours.CodeInvalidRequest, 412, call{method: "GET", path: target, header: http.Header{"If-Match": {`"x"`}}})...)
	}
	return append(all, refuse(offhours.CodeInvalidRequest, 400,
		call{method: "POST", path: "/api/v1/requests", body: body(201)},
		call{method: "GET", path: "/api/v1/requests?page=0"},
		call{method: "PUT", path: "/api/v1/account", body: hours("UTC", "00:00", "24:00")})...)
}

// wrongDrafts are creates that are refused for what they ask.
func wrongDrafts(w *world) []refusal {
	w.AddType(201, 3, old)
	w.AddTypes(202, 1, offhours.MaxRecordsPerRequest+1, old)
	w.AddType(203, 0, 0)
	w.AddType(204, 3, old)
	used := uuid.NewString()
	require.Equal(w.T, http.StatusCreated, w.create(body(201), used).StatusCode)
	for code := range 5 {
		w.Queue(301+code, offhours.MaxRecordsPerRequest-1)
	}
	draft := func(body, key string) call {
		return call{method: "POST", path: "/api/v1/requests", body: body, header: http.Header{"Idempotency-Key": {key}}}
	}
	return slices.Concat(
		refuse(offhours.CodeUnknownActivityType, 422, draft(body(999), "1")),
		refuse(offhours.CodeNotConfirmed, 422, draft(strings.Replace(body(204), "true", "false", 1), "2")),
		refuse(offhours.CodeIdempotencyConflict, 409, draft(body(204), used)),
		refuse(offhours.CodeDuplicateRequest, 409, draft(body(201), "3")),
		refuse(offhours.CodeNothingToDo, 422, draft(body(203), "4")),
		refuse(offhours.CodeRequestTooLarge, 422, draft(body(202), "5")),
		refuse(offhours.CodeQueueFull, 409, draft(body(204), "6")),
	)
}

// each returns the calls with a header.
func each(calls []call, header http.Header) []call {
	for i := range calls {
		calls[i] = calls[i].with(header)
	}
	return calls
}

func but(calls []call, path string) []call {
	return slices.DeleteFunc(calls, func(c call) bool { return c.path == path })
}

// ofRequest are the calls about one request.
func ofRequest(calls []call) []call {
	return slices.DeleteFunc(calls, func(c call) bool { return strings.Count(c.path, "/") < 4 || strings.HasSuffix(c.path, "/preview") })
}

// results are the calls for the results of a request, the report last.
func results(id string) []call {
	return slices.DeleteFunc(ofRequest(routes(id)), func(c call) bool { return !strings.Contains(c.path, "/files") && !strings.HasSuffix(c.path, "/report") })
}

// operation returns the operationId of a call.
func (w *world) operation(c call) string {
	w.T.Helper()
	r, err := http.NewRequestWithContext(w.T.Context(), c.method, "http://host"+c.path, nil)
	require.NoError(w.T, err)
	route := readContract(w.T).operationOf(r)
	require.NotNil(w.T, route, "%s %s", c.method, c.path)
	return route.Operation.OperationID
}

func TestTheContractNamesEveryRefusalOfEveryRoute(t *testing.T) {
	t.Parallel()
	c := readContract(t)
	word := regexp.MustCompile("`([a-z_]+)`:")
	var operations, named []string
	for path, item := range c.Paths.Map() {
		for method, operation := range item.Operations() {
			operations = append(operations, operation.OperationID)
			var codes []string
			for status, response := range operation.Responses.Map() {
				if n, err := strconv.Atoi(status); err != nil || n < 400 {
					continue
				}
				for _, match := range word.FindAllStringSubmatch(*response.Value.Description, -1) {
					codes = append(codes, match[1])
				}
			}
			slices.Sort(codes)
			named = append(named, codes...)
			may := strings.Fields(mayAnswer[operation.OperationID])
			slices.Sort(may)
			require.Equal(t, fmt.Sprint(may), fmt.Sprint(slices.Compact(codes)), "%s %s", method, path)
		}
	}
	for _, operation := range operations {
		require.Contains(t, mayAnswer, operation, "say which codes it may answer")
	}
	require.Len(t, mayAnswer, len(operations))
	for _, code := range c.Components.Schemas["Code"].Value.Enum {
		require.Contains(t, named, code, "no operation answers it")
	}
}
