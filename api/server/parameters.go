package server

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/offhours/offhours"
)

// headerKey is the header that makes a create safe to repeat.
const headerKey = "Idempotency-Key"

// queryTexts say what each query parameter of GET /requests must be.
var queryTexts = map[string]string{
	"page":         fmt.Sprintf("must be a whole number from 1 to %d.", maxPage),
	"pageSize":     "must be one of " + list(offhours.PageSizes) + ".",
	"status":       "must be one of " + list(statuses) + ".",
	"activityType": "must be the code of an activity type, a whole number above 0.",
	"requestType":  fmt.Sprintf("must be %q or %q.", offhours.ExportAndDelete, offhours.DeleteOnly),
	"createdBy":    "must be an email.",
	"sort":         "must be one of " + list(sorts) + ", with a minus sign in front for descending.",
}

// keyText says what the header must be.
var keyText = fmt.Sprintf("must be given once, as 1 to %d printable ASCII characters.", offhours.MaxKeyLength)

// badParameter says what to send as the parameter, a key of queryTexts or
// headerKey.
func badParameter(name string) *offhours.Error {
	if name == headerKey {
		return invalid("%s: %s", name, keyText)
	}
	return invalid("%s: %s", name, queryTexts[name])
}

// parameterRefusal puts an error of the generated code, which names the
// parameter among other words, into ours.
func parameterRefusal(err error) error {
	what, _, _ := strings.Cut(err.Error(), ": ")
	for _, word := range strings.FieldsFunc(what, func(r rune) bool { return r == ' ' || r == ',' }) {
		if _, known := queryTexts[word]; known || word == headerKey {
			return badParameter(word)
		}
	}
	return invalid("%s.", what)
}

// pathRequests is the only route with query parameters.
const (
	pathRequests = "/api/v1/requests"
	pathPreview  = pathRequests + "/preview"
	pathFiles    = pathRequests + "/:id/files"
)

// readQuery refuses the queries of which the generated code would ignore a
// part: with a misspelt filter it would list everything.
func (p problems) readQuery(c *gin.Context) {
	if c.FullPath() != pathRequests || c.Request.Method != http.MethodGet {
		return
	}
	if err := checkQuery(c.Request.URL.RawQuery); err != nil {
		p.write(c, err)
	}
}

func checkQuery(raw string) error {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return invalid("The query cannot be read: join its parameters with & and write other characters in percent-encoding.")
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		text, known := queryTexts[name]
		switch {
		case !known:
			return invalid("The query is not accepted: unknown parameter %.100q. It may have %s.", name, list(slices.Sorted(maps.Keys(queryTexts))))
		case len(query[name]) > 1:
			return invalid("%s: must be given only once, and %s", name, text)
		}
	}
	return nil
}

// list joins items for people.
func list[T any](items []T) string {
	texts := make([]string, 0, len(items))
	for _, item := range items {
		texts = append(texts, fmt.Sprint(item))
	}
	return strings.Join(texts, ", ")
}
