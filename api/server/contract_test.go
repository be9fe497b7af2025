package server_test

import (
	"encoding/json"
	"mime"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/api/openapi"
)

// contract is openapi.yaml as every answer of these tests has to keep it: no
// status, media type or field that it does not declare.
type contract struct {
	*openapi3.T
	router routers.Router
}

var theContract = sync.OnceValues(func() (contract, error) {
	document, err := openapi3.NewLoader().LoadFromData(openapi.Specification)
	if err != nil {
		return contract{}, err
	}
	router, err := legacy.NewRouter(document)
	if err != nil {
		return contract{}, err
	}
	seen := map[*openapi3.Schema]bool{}
	for _, schema := range document.Components.Schemas {
		closeSchema(schema, seen)
	}
	return contract{document, router}, nil
})

// closeSchema lets no object have properties that are not declared.
func closeSchema(ref *openapi3.SchemaRef, seen map[*openapi3.Schema]bool) {
	if ref == nil || seen[ref.Value] {
		return
	}
	schema := ref.Value
	seen[schema] = true
	if len(schema.Properties) > 0 {
		schema.AdditionalProperties = openapi3.AdditionalProperties{Has: new(false)}
	}
	closeSchema(schema.Items, seen)
	for _, property := range schema.Properties {
		closeSchema(property, seen)
	}
}

func readContract(t testing.TB) contract {
	t.Helper()
	c, err := theContract()
	require.NoError(t, err)
	return c
}

// operationOf returns the operation that answers a request, or nil.
func (c contract) operationOf(r *http.Request) *routers.Route {
	if strings.HasSuffix(r.URL.Path, "/") {
		return nil // the router would take it for the address without
	}
	relative := r.Clone(r.Context())
	relative.URL.Scheme, relative.URL.Host, relative.Host = "", "", ""
	relative.Method = strings.Replace(r.Method, http.MethodHead, http.MethodGet, 1)
	route, _, err := c.router.FindRoute(relative)
	if err != nil {
		return nil
	}
	return route
}

// keepsContract checks one answer.
func keepsContract(t testing.TB, r *http.Request, response *http.Response, text []byte) {
	t.Helper()
	c := readContract(t)
	route := c.operationOf(r)
	if route == nil {
		c.isProblemOrText(t, r, response, text)
		return
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, Route: route},
		Status:                 response.StatusCode,
		Header:                 response.Header,
		Options:                &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: isDownload(response)},
	}
	input.SetBodyBytes(text)
	require.NoError(t, openapi3filter.ValidateResponse(r.Context(), input), "%s %s answers %d %s", r.Method, r.URL.Path, response.StatusCode, text)
	if isDownload(response) {
		media, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
		require.NoError(t, err)
		require.Contains(t, route.Operation.Responses.Status(response.StatusCode).Value.Content, media)
	}
}

// isDownload tells files, whose bytes are what they are.
func isDownload(response *http.Response) bool {
	return response.StatusCode < 300 && (response.Header.Get("Content-Disposition") != "" || response.Header.Get("Content-Range") != "")
}

// isProblemOrText checks an answer at an address, or to a method, that the
// contract does not have.
func (c contract) isProblemOrText(t testing.TB, r *http.Request, response *http.Response, text []byte) {
	t.Helper()
	if strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") {
		require.Contains(t, []string{"/", "/nowhere"}, r.URL.Path, "only a browser off the contract gets the page")
		return
	}
	require.GreaterOrEqual(t, response.StatusCode, 400, "%s %s is not in the contract", r.Method, r.URL.Path)
	if r.Method == http.MethodHead {
		return
	}
	var problem any
	require.NoError(t, json.Unmarshal(text, &problem))
	require.NoError(t, c.Components.Schemas["Problem"].Value.VisitJSON(problem))
}

// A validator that accepted everything would pass as well.
func TestTheContractRefusesWhatItDoesNotDeclare(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]struct {
		status int
		media  string
		text   string
	}{
		"status":  {418, "application/json", `{"items": []}`},
		"media":   {200, "text/html", `{"items": []}`},
		"field":   {200, "application/json", `{"items": [], "more": 1}`},
		"missing": {200, "application/json", `{}`},
		"nested":  {200, "application/json", `{"items": [{"code": 1, "name": "x", "colour": "red"}]}`},
		"header":  {503, "application/problem+json", `{"type": "x", "title": "x", "status": 503, "detail": "x", "code": "unavailable", "instance": "x"}`},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://host/api/v1/activity-types", nil)
		require.NoError(t, err)
		response := &http.Response{StatusCode: wrong.status, Header: http.Header{"Content-Type": {wrong.media}}}
		failed := &recorder{TB: t}
		failed.run(func() { keepsContract(failed, r, response, []byte(wrong.text)) })
		require.True(t, failed.failed, name)
	}
}

// recorder notes that a test failed instead of failing.
type recorder struct {
	testing.TB
	failed bool
}

func (*recorder) Helper()               {}
func (*recorder) Errorf(string, ...any) {}
func (r *recorder) FailNow()            { r.failed = true; panic(r) }

func (r *recorder) run(f func()) {
	defer func() {
		if caught := recover(); caught != nil && caught != any(r) {
			panic(caught)
		}
	}()
	f()
}
