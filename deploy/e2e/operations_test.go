//go:build unix

package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// metricsAddress makes a worker serve its operations on a free port.
var metricsAddress = map[string]string{"OFFHOURS_METRICS_ADDRESS": "127.0.0.1:0"}

// operations returns where a worker serves them, as its log says.
func (p *process) operations(t *testing.T) (url string) {
	t.Helper()
	eventually(t, "the worker serves its metrics", func() bool {
		text, err := os.ReadFile(p.Log)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var said struct{ Msg, Address string }
			if json.Unmarshal([]byte(line), &said) == nil && said.Msg == "metrics are served" {
				url = "http://" + said.Address
			}
		}
		return url != ""
	})
	return url
}

// wantMetric wants the page to have a line of the metric with the value.
func wantMetric(t *testing.T, page []byte, metric, value string) {
	t.Helper()
	if !regexp.MustCompile(`(?m)^` + metric + `(\{[^}]*\})? ` + value + `$`).Match(page) {
		t.Errorf("the metrics do not say %s %s", metric, value)
	}
}

// read returns what an address answers, and its status.
func read(t *testing.T, url string) (status int, body []byte) {
	t.Helper()
	return admin{}.send(t, http.MethodGet, url, nil)
}
