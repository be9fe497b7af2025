//go:build unix

package e2e

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"

	"github.com/offhours/offhours"
)

// histories is where to write what workflows/replay_test.go replays.
var histories = flag.String("histories", "", "`folder` to write the histories of workflows into")

// TestHistoriesAreTaken plays each situation on real processes and writes down
// what Temporal remembers of it. `make histories` runs it, on purpose: new
// histories prove nothing about the workflows that began before.
func TestHistoriesAreTaken(t *testing.T) {
	if *histories == "" {
		t.Skip("-histories is not set: make histories takes them anew")
	}
	parallel(t)
	w := startWorld(t, 0)
	w.startAPI(t, nil)
	p := &player{world: w, worker: w.program(t, "worker", nil), bea: w.signIn(t, bea)}
	for _, situation := range []struct {
		name string
		play func(t *testing.T, name string)
	}{
		{"success", p.success},
		{"delete_only", p.deleteOnly},
		{"revoked_by_signal", p.revokedBySignal},
		{"revoked_by_update", p.revokedByUpdate},
		{"cancelled_in_queue", p.cancelledInQueue},
		{"paused_twice", p.pausedTwice},
		{"failed_in_plan", p.failedInPlan},
		{"failed_in_export", p.failedInExport},
		{"failed_in_delete", p.failedInDelete},
		{"cancelled_in_delete", p.cancelledInDelete},
		{"closed", p.closed},
		{"purge", p.purge},
	} {
		began := time.Now()
		situation.play(t, situation.name)
		p.remember(t, situation.name, p.played)
		t.Logf("%s took %.1f s", situation.name, time.Since(began).Seconds())
	}
	p.remember(t, "mails", strings.Replace(p.workflow(), "bulk/", "mail/", 1)+"/"+string(offhours.NoticeFailed))
}

// remember writes the history of a workflow that has ended.
func (p *player) remember(t *testing.T, situation, workflow string) {
	t.Helper()
	history := &historypb.History{}
	events := p.temporal.GetWorkflowHistory(t.Context(), workflow, "", true, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() { // until the workflow ends
		event, err := events.Next()
		if err != nil {
			t.Fatal(err)
		}
		history.Events = append(history.Events, event)
	}
	text, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(history)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	if text, err = json.MarshalIndent(anonymous(tree), "", " "); err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil || strings.Contains(string(text), host) || strings.Contains(string(text), p.folder) {
		t.Fatalf("the history of %s names this machine, or its name is not known: %v", situation, err)
	}
	if err := os.WriteFile(filepath.Join(*histories, situation+".json"), append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// anonymous takes out of a history what tells one machine from another: replay
// does not look at it.
func anonymous(tree any) any {
	switch node := tree.(type) {
	case []any:
		for i := range node {
			node[i] = anonymous(node[i])
		}
	case map[string]any:
		if node["kind"] == "TASK_QUEUE_KIND_STICKY" {
			node["name"] = "sticky"
		}
		for key := range node {
			switch key {
			case "identity":
				node[key] = "somebody"
			case "workerVersion", "binaryChecksum":
				delete(node, key)
			default:
				node[key] = anonymous(node[key])
			}
		}
	}
	return tree
}
