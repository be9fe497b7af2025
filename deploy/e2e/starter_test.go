//go:build unix

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
)

// Exit codes of starter that the tests meet.
const (
	codeDone    = 0
	codeTooLate = 5
	codeRevoked = 8
)

func TestSupportToolingCreatesFollowsAndRevokes(t *testing.T) {
	parallel(t)
	w := startWorld(t, 20_000)
	w.generate(t, closedAccount, 500)
	postgres, behind := w.forwardPostgres(t)
	worker := w.program(t, "worker", nil)

	w.followsToTheEnd(t, worker, postgres, behind)
	w.revokesByAPlainSignal(t)
	w.starter(t, codeDone, nil, "reconcile")
}

// followsToTheEnd creates a request and follows it through an outage.
func (w *world) followsToTheEnd(t *testing.T, worker *process, postgres *forwarder, behind map[string]string) {
	t.Helper()
	worker.signal(t, syscall.SIGSTOP)
	var made struct{ Request offhours.Request }
	w.starter(t, codeDone, &made, "create", "--account", strconv.Itoa(openAccount), "--as", ada, "--type", documents, "--days", "30", "--confirm")
	id := made.Request.ID
	var list struct{ Items []offhours.Request }
	w.starter(t, codeDone, &list, "list", "--status", "in_queue")
	if len(list.Items) != 1 || list.Items[0].ID != id {
		t.Errorf("the list is %+v, want request %s alone", list.Items, id)
	}
	var shown struct {
		Workflow struct{ ID, Status string }
		Timeline []struct{ Action string }
	}
	w.starter(t, codeDone, &shown, "show", id)
	if shown.Workflow.ID != workflowID(openAccount, id) || shown.Workflow.Status != "Running" || len(shown.Timeline) != 1 {
		t.Errorf("show says %+v, want a running workflow and one event", shown)
	}

	follow := w.program(t, "starter", behind, "follow", id)
	eventually(t, "starter follows", func() bool { return strings.Contains(rig.Tail(follow.Log), "In Queue") })
	postgres.cut()
	eventually(t, "starter has noticed the outage", func() bool { return strings.Contains(rig.Tail(follow.Log), "does not answer") })
	postgres.reopen()
	worker.thaw(t)
	follow.succeeds(t)
	if text := rig.Tail(follow.Log); !strings.Contains(text, "Success: "+strconv.Itoa(made.Request.Records)+" of ") {
		t.Errorf("follow ended with\n%s\nwant the success of %d records", text, made.Request.Records)
	}
	w.starter(t, codeTooLate, nil, "revoke", id)
}

func (w *world) revokesByAPlainSignal(t *testing.T) {
	t.Helper()
	var made struct{ Request offhours.Request }
	w.starter(t, codeDone, &made, "create", "--account", strconv.Itoa(closedAccount), "--as", bea, "--type", documents, "--days", "30", "--delete-only", "--confirm")

	var revoked offhours.Request
	w.starter(t, codeDone, &revoked, "revoke", made.Request.ID, "--by", "J. Doe", "--reason", "asked for")
	if revoked.Status != offhours.StatusRevoked || revoked.RevokedBy == nil || *revoked.RevokedBy != "J. Doe" {
		t.Errorf("the request is %+v, want it revoked by J. Doe", revoked)
	}
	if n := w.db.count(t, "SELECT count(*) FROM audit_events WHERE action = 'revoked' AND actor = 'J. Doe' AND detail->>'reason' = 'asked for'"); n != 1 {
		t.Errorf("%d audit events say who and why, want 1", n)
	}
	w.starter(t, codeDone, nil, "revoke", made.Request.ID)
	w.starter(t, codeRevoked, nil, "follow", made.Request.ID)
}

// starter runs the command to its end, wants the exit code, and reads the JSON
// document it printed, if that is wanted.
func (s *stack) starter(t *testing.T, code int, into any, arguments ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(binaries(t), "starter"), append(arguments, "--output", "json")...)
	cmd.Env = os.Environ()
	for name, value := range s.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("starter %v ended with exit code %d, want %d: %s%s", arguments, got, code, out.String(), problems.String())
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		t.Fatalf("starter %v: %v in %s", arguments, err, out.String())
	}
}
