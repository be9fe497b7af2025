package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

const nobody = "5f0c6a52-6d7e-4c1e-9a54-0d8d7c1b2a3e"

var away = serviceerror.NewUnavailable("connection refused")

func TestTheExitCodeSaysWhatHappened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 12, 90*postgrestest.Day)
	w.AddType(202, 3, postgrestest.Day)
	w.AddUser(w.Account.ID, "sam@acme.example", offhours.RoleSalesUser)
	queued, running := w.Queue(301, 10), w.Queue(302, 10)
	w.Run(running, "deleting", 1, 5)
	success, failed, revoked := w.ended(303, offhours.StatusSuccess), w.ended(304, offhours.StatusFailed), w.ended(305, offhours.StatusRevoked)
	w.hears(away, func() {})
	w.temporal.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(nil, away)
	w.temporal.On("ListWorkflow", mock.Anything, mock.Anything).Return(nil, away)
	create := "create --account 1 --as admin@acme.example --days 30 --type "

	for args, want := range map[string]struct {
		code int
		says string // the code of the error
	}{
		"list":                         {exitDone, ""},
		"list --status running":        {exitUsage, "usage"},
		"list --request-type both":     {exitUsage, "usage"},
		"list --limit 0":               {exitUsage, "usage"},
		"list everything":              {exitUsage, "usage"},
		"lst":                          {exitUsage, "usage"},
		"show":                         {exitUsage, "usage"},
		"show " + nobody:               {exitNotFound, "not_found"},
		"show gibberish":               {exitNotFound, "not_found"},
		"show " + queued:               {exitUnavailable, "unavailable"}, // Temporal is away
		"revoke " + nobody:             {exitNotFound, "not_found"},
		"revoke " + running:            {exitTooLate, "too_late_to_revoke"},
		"revoke " + success:            {exitTooLate, "too_late_to_revoke"},
		"revoke bulk/1/" + failed:      {exitTooLate, "too_late_to_revoke"},
		"revoke " + revoked:            {exitDone, ""},
		"revoke " + queued:             {exitUnavailable, "unavailable"},
		"revoke --wait soon " + queued: {exitUsage, "usage"},
		"follow " + success:            {exitDone, ""},
		"follow " + failed:             {exitFailed, ""},
		"follow " + revoked:            {exitRevoked, ""},
		"follow " + nobody:             {exitNotFound, "not_found"},
		"follow --wait 1ms " + queued:  {exitUnavailable, "unavailable"},
		"reconcile":                    {exitUnavailable, "unavailable"},
		"reconcile --dry-run now":      {exitUsage, "usage"},
		create + "201 --dry-run":       {exitDone, ""},
		create + "201":                 {exitRefused, "not_confirmed"},
		create + "202 --dry-run":       {exitRefused, "nothing_to_do"},
		create + "202 --confirm":       {exitRefused, "nothing_to_do"},
		create + "999 --confirm":       {exitRefused, "unknown_activity_type"},
		create + "0 --confirm":         {exitRefused, "invalid_request"},
		create + "Typo --confirm":      {exitRefused, "unknown_activity_type"},
		create + "201 --from 2025-01-01 --to 2025-01-02":                                      {exitUsage, "usage"},
		create + "201 --confirm --dry-run":                                                    {exitUsage, "usage"},
		"create --account 1 --as admin@acme.example --type 201":                               {exitUsage, "usage"},
		"create --account 1 --as admin@acme.example --type 201 --from 2025-01-01":             {exitUsage, "usage"},
		"create --account 1 --as admin@acme.example --type 201 --from 2025-01-02 --to never":  {exitUsage, "usage"},
		"create --account 1 --as admin@acme.example --type 201 --days 0 --confirm":            {exitRefused, "invalid_request"},
		"create --account 1 --as sam@acme.example --type 201 --days 30 --confirm":             {exitRefused, "access_denied"},
		"create --account 1 --as nobody@acme.example --type 201 --days 30 --confirm":          {exitRefused, "access_denied"},
		"create --account 2 --as admin@acme.example --type 201 --days 30 --confirm":           {exitRefused, "access_denied"},
		"create --account 1 --as admin@acme.example --type 201 --days 30 --confirm --key \a":  {exitUsage, "usage"},
		"create --account 1 --as admin@acme.example --type 201 --days 30 --confirm --by a\ab": {exitUsage, "usage"},
	} {
		got := w.run(append([]string{"--output", "json"}, strings.Split(args, " ")...)...)
		require.Equal(t, want.code, got.code, "%s: %s", args, got.stderr)
		switch want.says {
		case "":
			require.Empty(t, got.stderr, args)
		case "usage":
			require.True(t, strings.HasPrefix(got.stderr, "starter: "), args)
		default:
			require.Equal(t, want.says, document(t, got.stderr)["error"].(map[string]any)["code"], args)
		}
	}
	require.Equal(t, 5, w.Count("requests"), "something was created")
}

func TestSettingsThatAreMissingAreAllNamed(t *testing.T) {
	t.Parallel()
	var out, err bytes.Buffer
	code := (&tool{stdout: &out, stderr: &err, environment: map[string]string{"OFFHOURS_GRACE": "-1s"}}).run(t.Context(), []string{"list"})
	require.Equal(t, exitUsage, code)
	require.Contains(t, err.String(), "DATABASE_URL")
	require.Contains(t, err.String(), "OFFHOURS_GRACE")
}

func TestAPasswordIsNeverPrinted(t *testing.T) {
	t.Parallel()
	for url, code := range map[string]int{
		"postgres://support:secret@127.0.0.1:1/offhours": exitUnavailable, // nobody listens there
		"postgres://support:secret@127.0.0.1:x/offhours": exitError,
	} {
		w := newWorld(t)
		w.url = url
		got := w.run("list")
		require.Equal(t, code, got.code)
		require.NotContains(t, got.stdout+got.stderr, "secret")
	}
}

func TestCtrlCEndsCleanly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	queued := w.Queue(201, 10)
	for _, args := range [][]string{{"follow", queued}, {"list"}, {"revoke", queued}} {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		got := w.runIn(ctx, args...)
		require.Equal(t, answer{exitStopped, "", "starter: stopped\n"}, got, "%v", args)
	}
}
