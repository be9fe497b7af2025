package main

import (
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

func createArgs(more ...string) []string {
	return append([]string{"create", "--account", "1", "--as", "Admin@Acme.example", "--type", "Type 201", "--days", "30"}, more...)
}

func TestCreateAdmitsAsTheAPIDoesAndStartsTheWorkflow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 12, 90*postgrestest.Day)
	w.starts()

	got := w.run(createArgs("--confirm", "--by", "J. Doe", "--key", "k1", "--output", "json")...)

	require.Equal(t, exitDone, got.code, got.stderr)
	made := document(t, got.stdout)
	request := made["request"].(map[string]any)
	require.Equal(t, true, made["created"])
	require.Equal(t, "k1", made["key"])
	require.Equal(t, "export_and_delete", request["requestType"])
	require.EqualValues(t, 12, request["records"])
	require.Equal(t, "admin@acme.example", request["createdBy"])
	w.temporal.AssertNumberOfCalls(t, "ExecuteWorkflow", 1)

	var actor, operator string
	w.Scan(&actor, `SELECT actor FROM audit_events`)
	w.Scan(&operator, `SELECT detail->>'operator' FROM audit_events`)
	require.Equal(t, w.Admin.ID, actor)
	require.Equal(t, "J. Doe", operator)

	again := w.run(createArgs("--confirm", "--key", "k1", "--output", "json")...)
	require.Equal(t, exitDone, again.code)
	require.Equal(t, false, document(t, again.stdout)["created"], "one key makes one request")
	require.Equal(t, request["id"], document(t, again.stdout)["request"].(map[string]any)["id"])

	other := w.run(createArgs("--confirm")...)
	require.Equal(t, exitRefused, other.code)
	require.Contains(t, other.stderr, offhours.TextDuplicateRequest+" (duplicate_request)")
}

func TestCreateShowsWhatWouldBeSelectedBeforeAnythingHappens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 12, 90*postgrestest.Day)

	got := w.run(createArgs()...)
	require.Equal(t, exitRefused, got.code)
	require.Regexp(t, `(?m)^Records +12$`, got.stdout)
	require.Contains(t, got.stdout, "older than 30 days")
	require.Contains(t, got.stderr, "Add --confirm")

	got = w.run("create", "--account", "1", "--as", "admin@acme.example", "--type", "201", "--from", "2025-01-01", "--to", "2025-01-31",
		"--delete-only", "--dry-run", "--output", "json")
	require.Equal(t, exitDone, got.code, got.stderr)
	preview := document(t, got.stdout)["preview"].(map[string]any)
	require.EqualValues(t, 12, preview["recordsAfter"])
	require.Nil(t, preview["refusal"])
	require.Zero(t, w.Count("requests"))
}

func TestARequestThatWasAdmittedWhileTemporalWasAwayIsNoError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 12, 90*postgrestest.Day)
	w.temporal.On("ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(nil, away)

	got := w.run(createArgs("--confirm")...)

	require.Equal(t, exitDone, got.code)
	require.Contains(t, got.stderr, "a worker will start it")
	require.Equal(t, 1, w.Count("requests WHERE workflow_started_on IS NULL"))
}

func TestAnAccountWithoutTheFeatureIsRefusedWithTheTextOfTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec(`UPDATE accounts SET feature_enabled = false`)
	got := w.run(createArgs("--confirm")...)
	require.Equal(t, exitRefused, got.code)
	require.Equal(t, "starter: "+offhours.TextFeatureDisabled+" (feature_disabled)\n", got.stderr)
}
